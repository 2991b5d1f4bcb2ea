# The programs, as static binaries: `pkgs` is a package set whose C library is musl, such as
# `pkgsStatic`.
{
  lib,
  pkgs,
  crane,
}:
let
  craneLib = crane.mkLib pkgs;
  inherit ((lib.importTOML ../Cargo.toml).workspace.package) version;

  manifestsIn = lib.fileset.fileFilter (file: file.name == "Cargo.toml");

  # Askama's templates, the migrations and the assets are compiled in, so whole folders are taken.
  # Of the workspace's other members cargo wants the manifests.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../Cargo.lock
      ../api
      ../assistant
      ../backend
      ../frontend
      ../service
      ../todo
      (manifestsIn ../tests)
      (manifestsIn ../xtask)
    ];
  };

  # What builds programs of `packages`, a part of cargo's command line. They are compiled together,
  # so that cargo chooses the same features of what they depend on, and compiles it once.
  builder =
    packages:
    let
      arguments = {
        inherit src version;
        pname = "todo";
        strictDeps = true;
        # The tests are a check of their own.
        doCheck = false;
        # As in the Dockerfile.
        env = {
          CARGO_PROFILE_RELEASE_LTO = "off";
          CARGO_PROFILE_RELEASE_OPT_LEVEL = "s";
          RUSTFLAGS = "-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs";
        };
        cargoExtraArgs = "--locked ${packages}";
      };
      cargoArtifacts = craneLib.buildDepsOnly (
        arguments
        // {
          # Nothing here is only checked.
          cargoCheckCommand = "true";
        }
      );
    in
    name:
    craneLib.buildPackage (
      arguments
      // {
        inherit cargoArtifacts;
        pname = name;
        cargoBuildExtraArgs = "--bin ${name}";
        # A manifest must have something to compile.
        postPatch = ''
          find . -mindepth 2 -name Cargo.toml -execdir sh -c \
            'test -d src || { mkdir src && touch src/lib.rs; }' ';'
        '';
        meta = {
          description = "A todo list that people talk to";
          license = lib.licenses.mit;
          mainProgram = name;
          platforms = lib.platforms.linux;
        };
      }
    );

  # The servers' database is PostgreSQL: they go without the embedded one.
  server = builder "--no-default-features --package todo-backend --package todo-frontend";
in
{
  inherit version;

  # The processor, as image archives call it.
  architecture = pkgs.stdenv.hostPlatform.go.GOARCH;

  programs = {
    backend = server "todo-backend";
    frontend = server "todo-frontend";
    todo = builder "--package todo" "todo";
  };
}

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
      ../backend
      ../frontend
      ../service
      ../todo
      (manifestsIn ../tests)
      (manifestsIn ../xtask)
    ];
  };

  arguments = {
    inherit src version;
    pname = "todo";
    strictDeps = true;
    # The tests are a check of their own.
    doCheck = false;
    # As in the Dockerfile.
    env.CARGO_PROFILE_RELEASE_LTO = "fat";
    # The same packages for each program: cargo then chooses the same features of what they depend
    # on, and compiles it once.
    cargoExtraArgs = "--locked --package todo --package todo-backend --package todo-frontend";
  };

  cargoArtifacts = craneLib.buildDepsOnly (
    arguments
    // {
      # Nothing here is only checked.
      cargoCheckCommand = "true";
    }
  );

  program =
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
in
{
  inherit version;

  # The processor, as image archives call it.
  architecture = pkgs.stdenv.hostPlatform.go.GOARCH;

  programs = {
    backend = program "todo-backend";
    frontend = program "todo-frontend";
    todo = program "todo";
  };
}

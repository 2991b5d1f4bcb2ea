# `nix flake check`: what `cargo xtask test` checks and a build without network can, and the chart in
# a virtual machine with k3s.
{
  lib,
  pkgs,
  crane,
  images,
}:
let
  craneLib = crane.mkLib pkgs;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../.cargo
      ../Cargo.toml
      ../Cargo.lock
      ../clippy.toml
      ../deny.toml
      ../api
      ../backend
      # A test holds its table of settings to the code.
      ../docs/configuration.md
      ../frontend
      ../service
      ../tests
      ../todo
      ../xtask
    ];
  };

  arguments = {
    inherit src;
    pname = "todo-workspace";
    inherit ((lib.importTOML ../Cargo.toml).workspace.package) version;
    strictDeps = true;
    # As people develop: the optimised programs are the packages.
    env.CARGO_PROFILE = "dev";
    cargoExtraArgs = "--locked --workspace";
  };

  cargoArtifacts = craneLib.buildDepsOnly arguments;
  cargo = arguments // {
    inherit cargoArtifacts;
  };

  xtask = craneLib.buildPackage (
    cargo
    // {
      pname = "xtask";
      doCheck = false;
      cargoBuildExtraArgs = "--bin xtask";
    }
  );

  chart = ../helm/todo-app;
  overlays = ../kustomize;
in
{
  clippy = craneLib.cargoClippy (
    cargo // { cargoClippyExtraArgs = "--all-targets -- --deny warnings"; }
  );

  fmt = craneLib.cargoFmt {
    cargoExtraArgs = "--all";
    inherit src;
    inherit (arguments) pname version;
  };

  # The tests that take neither a browser nor packages from npm and PyPI.
  tests = craneLib.cargoTest (
    cargo
    // {
      cargoTestExtraArgs = "--lib --bins --test api --test pages";
      nativeCheckInputs = [ pkgs.postgresql ];
    }
  );

  deny = craneLib.cargoDeny {
    inherit src;
    inherit (arguments) pname version;
  };

  helm-lint =
    pkgs.runCommand "helm-lint" { nativeBuildInputs = [ pkgs.kubernetes-helm ]; }
      ''
        export HOME=$TMPDIR
        for values in values-dev.yaml values-prod.yaml; do
          helm lint --strict --values ${chart}/$values ${chart}
        done
        touch $out
      '';

  # The schemas of Kubernetes' objects are on a server; the cluster below has them.
  kustomize-build =
    pkgs.runCommand "kustomize-build" { nativeBuildInputs = [ pkgs.kustomize ]; }
      ''
        mkdir $out
        for overlay in dev prod; do
          kustomize build ${overlays}/overlays/$overlay > $out/$overlay.yaml
        done
      '';

  # Without running the programs, which takes root.
  images = pkgs.runCommand "check-images" { nativeBuildInputs = [ xtask ]; } ''
    xtask images check --no-run ${images.backend-image} ${images.frontend-image}
    touch $out
  '';

  helm-k3s = import ./helm-k3s.nix {
    inherit
      lib
      pkgs
      images
      chart
      overlays
      ;
  };
}

# Everything that the documentation ever names.
{ lib, pkgs }:
pkgs.mkShell {
  packages =
    (with pkgs; [
      cargo
      cargo-deny
      clippy
      rust-analyzer
      rustc
      rustfmt

      nodejs
      postgresql
      wrk
      python3

      kubeconform
      kubectl
      kubectl-ai
      kubernetes-helm
      kustomize
      minikube
    ])
    ++ lib.optionals pkgs.stdenv.hostPlatform.isLinux (
      with pkgs;
      [
        buildah
        chromium
        runc
      ]
    );

  # rust-analyzer reads the standard library there.
  env.RUST_SRC_PATH = "${pkgs.rustPlatform.rustLibSrc}";
}

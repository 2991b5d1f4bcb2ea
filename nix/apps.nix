# `nix run .#load-minikube`: builds the images and loads them into Minikube.
{
  lib,
  pkgs,
  images,
}:
let
  load-minikube = pkgs.writeShellApplication {
    name = "load-minikube";
    runtimeInputs = [ pkgs.minikube ];
    # From standard input: Minikube passes over a file whose size and time it has seen, and the time
    # of everything in the store is the same.
    text = ''
      minikube image load - < ${images.backend-image}
      minikube image load - < ${images.frontend-image}
      echo "Install the chart with"
      echo "  --set backend.image.tag=${images.backend-image.imageTag}"
      echo "  --set frontend.image.tag=${images.frontend-image.imageTag}"
    '';
  };
in
{
  load-minikube = {
    type = "app";
    program = lib.getExe load-minikube;
    meta.description = "Builds the images and loads them into Minikube";
  };
}

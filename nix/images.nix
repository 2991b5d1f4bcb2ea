# The images: a program, certificate authorities and the user that it runs as. The Dockerfile makes
# the same; `cargo xtask images check` compares them.
{
  lib,
  pkgs,
  workspace,
  revision,
}:
let
  second = 1000000000;
  user = "65532";

  passwd = pkgs.writeText "passwd" "todo:x:${user}:${user}:Todo Chatbot:/:/sbin/nologin\n";
  group = pkgs.writeText "group" "todo:x:${user}:\n";

  image =
    {
      program,
      binary,
      description,
      ports,
    }:
    let
      path = "/bin/${binary}";
      config = {
        User = "${user}:${user}";
        Entrypoint = [ path ];
        Cmd = [ "serve" ];
        Env = [ "PATH=/bin" ];
        WorkingDir = "/";
        ExposedPorts = lib.genAttrs ports (_: { });
        Healthcheck = {
          Test = [
            "CMD"
            path
            "healthcheck"
          ];
          Interval = 10 * second;
          Timeout = 5 * second;
          StartPeriod = 10 * second;
        };
        Labels = {
          "org.opencontainers.image.title" = binary;
          "org.opencontainers.image.description" = description;
          "org.opencontainers.image.source" = "https://example.com/todo-chatbot";
          "org.opencontainers.image.version" = workspace.version;
          "org.opencontainers.image.revision" = revision;
          "org.opencontainers.image.licenses" = "MIT";
        };
      };
      # Whatever makes another image makes another tag.
      content = builtins.hashString "sha256" (
        builtins.unsafeDiscardStringContext (
          builtins.toJSON [
            config
            program.outPath
            pkgs.cacert.outPath
          ]
        )
      );
    in
    pkgs.dockerTools.buildLayeredImage {
      name = binary;
      tag = "${workspace.version}-${builtins.substring 0 12 content}";
      inherit (workspace) architecture;
      inherit config;
      # `minikube image load` takes a compressed archive and may load nothing.
      compressor = "none";
      # The files are copied, so that nothing but them is in the image.
      includeStorePaths = false;
      extraCommands = ''
        install -D -m 0755 ${program}${path} .${path}
        install -D -m 0644 ${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt etc/ssl/certs/ca-certificates.crt
        install -m 0644 ${passwd} etc/passwd
        install -m 0644 ${group} etc/group
      '';
    };
in
rec {
  backend-image = image {
    program = workspace.programs.backend;
    binary = "todo-backend";
    description = "The backend of the Todo Chatbot";
    ports = [
      "8000/tcp"
      "9090/tcp"
    ];
  };

  frontend-image = image {
    program = workspace.programs.frontend;
    binary = "todo-frontend";
    description = "The pages of the Todo Chatbot";
    ports = [
      "3000/tcp"
      "9091/tcp"
    ];
  };

  images = pkgs.linkFarm "todo-images" {
    "backend.tar" = backend-image;
    "frontend.tar" = frontend-image;
  };
}

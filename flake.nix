{
  description = "A todo list that people talk to";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    crane.url = "github:ipetkov/crane/v0.23.4";
  };

  outputs =
    {
      self,
      nixpkgs,
      crane,
    }:
    let
      inherit (nixpkgs) lib;

      # The images are Linux's; the shell is for whoever works on them.
      linux = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      everywhere = linux ++ [ "aarch64-darwin" ];
      forEach = systems: f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});

      # The commit, for the images' labels.
      revision = self.rev or self.dirtyRev or "unknown";

      workspaceFor = pkgs: import ./nix/workspace.nix { inherit lib pkgs crane; };
      imagesFor =
        pkgs: static:
        import ./nix/images.nix {
          inherit lib pkgs revision;
          workspace = workspaceFor static;
        };
    in
    {
      packages = forEach linux (
        pkgs:
        let
          inherit (workspaceFor pkgs.pkgsStatic) programs;
          # The other processor's images, compiled by this one's compiler.
          cross = {
            images-amd64 = (imagesFor pkgs pkgs.pkgsCross.gnu64.pkgsStatic).images;
            images-arm64 = (imagesFor pkgs pkgs.pkgsCross.aarch64-multiplatform.pkgsStatic).images;
          };
        in
        programs
        // imagesFor pkgs pkgs.pkgsStatic
        // removeAttrs cross [ (if pkgs.stdenv.hostPlatform.isx86_64 then "images-amd64" else "images-arm64") ]
        // {
          default = programs.todo;
        }
      );

      checks = forEach linux (
        pkgs:
        import ./nix/checks.nix {
          inherit lib pkgs crane;
          images = imagesFor pkgs pkgs.pkgsStatic;
        }
      );

      apps = forEach linux (
        pkgs:
        import ./nix/apps.nix {
          inherit lib pkgs;
          images = imagesFor pkgs pkgs.pkgsStatic;
        }
      );

      devShells = forEach everywhere (pkgs: {
        default = import ./nix/shell.nix { inherit lib pkgs; };
      });

      formatter = forEach everywhere (pkgs: pkgs.nixfmt-tree);
    };
}

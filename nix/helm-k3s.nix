# A virtual machine with k3s, in which the chart is installed with the images on the machine's own
# PostgreSQL, and the server validates what Kustomize builds.
{
  lib,
  pkgs,
  images,
  chart,
  overlays,
}:
let
  values = (pkgs.formats.json { }).generate "values.json" {
    backend = {
      replicaCount = 1;
      image.tag = images.backend-image.imageTag;
      jwtSecret.generate = true;
      networkPolicy.egress.database = [
        {
          cidr = "192.168.1.0/24";
          ports = [ 5432 ];
        }
      ];
    };
    frontend = {
      replicaCount = 1;
      image.tag = images.frontend-image.imageTag;
    };
    ingress.enabled = false;
    tls.check = false;
  };
in
pkgs.testers.runNixOSTest {
  name = "helm-k3s";

  nodes.machine = {
    virtualisation = {
      cores = 2;
      memorySize = 3072;
      diskSize = 8192;
    };
    networking.firewall.enable = false;
    environment.systemPackages = [
      pkgs.kubernetes-helm
      pkgs.kustomize
    ];
    environment.variables.KUBECONFIG = "/etc/rancher/k3s/k3s.yaml";

    services.k3s = {
      enable = true;
      role = "server";
      images = [
        pkgs.k3s.airgap-images
        images.backend-image
        images.frontend-image
      ];
      extraFlags = [
        "--disable metrics-server"
        "--disable servicelb"
        "--disable traefik"
      ];
    };

    services.postgresql = {
      enable = true;
      enableTCPIP = true;
      ensureDatabases = [ "todo" ];
      ensureUsers = [
        {
          name = "todo";
          ensureDBOwnership = true;
        }
      ];
      # Only the pods of this machine reach it.
      authentication = lib.mkForce ''
        local all all peer
        host all all 10.42.0.0/16 trust
        host all all 192.168.1.0/24 trust
      '';
    };
  };

  testScript = ''
    machine.wait_for_unit("k3s.service")
    machine.wait_for_unit("postgresql.target")
    machine.wait_until_succeeds("kubectl get serviceaccount default")
    machine.wait_until_succeeds("kubectl -n kube-system get deployment coredns")
    machine.succeed("kubectl -n kube-system rollout status deployment coredns --timeout=300s")

    with subtest("the images run under the restricted standard"):
        machine.succeed("kubectl create namespace todo-app")
        machine.succeed(
            "kubectl label namespace todo-app pod-security.kubernetes.io/enforce=restricted"
        )
        address = machine.succeed(
            "kubectl get nodes -o jsonpath='{.items[0].status.addresses[0].address}'"
        ).strip()
        machine.succeed(
            "kubectl -n todo-app create secret generic database-url"
            f" --from-literal=url=postgres://todo@{address}/todo"
        )
        machine.succeed(
            "helm install todo ${chart} --namespace todo-app --values ${values} --wait --timeout 5m"
        )

    with subtest("the product answers"):
        machine.succeed("helm test todo --namespace todo-app --timeout 2m")

    with subtest("the server accepts what Kustomize builds"):
        for overlay in ["dev", "prod"]:
            machine.succeed(
                f"kustomize build ${overlays}/overlays/{overlay}"
                " | kubectl apply --dry-run=server --validate=strict --namespace todo-app -f -"
            )
  '';
}

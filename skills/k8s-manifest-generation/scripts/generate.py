#!/usr/bin/env python3
"""Writes a Kustomize base for an application: a folder for each service, with all that it needs.

Example:
  generate.py application.json --out kustomize/base
  kustomize build kustomize/base | kubectl apply --dry-run=server -f -
"""

from skill import asset, fill, main

FOR_APPLICATION = ["ingress.yaml", "kustomization.yaml", "namespace.yaml"]
FOR_SERVICE = [
    "config.env",
    "deployment.yaml",
    "pdb.yaml",
    "service.yaml",
    "serviceaccount.yaml",
]


def generate(app):
    files = {name: fill(asset(name), {"app": app}) for name in FOR_APPLICATION}
    files["network-policies/default-deny.yaml"] = fill(asset("default-deny.yaml"), {"app": app})
    for service in app["services"]:
        values = {"app": app, "service": service}
        for name in FOR_SERVICE + ["hpa.yaml"] * bool(service["max_replicas"]):
            files[f"{service['name']}/{name}"] = fill(asset(name), values)
        policy = fill(asset("networkpolicy.yaml"), values)
        files[f"network-policies/{service['name']}.yaml"] = policy
        kustomization = fill(asset("service-kustomization.yaml"), values)
        files[f"{service['name']}/kustomization.yaml"] = kustomization
    return files


if __name__ == "__main__":
    main(__doc__, generate)

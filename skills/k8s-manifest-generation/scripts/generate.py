#!/usr/bin/env python3
"""Writes a Kustomize base for an application: a folder for each service, with all that it needs.

Example:
  generate.py application.json --out kustomize/base
  kustomize build kustomize/base | kubectl apply --dry-run=server -f -
"""

from skill import asset, fill, main

FOR_APPLICATION = ["default-deny.yaml", "ingress.yaml", "kustomization.yaml", "namespace.yaml"]
FOR_SERVICE = [
    "config.env",
    "deployment.yaml",
    "networkpolicy.yaml",
    "pdb.yaml",
    "service.yaml",
    "serviceaccount.yaml",
]


def generate(app):
    files = {name: fill(asset(name), {"app": app}) for name in FOR_APPLICATION}
    for service in app["services"]:
        values = {"app": app, "service": service}
        for name in FOR_SERVICE + ["hpa.yaml"] * bool(service["max_replicas"]):
            files[f"{service['name']}/{name}"] = fill(asset(name), values)
        kustomization = fill(asset("service-kustomization.yaml"), values)
        files[f"{service['name']}/kustomization.yaml"] = kustomization
    return files


if __name__ == "__main__":
    main(__doc__, generate)

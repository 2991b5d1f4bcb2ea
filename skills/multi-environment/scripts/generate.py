#!/usr/bin/env python3
"""Writes what differs between the environments of an application: a Kustomize overlay and a Helm
values file for each. They lie over what the skills k8s-manifest-generation (in kustomize/base) and
helm-chart-generation make.

Example:
  generate.py application.json --out .
  kubectl kustomize kustomize/overlays/dev
"""

from skill import Refused, asset, fill, main


def generate(app):
    if not app["environments"]:
        raise Refused("the specification has no environments.")
    prefix = f"{app['registry']}/" if app["registry"] else ""
    for service in app["services"]:
        service["image_in_base"] = prefix + service["image"]
    files = {}
    for environment in app["environments"]:
        replicas = environment["replicas"]
        app["with_host"] = [service for service in app["services"] if service["host_env"]]
        for pair in (pair for service in app["with_host"] for pair in service["host_env"]):
            pair["here"] = pair["pattern"].replace("{host}", environment["host"])
        environment["replicas_text"] = replicas or "as in the base"
        environment["fixed"] = [s for s in app["services"] if replicas and not s["max_replicas"]]
        environment["scaled"] = [s for s in app["services"] if replicas and s["max_replicas"]]
        values = {"app": app, "environment": environment}
        name = environment["name"]
        files[f"kustomize/overlays/{name}/kustomization.yaml"] = fill(asset("kustomization.yaml"), values)
        files[f"helm/values-{name}.yaml"] = fill(asset("values.yaml"), values)
    files["ENVIRONMENTS.md"] = fill(asset("ENVIRONMENTS.md"), {"app": app})
    return files


if __name__ == "__main__":
    main(__doc__, generate)

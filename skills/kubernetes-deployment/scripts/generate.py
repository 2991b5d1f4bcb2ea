#!/usr/bin/env python3
"""Writes how an application is deployed with Kustomize: a script that checks, applies and waits, one
that removes, and the runbook. The manifests come from the skill k8s-manifest-generation.

Example:
  generate.py application.json --out deploy
  deploy/deploy.sh --dry-run kustomize/base
"""

from skill import asset, fill, main


def generate(app):
    keys = {}
    for service in app["services"]:
        service["called_by"] = ", ".join(caller["name"] for caller in service["callers"]) or "the Ingress"
        for secret in service["secrets"]:
            keys.setdefault(secret["name"], set()).add(secret["key"])
    app["secret_keys"] = [
        {
            "name": name,
            "literals": " ".join(f"--from-file={key}=PATH-OF-{key.upper()}" for key in sorted(keys[name])),
        }
        for name in sorted(keys)
    ]
    app["front_door"] = min(path for service in app["public"] for path in service["paths"])
    app["order"] = ", then ".join(service["name"] for service in app["rollout"])
    return {name: fill(asset(name), {"app": app}) for name in ("RUNBOOK.md", "deploy.sh", "remove.sh")}


if __name__ == "__main__":
    main(__doc__, generate)

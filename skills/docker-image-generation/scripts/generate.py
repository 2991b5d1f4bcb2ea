#!/usr/bin/env python3
"""Writes a Dockerfile for each service, what it must not copy, and a bake file for all of them.

Example:
  generate.py application.json --out .
  docker buildx bake --print
"""

import json
import os

from skill import Refused, asset, fill, main


def generate(app):
    services = []
    for service in app["services"]:
        if not service["language"]:
            raise Refused(f"the service \"{service['name']}\" lacks \"language\", which its Dockerfile depends on.")
        # Two services of one folder need two files; a service with a folder of its own, one there.
        shared = [s["context"] for s in app["services"]].count(service["context"]) > 1
        name = f"{service['name']}.Dockerfile" if shared else "Dockerfile"
        services.append({**service, "dockerfile": name})
    targets = ", ".join(json.dumps(service["name"]) for service in services)
    prefix = f"{app['registry']}/" if app["registry"] else ""
    app = {**app, "services": services, "targets": targets, "registry_prefix": prefix}

    files = {"docker-bake.hcl": fill(asset("docker-bake.hcl"), {"app": app})}
    for service in services:
        folder = service["context"]
        text = fill(asset(f"{service['language']}.Dockerfile"), {"service": service})
        files[os.path.normpath(f"{folder}/{service['dockerfile']}")] = text
        files[os.path.normpath(f"{folder}/.dockerignore")] = asset("dockerignore")
    return files


if __name__ == "__main__":
    main(__doc__, generate)

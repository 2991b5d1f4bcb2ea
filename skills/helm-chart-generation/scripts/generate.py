#!/usr/bin/env python3
"""Writes a Helm chart for an application: values with a schema, and templates for each service.

Example:
  generate.py application.json --out helm/shop
  helm lint --strict helm/shop && helm template shop helm/shop --namespace shop
"""

import json

from skill import asset, fill, main

FOR_APPLICATION = ["NOTES.txt", "_helpers.tpl", "default-deny.yaml", "ingress.yaml"]
FOR_SERVICE = [
    "configmap.yaml",
    "deployment.yaml",
    "hpa.yaml",
    "networkpolicy.yaml",
    "pdb.yaml",
    "service.yaml",
    "serviceaccount.yaml",
]


def generate(app):
    names = [service["name"] for service in app["services"]]
    app = {**app, "names": " and ".join(names), "registry_text": app["registry"] or ""}
    app["services"] = [for_chart(service, app) for service in app["services"]]
    files = {
        ".helmignore": asset("helmignore"),
        "Chart.yaml": fill(asset("Chart.yaml"), {"app": app}),
        "values.yaml": fill(asset("values.yaml"), {"app": app}),
        "values.schema.json": json.dumps(schema(names), indent=2) + "\n",
    }
    for name in FOR_APPLICATION:
        files[f"templates/{name}"] = fill(asset(f"templates/{name}"), {"app": app})
    for service in app["services"]:
        for name in FOR_SERVICE:
            text = fill(asset(f"templates/{name}"), {"app": app, "service": service})
            files[f"templates/{service['name']}/{name}"] = text
    return files


def for_chart(service, app):
    """Calls name a Service of the release, so their addresses are known only to Helm."""
    called = [variable for variable, _ in service["calls"]]
    ports = {callee["name"]: callee["port"] for callee in service["callees"]}
    return {
        **service,
        "own_env": [pair for pair in service["env"] if pair["name"] not in called],
        "calls_named": [
            {"variable": variable, "service": callee, "port": ports[callee]}
            for variable, callee in service["calls"]
        ],
        "double": 2 * max(service["replicas"], 2),
    }


def closed(properties, **more):
    return {"type": "object", "additionalProperties": False, "properties": properties, **more}


def schema(names):
    text, whole, yes = {"type": "string"}, {"type": "integer", "minimum": 1}, {"type": "boolean"}
    texts = {"type": "object", "additionalProperties": text}
    amounts = closed({name: {"type": ["string", "number"]} for name in ("cpu", "memory", "ephemeral-storage")})
    service = {
        "image": closed(
            {
                "repository": {"type": "string", "minLength": 1},
                "tag": text,
                "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
                "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
            }
        ),
        "replicas": whole,
        "autoscaling": closed(
            {
                "enabled": yes,
                "min": whole,
                "max": whole,
                "targetCPUUtilizationPercentage": {"type": "integer", "minimum": 1, "maximum": 100},
            }
        ),
        "env": texts,
        "resources": closed({"requests": amounts, "limits": amounts}),
    }
    return {
        "$schema": "https://json-schema.org/draft-07/schema#",
        **closed(
            {
                "global": {"type": "object"},
                "host": {"type": "string", "minLength": 1},
                "registry": text,
                "ingress": closed(
                    {"enabled": yes, "className": text, "annotations": texts, "tlsSecret": text}
                ),
                "networkPolicy": closed({"enabled": yes, "ingressNamespace": text}),
                "services": closed({name: closed(service) for name in names}),
            }
        ),
    }


if __name__ == "__main__":
    main(__doc__, generate)

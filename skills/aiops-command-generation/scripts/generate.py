#!/usr/bin/env python3
"""Writes the plain-language requests that operators of an application make, as commands of the tools
that take them: Gordon, kubectl-ai, kagent 0.10 and kagent 1.0, each beside kubectl or docker alone.

Example:
  generate.py application.json --out docs
"""

import json
import shlex

from skill import asset, fill, main


def generate(app):
    requests = []
    names = " and ".join(service["name"] for service in app["services"])
    for template in json.loads(asset("requests.json")):
        if template["scope"].endswith("service"):
            for service in app["services"]:
                service = {**service, "more": 2 * service["replicas"]}
                requests.append(request(template, app, names, service))
        else:
            requests.append(request(template, app, names, None))
    return {
        "commands.json": json.dumps(requests, indent=2, ensure_ascii=False) + "\n",
        "commands.md": fill(asset("commands.md"), {"app": app, "requests": requests}),
    }


def request(template, app, names, service):
    values = {"app": app, "names": names, "service": service}
    text = fill(template["text"], values)
    forms = gordon(text) if template["scope"] in ("project", "service") else cluster(text, template, app)
    return {
        "id": template["id"] + (f"-{service['name']}" if service else ""),
        "text": text,
        "changes": template["changes"],
        "kind": "Changes something." if template["changes"] else "Only looks.",
        "forms": forms,
        "plain": [fill(line, values) for line in template["plain"]],
    }


def gordon(text):
    return [{"tool": "Gordon", "command": shlex.join(["docker", "ai", text])}]


def cluster(text, template, app):
    """kubectl-ai asks before it changes something; without a terminal it has to be told beforehand."""
    namespace, agent = app["namespace"], f"{app['name']}-sre"
    asked = f"{text} (namespace {namespace})"
    kubectl_ai = ["kubectl-ai", "--quiet"] + ["--skip-permissions"] * template["changes"]
    # Agents live where kagent does.
    kagent = ["kagent", "--namespace", "kagent"]
    return [
        {"tool": "kubectl-ai", "command": shlex.join([*kubectl_ai, asked])},
        {
            "tool": "kagent 0.10",
            "command": shlex.join([*kagent, "invoke", "--agent", agent, "--task", text]),
        },
        {
            "tool": "kagent 1.0",
            "command": shlex.join([*kagent, "agent", "invoke", "--session", "SESSION", "-t", text]),
        },
    ]


if __name__ == "__main__":
    main(__doc__, generate)

#!/usr/bin/env python3
"""Writes how an application goes back to its previous version: a script for Helm and for plain
Deployments, and when, how and what of it goes back.

Example:
  generate.py application.json --out rollback
  rollback/rollback.sh --dry-run
"""

from skill import asset, fill, main


def generate(app):
    app["backwards"] = app["rollout"][::-1]
    app["names"] = ", ".join(service["name"] for service in app["backwards"])
    app["last"] = app["backwards"][-1]["name"]
    app["order"] = ", then ".join(service["name"] for service in app["backwards"])
    return {name: fill(asset(name), {"app": app}) for name in ("ROLLBACK.md", "rollback.sh")}


if __name__ == "__main__":
    main(__doc__, generate)

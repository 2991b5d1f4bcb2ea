#!/usr/bin/env python3
"""Writes how an application is released with Helm: a script that checks, installs or upgrades and
waits, one that uninstalls, and what to type for the rest. The chart comes from the skill
helm-chart-generation.

Example:
  generate.py application.json --out release
  release/release.sh --dry-run helm/shop --values values-prod.yaml
"""

from skill import asset, fill, main


def generate(app):
    return {name: fill(asset(name), {"app": app}) for name in ("RELEASES.md", "release.sh", "remove.sh")}


if __name__ == "__main__":
    main(__doc__, generate)

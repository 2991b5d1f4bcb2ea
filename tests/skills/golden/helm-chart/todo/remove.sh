#!/usr/bin/env bash
# Uninstalls the release todo. Secrets, volumes and the namespace stay.
# Usage: remove.sh [--yes]     without --yes it only prints what would go
# Exit codes: 0 removed or printed, 1 failed, 2 wrong usage.
set -euo pipefail

if [ $# -eq 0 ]; then
  helm get manifest todo --namespace todo-app | grep -E '^(kind|  name):'
  echo "Nothing was removed; say --yes to uninstall the release." >&2
elif [ $# -eq 1 ] && [ "$1" = --yes ]; then
  helm uninstall todo --namespace todo-app --wait
else
  echo "usage: remove.sh [--yes]" >&2
  exit 2
fi

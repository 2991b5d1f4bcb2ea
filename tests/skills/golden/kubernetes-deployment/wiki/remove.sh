#!/usr/bin/env bash
# Removes wiki from its namespace. Secrets, volumes and the namespace stay.
# Usage: remove.sh [--yes]     without --yes it only prints what would go
# Exit codes: 0 removed or printed, 1 failed, 2 wrong usage.
set -euo pipefail

yes=false
if [ "${1:-}" = --yes ]; then yes=true; shift; fi
if [ $# -ne 0 ]; then
  echo "usage: remove.sh [--yes]" >&2
  exit 2
fi
kinds=deployments,services,ingresses,horizontalpodautoscalers,poddisruptionbudgets,networkpolicies,serviceaccounts,configmaps
if $yes; then
  kubectl --namespace wiki delete "$kinds" --selector=app.kubernetes.io/part-of=wiki
else
  kubectl --namespace wiki get "$kinds" --selector=app.kubernetes.io/part-of=wiki --output=name
  echo "Nothing was removed; say --yes to remove these." >&2
fi

#!/usr/bin/env bash
# Releases wiki with Helm: checks the chart and the cluster, installs or upgrades, and waits.
# Usage: release.sh [--dry-run] CHART [HELM-ARGUMENTS…]     such as --values values-prod.yaml
# Exit codes: 0 it serves, 1 it does not, 2 wrong usage, 3 something is missing and nothing was changed.
set -euo pipefail

release=wiki
namespace=wiki
dry_run=false
if [ "${1:-}" = --dry-run ]; then dry_run=true; shift; fi
if [ $# -lt 1 ] || [ ! -f "$1/Chart.yaml" ]; then
  echo "usage: release.sh [--dry-run] CHART [HELM-ARGUMENTS…], where CHART holds a Chart.yaml" >&2
  exit 2
fi

stop() { echo "error: $1" >&2; exit 3; }

helm lint --strict --quiet "$@" || stop "the chart or its values are wrong."
kubectl version >/dev/null 2>&1 || stop "no cluster answers; check \`kubectl config current-context\`."
kubectl get namespace "$namespace" >/dev/null 2>&1 || stop "make the namespace: kubectl create namespace $namespace"
helm template "$release" "$@" --namespace "$namespace" \
  | kubectl --namespace "$namespace" apply --server-side --force-conflicts --dry-run=server --filename=- >/dev/null \
  || stop "the cluster refuses the objects."
if $dry_run; then
  helm template "$release" "$@" --namespace "$namespace" \
    | { kubectl --namespace "$namespace" diff --server-side --force-conflicts --filename=- || [ $? -eq 1 ]; }
  exit 0
fi

helm upgrade --install "$release" "$@" --namespace "$namespace" --wait --timeout 5m || exit 1
helm history "$release" --namespace "$namespace" --max 3

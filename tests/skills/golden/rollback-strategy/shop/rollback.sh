#!/usr/bin/env bash
# Brings shop back to its previous version, or to one that is named, and waits until it serves.
# Usage: rollback.sh [--dry-run] [--to REVISION]
#   a release of Helm goes back as a whole; without Helm each Deployment goes back, callers first
# Exit codes: 0 the older version serves, 1 it does not, 2 wrong usage, 3 there is no older version.
set -euo pipefail

release=shop
namespace=shop
dry_run=false
revision=0
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=true; shift ;;
    --to) [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || { echo "--to needs the number of a revision" >&2; exit 2; }
      revision=$2; shift 2 ;;
    *) echo "usage: rollback.sh [--dry-run] [--to REVISION]" >&2; exit 2 ;;
  esac
done

stop() { echo "error: $1" >&2; exit 3; }
run() { echo "+ $*"; $dry_run || "$@"; }

kubectl version >/dev/null 2>&1 || stop "no cluster answers; check \`kubectl config current-context\`."
if command -v helm >/dev/null && helm status "$release" --namespace "$namespace" >/dev/null 2>&1; then
  revisions=$(helm history "$release" --namespace "$namespace" | tail -n +2 | wc -l)
  [ "$revisions" -gt 1 ] || stop "the release $release has one revision only."
  run helm rollback "$release" "$revision" --namespace "$namespace" --wait --timeout 5m || exit 1
else
  kubectl --namespace "$namespace" get deployment/shop-web >/dev/null || stop "shop-web does not run."
  kubectl --namespace "$namespace" get deployment/shop-api >/dev/null || stop "shop-api does not run."
  # Two lines of a history are its head, one more is the version that runs.
  history=$(kubectl --namespace "$namespace" rollout history deployment/shop-web | grep -c '^[0-9]' || true)
  if [ "$history" -gt 1 ]; then
    run kubectl --namespace "$namespace" rollout undo deployment/shop-web --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/shop-web --timeout=300s || exit 1
    undone=true
  fi
  history=$(kubectl --namespace "$namespace" rollout history deployment/shop-api | grep -c '^[0-9]' || true)
  if [ "$history" -gt 1 ]; then
    run kubectl --namespace "$namespace" rollout undo deployment/shop-api --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/shop-api --timeout=300s || exit 1
    undone=true
  fi
  [ "${undone:-}" ] || stop "no Deployment has an older version."
fi
$dry_run || kubectl --namespace "$namespace" get deployments --selector=app.kubernetes.io/part-of=shop --output=wide

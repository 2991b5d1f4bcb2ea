#!/usr/bin/env bash
# Brings @{app.name} back to its previous version, or to one that is named, and waits until it serves.
# Usage: rollback.sh [--dry-run] [--to REVISION]
#   a release of Helm goes back as a whole; without Helm each Deployment goes back, callers first
# Exit codes: 0 the older version serves, 1 it does not, 2 wrong usage, 3 there is no older version.
set -euo pipefail

release=@{app.name}
namespace=@{app.namespace}
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
  @for service in app.backwards
  kubectl --namespace "$namespace" get deployment/@{service.full} >/dev/null || stop "@{service.full} does not run."
  @end
  # Two lines of a history are its head, one more is the version that runs.
  @for service in app.backwards
  history=$(kubectl --namespace "$namespace" rollout history deployment/@{service.full} | grep -c '^[0-9]' || true)
  if [ "$history" -gt 1 ]; then
    run kubectl --namespace "$namespace" rollout undo deployment/@{service.full} --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/@{service.full} --timeout=300s || exit 1
    undone=true
  fi
  @end
  [ "${undone:-}" ] || stop "no Deployment has an older version."
fi
$dry_run || kubectl --namespace "$namespace" get deployments --selector=app.kubernetes.io/part-of=@{app.name} --output=wide

#!/usr/bin/env bash
# Brings todo back to its previous version, or to one that is named, and waits until it serves.
# Usage: rollback.sh [--dry-run] [--to REVISION]
#   a release of Helm goes back as a whole; without Helm each Deployment goes back, callers first
# Exit codes: 0 the older version serves, 1 it does not, 2 wrong usage, 3 there is no older version.
set -euo pipefail

release=todo
namespace=todo-app
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
  kubectl --namespace "$namespace" get deployment/todo-frontend >/dev/null || stop "todo-frontend does not run."
  kubectl --namespace "$namespace" get deployment/todo-backend >/dev/null || stop "todo-backend does not run."
  # Two lines of a history are its head, one more is the version that runs.
  history=$(kubectl --namespace "$namespace" rollout history deployment/todo-frontend | grep -c '^[0-9]' || true)
  if [ "$history" -gt 1 ]; then
    run kubectl --namespace "$namespace" rollout undo deployment/todo-frontend --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/todo-frontend --timeout=300s || exit 1
    undone=true
  fi
  history=$(kubectl --namespace "$namespace" rollout history deployment/todo-backend | grep -c '^[0-9]' || true)
  if [ "$history" -gt 1 ]; then
    run kubectl --namespace "$namespace" rollout undo deployment/todo-backend --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/todo-backend --timeout=300s || exit 1
    undone=true
  fi
  [ "${undone:-}" ] || stop "no Deployment has an older version."
fi
$dry_run || kubectl --namespace "$namespace" get deployments --selector=app.kubernetes.io/part-of=todo --output=wide

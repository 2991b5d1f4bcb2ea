#!/usr/bin/env bash
# Brings todo back to its previous version, or to one that is named, and waits until it serves.
# Usage: rollback.sh [--dry-run] [--to REVISION] [SERVICE…]
#   a release of Helm goes back as a whole; without Helm those services do that are named, callers first:
#   name the ones that the failed version changed, because the others would go back past it
# Exit codes: 0 the older version serves, 1 it does not, 2 wrong usage, 3 there is no older version.
set -euo pipefail

release=todo
namespace=todo-app
dry_run=false
revision=0
services=''
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=true; shift ;;
    --to) [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || { echo "--to needs the number of a revision" >&2; exit 2; }
      revision=$2; shift 2 ;;
    frontend) services="$services frontend"; shift ;;
    backend) services="$services backend"; shift ;;
    *) echo "usage: rollback.sh [--dry-run] [--to REVISION] [SERVICE…], where SERVICE is one of frontend, backend" >&2; exit 2 ;;
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
  if [ -z "$services" ]; then
    echo "there is no Helm release: name the services that go back, of frontend, backend" >&2
    exit 2
  fi
  # Nothing goes back unless all of it can.
  for service in $services; do
    revisions=$(kubectl --namespace "$namespace" rollout history "deployment/todo-$service" | grep -c '^[0-9]') \
      || stop "todo-$service does not run."
    [ "$revisions" -gt 1 ] || stop "todo-$service has one revision only."
  done
  if [[ " $services " == *" frontend "* ]]; then
    run kubectl --namespace "$namespace" rollout undo deployment/todo-frontend --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/todo-frontend --timeout=300s || exit 1
  fi
  if [[ " $services " == *" backend "* ]]; then
    run kubectl --namespace "$namespace" rollout undo deployment/todo-backend --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/todo-backend --timeout=300s || exit 1
  fi
fi
$dry_run || kubectl --namespace "$namespace" get deployments --selector=app.kubernetes.io/part-of=todo --output=wide

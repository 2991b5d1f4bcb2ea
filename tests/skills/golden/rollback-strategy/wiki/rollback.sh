#!/usr/bin/env bash
# Brings wiki back to its previous version, or to one that is named, and waits until it serves.
# Usage: rollback.sh [--dry-run] [--to REVISION] [SERVICE…]
#   a release of Helm goes back as a whole; without Helm those services do that are named, callers first:
#   name the ones that the failed version changed, because the others would go back past it
# Exit codes: 0 the older version serves, 1 it does not, 2 wrong usage, 3 there is no older version.
set -euo pipefail

release=wiki
namespace=wiki
dry_run=false
revision=0
services=''
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=true; shift ;;
    --to) [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || { echo "--to needs the number of a revision" >&2; exit 2; }
      revision=$2; shift 2 ;;
    reader) services="$services reader"; shift ;;
    store) services="$services store"; shift ;;
    *) echo "usage: rollback.sh [--dry-run] [--to REVISION] [SERVICE…], where SERVICE is one of reader, store" >&2; exit 2 ;;
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
    echo "there is no Helm release: name the services that go back, of reader, store" >&2
    exit 2
  fi
  # Nothing goes back unless all of it can.
  for service in $services; do
    revisions=$(kubectl --namespace "$namespace" rollout history "deployment/wiki-$service" | grep -c '^[0-9]') \
      || stop "wiki-$service does not run."
    [ "$revisions" -gt 1 ] || stop "wiki-$service has one revision only."
  done
  if [[ " $services " == *" reader "* ]]; then
    run kubectl --namespace "$namespace" rollout undo deployment/wiki-reader --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/wiki-reader --timeout=300s || exit 1
  fi
  if [[ " $services " == *" store "* ]]; then
    run kubectl --namespace "$namespace" rollout undo deployment/wiki-store --to-revision="$revision"
    run kubectl --namespace "$namespace" rollout status deployment/wiki-store --timeout=300s || exit 1
  fi
fi
$dry_run || kubectl --namespace "$namespace" get deployments --selector=app.kubernetes.io/part-of=wiki --output=wide

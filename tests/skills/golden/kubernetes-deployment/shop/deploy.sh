#!/usr/bin/env bash
# Deploys shop with Kustomize: checks first, applies, and waits until it serves.
# Usage: deploy.sh [--dry-run] FOLDER     FOLDER holds a kustomization.yaml
# Exit codes: 0 it serves, 1 it does not, 2 wrong usage, 3 something is missing and nothing was changed.
set -euo pipefail

namespace=shop
dry_run=false
if [ "${1:-}" = --dry-run ]; then dry_run=true; shift; fi
if [ $# -ne 1 ] || [ ! -f "$1/kustomization.yaml" ]; then
  echo "usage: deploy.sh [--dry-run] FOLDER, which holds a kustomization.yaml" >&2
  exit 2
fi
folder=$1

stop() { echo "error: $1" >&2; exit 3; }

kubectl version >/dev/null 2>&1 || stop "no cluster answers; check \`kubectl config current-context\`."
objects=$(kubectl kustomize "$folder") || stop "$folder does not build."
kubectl get namespace "$namespace" >/dev/null 2>&1 || stop "make the namespace: kubectl create namespace $namespace"
kubectl --namespace "$namespace" get secret shop-db >/dev/null 2>&1 \
  || stop "the Secret shop-db is missing in the namespace $namespace."
kubectl apply --dry-run=server --filename=- <<<"$objects" >/dev/null || stop "the cluster refuses the objects."
if $dry_run; then
  kubectl diff --filename=- <<<"$objects" || [ $? -eq 1 ]
  exit 0
fi

kubectl apply --filename=- <<<"$objects"
kubectl --namespace "$namespace" rollout status deployment/shop-api --timeout=300s || exit 1
kubectl --namespace "$namespace" rollout status deployment/shop-web --timeout=300s || exit 1
kubectl --namespace "$namespace" get pods --selector=app.kubernetes.io/part-of=shop

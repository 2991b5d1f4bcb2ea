# What the tasks share. Each works on a release of its own, in a namespace of its own, so that none
# meets what another left. k8s-ai-bench and `run` start the scripts in the task's folder.
set -euo pipefail

namespace=${EVALUATION_NAMESPACE:-todo-evaluation}
# How long a verifier waits for what should become true.
patience=${EVALUATION_PATIENCE:-120s}
chart=$(dirname "${BASH_SOURCE[0]}")/../../helm/todo-app

k() { kubectl --namespace "$namespace" "$@"; }

# Where postgres:17.7 is not to be had: another image, with its tag.
database=${DATABASE_IMAGE:-postgres:17.7}

# The product with a database of its own, one pod of each, and the account of operators.
install() {
  kubectl create namespace "$namespace"
  kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted
  k apply --filename "$(dirname "${BASH_SOURCE[0]}")/../rbac/operator.yaml"
  helm install todo "$chart" --namespace "$namespace" --values "$chart/values-dev.yaml" \
    --set backend.replicaCount=1,frontend.replicaCount=1 \
    --set-string "backend.database.image.repository=${database%:*},backend.database.image.tag=${database##*:}" \
    --set global.host=evaluation.local --wait --timeout 5m
}

uninstall() {
  kubectl delete namespace "$namespace" --ignore-not-found --wait
}

# The newest version of a Deployment serves, on every pod that is wanted.
serves() {
  k rollout status "deployment/$1" --timeout="$patience"
}

# The health of the frontend, as a monitor sees it: it asks the backend, and that one the database.
healthy() {
  k exec deployment/todo-frontend -- /bin/todo-frontend healthcheck --url http://127.0.0.1:3000/health
}

# Repeats a check until it holds or patience is over.
eventually() {
  local end=$((SECONDS + ${patience%s}))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 2
  done
}

#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
serves todo-frontend
# It serves, and it has room to.
limit=$(k get deployment/todo-frontend --output=jsonpath="{.spec.template.spec.containers[0].resources.limits.memory}")
[[ "$limit" == *Gi || ( "$limit" == *Mi && "${limit%Mi}" -ge 64 ) ]]

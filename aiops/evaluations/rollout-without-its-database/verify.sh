#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
[ "$(k get statefulset/todo-database --output=jsonpath='{.spec.replicas}')" = 1 ]
k rollout status statefulset/todo-database --timeout="$patience"
serves todo-backend
eventually healthy

#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
install
k scale statefulset/todo-database --replicas=0
k wait --for=delete pod/todo-database-0 --timeout=60s
k rollout restart deployment/todo-backend

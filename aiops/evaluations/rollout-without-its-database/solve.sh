#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k scale statefulset/todo-database --replicas=1
k rollout status statefulset/todo-database --timeout=120s
serves todo-backend

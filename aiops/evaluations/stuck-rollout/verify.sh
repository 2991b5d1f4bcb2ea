#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
[ "$(k get deployment/todo-frontend --output=jsonpath="{.spec.paused}")" != true ]
serves todo-frontend
k get pods --selector=app.kubernetes.io/name=todo-frontend --output=jsonpath="{..env}" | grep --quiet todo_frontend=info

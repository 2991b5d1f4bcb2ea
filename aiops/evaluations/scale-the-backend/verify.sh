#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
[ "$(k get deployment/todo-backend --output=jsonpath="{.spec.replicas}")" -ge 2 ]
serves todo-backend

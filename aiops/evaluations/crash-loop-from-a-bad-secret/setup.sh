#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
install
# A second secret that is too short: the backend refuses to start with it.
k create secret generic jwt-secret-new --from-literal=secret=short
k get deployment/todo-backend --output=json | sed 's/"name": "jwt-secret"/"name": "jwt-secret-new"/' | k replace --filename=-

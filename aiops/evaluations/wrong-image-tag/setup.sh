#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
install
k set image deployment/todo-backend backend=todo-backend:9.9.9 migrate=todo-backend:9.9.9

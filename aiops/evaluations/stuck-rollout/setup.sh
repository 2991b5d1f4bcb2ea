#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
install
k rollout pause deployment/todo-frontend
k set env deployment/todo-frontend LOG=info,todo_frontend=info

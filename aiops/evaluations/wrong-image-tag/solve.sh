#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k rollout undo deployment/todo-backend
serves todo-backend

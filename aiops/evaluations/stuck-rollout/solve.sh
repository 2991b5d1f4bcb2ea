#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k rollout resume deployment/todo-frontend
serves todo-frontend

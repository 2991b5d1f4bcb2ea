#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k scale deployment/todo-backend --replicas=3
serves todo-backend

#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k get networkpolicy/todo-frontend >/dev/null
eventually healthy

#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
serves todo-backend
! k get deployment/todo-backend --output=jsonpath="{..image}" | grep --quiet 9.9.9

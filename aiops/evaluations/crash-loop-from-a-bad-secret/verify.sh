#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
serves todo-backend
! k get deployment/todo-backend --output=jsonpath="{.spec.template.spec.volumes}" | grep --quiet jwt-secret-new
eventually healthy

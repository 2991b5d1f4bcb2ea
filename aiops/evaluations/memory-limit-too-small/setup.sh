#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
install
k set resources deployment/todo-frontend --containers=frontend --requests=memory=8Mi --limits=memory=8Mi

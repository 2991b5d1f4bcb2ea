#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k set resources deployment/todo-frontend --containers=frontend --requests=memory=64Mi --limits=memory=512Mi
serves todo-frontend

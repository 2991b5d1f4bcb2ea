#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k get networkpolicy/todo-frontend --output=json | sed "s/\"port\": 8001/\"port\": 8000/" | k replace --filename=-

#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
install
# The frontend may now reach another port of the backend than the one it listens on.
k get networkpolicy/todo-frontend --output=json | sed "s/\"port\": 8000/\"port\": 8001/" | k replace --filename=-

#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
k patch ingress/todo --type=json \
  --patch="[{\"op\": \"replace\", \"path\": \"/spec/tls/0/secretName\", \"value\": \"todo-tls-2026\"}]"

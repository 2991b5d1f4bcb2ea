#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
install
# The certificate that is in use has expired; its successor was issued, and nobody uses it.
folder=$(mktemp --directory)
trap "rm --recursive $folder" EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=evaluation.local -addext subjectAltName=DNS:evaluation.local \
  -keyout "$folder/new.key" -out "$folder/new.crt" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=evaluation.local -keyout "$folder/old.key" -out "$folder/old.csr" 2>/dev/null
openssl x509 -req -in "$folder/old.csr" -key "$folder/old.key" -days -1 -out "$folder/old.crt" 2>/dev/null
k create secret tls todo-tls-2026 --cert="$folder/new.crt" --key="$folder/new.key"
k create secret tls todo-tls --cert="$folder/old.crt" --key="$folder/old.key" --dry-run=client --output=json \
  | k replace --filename=-

#!/usr/bin/env bash
. "$(dirname "$0")/../common.sh"
secret=$(k get ingress/todo --output=jsonpath="{.spec.tls[0].secretName}")
# Of whichever Secret the Ingress serves: it is good for another day.
k get "secret/$secret" --output=jsonpath="{.data.tls\.crt}" | base64 --decode | openssl x509 -noout -checkend 86400

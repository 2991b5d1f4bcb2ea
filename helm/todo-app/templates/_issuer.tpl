{{/* The annotation by which cert-manager makes the certificate. */}}
{{- define "todo.issuer" -}}
{{- with .Values.tls }}
{{- if eq .source "cert-manager" }}
{{- if eq .certManager.kind "Issuer" }}
cert-manager.io/issuer: {{ .certManager.issuer }}
{{- else }}
cert-manager.io/cluster-issuer: {{ .certManager.issuer }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

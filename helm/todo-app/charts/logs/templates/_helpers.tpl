{{- define "logs.namespace" -}}
{{- .Values.namespace | default .Release.Namespace }}
{{- end }}

{{/* The namespaces whose logs are kept. */}}
{{- define "logs.collect" -}}
{{- $namespaces := .Values.collect }}
{{- if .Values.namespace }}{{ $namespaces = prepend $namespaces .Release.Namespace }}{{ end }}
{{- $namespaces | uniq | join "|" }}
{{- end }}

{{- define "logs.labels" -}}
app.kubernetes.io/component: logs
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "loki.fullname" -}}
{{- printf "%s-loki" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "loki.selector" -}}
app.kubernetes.io/name: todo-loki
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "shipper.fullname" -}}
{{- printf "%s-log-shipper" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "shipper.selector" -}}
app.kubernetes.io/name: todo-log-shipper
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The image of one of the two, whose values and registry are given. */}}
{{- define "logs.image" -}}
{{- with .registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ .image.repository }}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag }}{{ end }}
{{- end }}

{{/* What the pods of both have in common. */}}
{{- define "logs.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.global.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* syslog-ng speaks no HTTP; its own program asks it by a socket. */}}
{{- define "shipper.healthcheck" -}}
command: [/usr/sbin/syslog-ng-ctl, healthcheck, --control=/var/lib/syslog-ng/syslog-ng.ctl]
{{- end }}

{{- define "database.fullname" -}}
{{- .Values.database.fullnameOverride | default (printf "%s-database" .Release.Name) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "database.selector" -}}
app.kubernetes.io/name: todo-database
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "database.labels" -}}
{{ include "database.selector" . }}
app.kubernetes.io/component: database
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

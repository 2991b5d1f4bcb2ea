{{- define "todo.labels" -}}
app.kubernetes.io/name: todo-app
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "todo.kagent.labels" -}}
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "todo.kagent.api" -}}
{{ eq .Values.kagent.version "1.0" | ternary "api.kagent.dev/v1alpha3" "kagent.dev/v1alpha2" }}
{{- end }}

{{- define "todo.kagent.prompt" -}}
You operate the Todo Chatbot in the namespace {{ .Release.Namespace }}: the Deployments {{ .Release.Name }}-frontend and {{ .Release.Name }}-backend, and a
PostgreSQL whose address is in a Secret that you may not read. Look before you change; change one thing at a
time, after the person agreed; see that it took effect. Prefer what is undone easily. Never delete a Deployment,
Service, volume, namespace or Secret. End with what was wrong, what you did, and what the person sees now.
{{- end }}

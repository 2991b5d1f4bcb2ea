{{- define "frontend.fullname" -}}
{{- .Values.fullnameOverride | default (printf "%s-frontend" .Release.Name) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "frontend.selector" -}}
app.kubernetes.io/name: todo-frontend
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "frontend.labels" -}}
{{ include "frontend.selector" . }}
app.kubernetes.io/component: frontend
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "frontend.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- if and (eq $tag "latest") (not .Values.image.digest) }}
{{- fail (printf "\n\nThe image of the frontend has the tag \"latest\", which is another image every day: a restarted pod would run what nobody rolled out. Set frontend.image.tag to a version or frontend.image.digest to a digest.\n") }}
{{- end }}
{{- with .Values.global.imageRegistry }}{{ . | trimSuffix "/" }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}

{{- define "frontend.test.labels" -}}
app.kubernetes.io/name: todo-frontend-test
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

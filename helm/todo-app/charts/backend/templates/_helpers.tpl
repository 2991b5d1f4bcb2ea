{{- define "backend.fullname" -}}
{{- .Values.fullnameOverride | default (printf "%s-backend" .Release.Name) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "backend.selector" -}}
app.kubernetes.io/name: todo-backend
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "backend.labels" -}}
{{ include "backend.selector" . }}
app.kubernetes.io/component: backend
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "backend.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- if and (eq $tag "latest") (not .Values.image.digest) }}
{{- fail (printf "\n\nThe image of the backend has the tag \"latest\", which is another image every day: a restarted pod would run what nobody rolled out. Set backend.image.tag to a version or backend.image.digest to a digest.\n") }}
{{- end }}
{{- with .Values.global.imageRegistry }}{{ . | trimSuffix "/" }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}

{{/* Whether a cluster answers: the list that `helm template` works with does not know this kind. */}}
{{- define "backend.live" -}}
{{- if .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1/APIService" }}true{{ end }}
{{- end }}

{{/* The paths below which the Ingress sends requests here. */}}
{{- define "backend.paths" -}}
- /api
- /mcp
- /.well-known/oauth-protected-resource
- /.well-known/oauth-authorization-server
{{- end }}

{{- define "backend.test.labels" -}}
app.kubernetes.io/name: todo-backend-test
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
app.kubernetes.io/part-of: todo-app
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

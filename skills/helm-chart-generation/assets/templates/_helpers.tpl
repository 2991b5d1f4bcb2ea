{{- define "@{app.name}.fullname" -}}
{{- printf "%s-%s" .root.Release.Name .service | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "@{app.name}.selector" -}}
app.kubernetes.io/name: @{app.name}-{{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "@{app.name}.labels" -}}
{{ include "@{app.name}.selector" . }}
app.kubernetes.io/component: {{ .service }}
{{ include "@{app.name}.common" .root }}
{{- end }}

{{- define "@{app.name}.common" -}}
app.kubernetes.io/part-of: @{app.name}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "@{app.name}.image" -}}
{{- $image := (index .root.Values.services .service).image }}
{{- $tag := $image.tag | default .root.Chart.AppVersion }}
{{- if and (eq $tag "latest") (not $image.digest) }}
{{- fail (printf "\n\nThe tag \"latest\" is another image every day: set services.%s.image.tag to a version.\n" .service) }}
{{- end }}
{{- with .root.Values.registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}

{{- define "shop.fullname" -}}
{{- printf "%s-%s" .root.Release.Name .service | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "shop.selector" -}}
app.kubernetes.io/name: shop-{{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "shop.labels" -}}
{{ include "shop.selector" . }}
app.kubernetes.io/component: {{ .service }}
{{ include "shop.common" .root }}
{{- end }}

{{- define "shop.common" -}}
app.kubernetes.io/part-of: shop
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "shop.image" -}}
{{- $image := (index .root.Values.services .service).image }}
{{- $tag := $image.tag | default .root.Chart.AppVersion }}
{{- if and (eq $tag "latest") (not $image.digest) }}
{{- fail (printf "\n\nThe tag \"latest\" is another image every day: set services.%s.image.tag to a version.\n" .service) }}
{{- end }}
{{- with .root.Values.registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}

{{/* What the container that migrates and the one that serves have in common. */}}
{{- define "backend.container" -}}
image: {{ include "backend.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
envFrom:
  - configMapRef:
      name: {{ .Values.configMap.name }}
env:
  - name: DATABASE_URL_FILE
    value: /run/secrets/todo/database-url
  - name: DATABASE_DIRECT_URL_FILE
    value: /run/secrets/todo/database-direct-url
  - name: JWT_SECRET_FILE
    value: /run/secrets/todo/jwt-secret
  - name: JWT_SECRET_PREVIOUS_FILE
    value: /run/secrets/todo/jwt-secret-previous
  {{- if .Values.model.secretName }}
  - name: OPENAI_API_KEY_FILE
    value: /run/secrets/todo/model-api-key
  {{- end }}
resources: {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: secrets
    mountPath: /run/secrets/todo
    readOnly: true
  - name: tmp
    mountPath: /tmp
{{- end }}

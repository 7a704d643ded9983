{{/* The name of the chart, in the label app.kubernetes.io/name. */}}
{{- define "ocpi-hub.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of what belongs to the release; short enough for what is added to it. */}}
{{- define "ocpi-hub.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ocpi-hub.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ocpi-hub.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ocpi-hub.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "ocpi-hub.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ocpi-hub.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ocpi-hub.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "ocpi-hub.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* "true" or empty: where registry and catalog, and where the stream, are kept. */}}
{{- define "ocpi-hub.hasRedis" -}}{{ if or .Values.redis.url .Values.redis.existingSecret.name }}true{{ end }}{{- end -}}
{{- define "ocpi-hub.hasNats" -}}{{ if or .Values.nats.url .Values.nats.existingSecret.name }}true{{ end }}{{- end -}}

{{/* "true" in shared mode: nothing is kept in the pod, there may be many. */}}
{{- define "ocpi-hub.shared" -}}
{{- if and (include "ocpi-hub.hasRedis" .) (include "ocpi-hub.hasNats" .) }}true{{ end }}
{{- end -}}

{{/* The host of publicUrl without its port. */}}
{{- define "ocpi-hub.host" -}}
{{- (urlParse .Values.publicUrl).hostname -}}
{{- end -}}

{{/* hub.yaml: what the operator sets, and what the pod is. */}}
{{- define "ocpi-hub.config" -}}
{{- $own := dict
  "listen" (printf ":%d" (int .Values.ports.ocpi))
  "public_url" .Values.publicUrl
  "data_dir" "/var/lib/ocpi-hub"
  "admin" (dict "listen" (printf ":%d" (int .Values.ports.admin)))
-}}
{{- if .Values.admin.existingSecret.name -}}
{{- $_ := set $own.admin "token_file" "/etc/ocpi-hub/admin/token" -}}
{{- end -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $own "tls" (dict "cert_file" "/etc/ocpi-hub/tls/tls.crt" "key_file" "/etc/ocpi-hub/tls/tls.key") -}}
{{- if .Values.tls.clientCASecret.name -}}
{{- $_ := set $own.tls "client_ca_file" "/etc/ocpi-hub/client-ca/ca.crt" -}}
{{- end -}}
{{- end -}}
{{- $registry := dict -}}
{{- if .Values.redis.url }}{{ $_ := set $registry "redis_url" .Values.redis.url }}{{ end -}}
{{- if .Values.redis.waitReplicas }}{{ $_ := set $registry "wait_replicas" .Values.redis.waitReplicas }}{{ end -}}
{{- if .Values.sealKey.existingSecret.name }}{{ $_ := set $registry "seal_key_file" "/etc/ocpi-hub/seal/seal.key" }}{{ end -}}
{{- if $registry }}{{ $_ := set $own "registry" $registry }}{{ end -}}
{{- if include "ocpi-hub.hasNats" . -}}
{{- $nats := dict "replicas" .Values.nats.replicas -}}
{{- if .Values.nats.url }}{{ $_ := set $nats "url" .Values.nats.url }}{{ end -}}
{{- if .Values.nats.credsSecret.name }}{{ $_ := set $nats "creds_file" "/etc/ocpi-hub/nats/nats.creds" }}{{ end -}}
{{- $_ := set $own "nats" $nats -}}
{{- end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $own) -}}
{{- end -}}

{{/* The pod, the same in a Deployment and in a StatefulSet. */}}
{{- define "ocpi-hub.pod" -}}
metadata:
  labels:
    {{- include "ocpi-hub.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # The hub reads its configuration at the start: a change of it is a new pod.
    checksum/config: {{ include "ocpi-hub.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "ocpi-hub.serviceAccountName" . }}
  automountServiceAccountToken: false
  # Variables such as OCPI_HUB_PORT, which Kubernetes makes of services, would stop
  # the start: they stand for no key.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
  {{- else if include "ocpi-hub.shared" . }}
  topologySpreadConstraints:
    {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "ocpi-hub.selectorLabels" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  containers:
    - name: ocpi-hub
      image: {{ include "ocpi-hub.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/ocpi-hub/hub.yaml]
      env:
        {{- include "ocpi-hub.env" . | nindent 8 }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { name: ocpi, containerPort: {{ .Values.ports.ocpi }}, protocol: TCP }
        - { name: admin, containerPort: {{ .Values.ports.admin }}, protocol: TCP }
      startupProbe:
        {{- toYaml .Values.startupProbe | nindent 8 }}
      livenessProbe:
        {{- toYaml .Values.livenessProbe | nindent 8 }}
      readinessProbe:
        {{- toYaml .Values.readinessProbe | nindent 8 }}
      {{- if .Values.preStopSeconds }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ .Values.preStopSeconds }}
      {{- end }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- include "ocpi-hub.mounts" . | nindent 8 }}
  volumes:
    {{- include "ocpi-hub.volumes" . | nindent 4 }}
{{- end -}}

{{- define "ocpi-hub.env" -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
{{- with .Values.redis.existingSecret }}
{{- if .name }}
- name: OCPI_HUB_REGISTRY_REDIS_URL
  valueFrom:
    secretKeyRef: { name: {{ .name | quote }}, key: {{ .key | quote }} }
{{- end }}
{{- end }}
{{- with .Values.nats.existingSecret }}
{{- if .name }}
- name: OCPI_HUB_NATS_URL
  valueFrom:
    secretKeyRef: { name: {{ .name | quote }}, key: {{ .key | quote }} }
{{- end }}
{{- end }}
{{- if .Values.otel.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.otel.endpoint | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: {{ .Values.otel.protocol | quote }}
- name: OTEL_TRACES_SAMPLER
  value: {{ .Values.otel.sampler | quote }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .Values.otel.samplerArg | quote }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name=$(POD_NAMESPACE),k8s.pod.name=$(POD_NAME),service.instance.id=$(POD_NAME)
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ocpi-hub.mounts" -}}
- { name: config, mountPath: /etc/ocpi-hub/hub.yaml, subPath: hub.yaml, readOnly: true }
- { name: data, mountPath: /var/lib/ocpi-hub }
- { name: tmp, mountPath: /tmp }
{{- if .Values.admin.existingSecret.name }}
- { name: admin-token, mountPath: /etc/ocpi-hub/admin, readOnly: true }
{{- end }}
{{- if .Values.sealKey.existingSecret.name }}
- { name: seal-key, mountPath: /etc/ocpi-hub/seal, readOnly: true }
{{- end }}
{{- if .Values.nats.credsSecret.name }}
- { name: nats-creds, mountPath: /etc/ocpi-hub/nats, readOnly: true }
{{- end }}
{{- if .Values.tls.existingSecret }}
- { name: tls, mountPath: /etc/ocpi-hub/tls, readOnly: true }
{{- end }}
{{- if .Values.tls.clientCASecret.name }}
- { name: client-ca, mountPath: /etc/ocpi-hub/client-ca, readOnly: true }
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Files of Secrets are readable for the group of the pod, and for nobody else: 288 is
0440. */}}
{{- define "ocpi-hub.volumes" -}}
- name: config
  configMap: { name: {{ include "ocpi-hub.fullname" . }} }
{{- if include "ocpi-hub.shared" . }}
- name: data
  emptyDir: { sizeLimit: {{ .Values.scratch.sizeLimit }} }
{{- end }}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- with .Values.admin.existingSecret }}
{{- if .name }}
- name: admin-token
  secret: { secretName: {{ .name | quote }}, defaultMode: 288, items: [{ key: {{ .key | quote }}, path: token }] }
{{- end }}
{{- end }}
{{- with .Values.sealKey.existingSecret }}
{{- if .name }}
- name: seal-key
  secret: { secretName: {{ .name | quote }}, defaultMode: 288, items: [{ key: {{ .key | quote }}, path: seal.key }] }
{{- end }}
{{- end }}
{{- with .Values.nats.credsSecret }}
{{- if .name }}
- name: nats-creds
  secret: { secretName: {{ .name | quote }}, defaultMode: 288, items: [{ key: {{ .key | quote }}, path: nats.creds }] }
{{- end }}
{{- end }}
{{- with .Values.tls.existingSecret }}
- name: tls
  secret: { secretName: {{ . | quote }}, defaultMode: 288 }
{{- end }}
{{- with .Values.tls.clientCASecret }}
{{- if .name }}
- name: client-ca
  secret: { secretName: {{ .name | quote }}, defaultMode: 288, items: [{ key: {{ .key | quote }}, path: ca.crt }] }
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

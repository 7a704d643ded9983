{{/* What a schema cannot say: values that do not go together. */}}
{{- define "ocpi-hub.refusals" -}}
{{- $shared := include "ocpi-hub.shared" . -}}
{{- $redis := include "ocpi-hub.hasRedis" . -}}
{{- $nats := include "ocpi-hub.hasNats" . -}}
{{- if not .Values.publicUrl -}}
{{- fail "publicUrl: give the URL under which partners reach the hub, such as https://hub.example.com" -}}
{{- end -}}
{{- if and .Values.redis.url .Values.redis.existingSecret.name -}}
{{- fail "redis.url: leave it empty, or redis.existingSecret.name: the URL is in one of them" -}}
{{- end -}}
{{- if and .Values.nats.url .Values.nats.existingSecret.name -}}
{{- fail "nats.url: leave it empty, or nats.existingSecret.name: the URL is in one of them" -}}
{{- end -}}
{{- if and (not $shared) (gt (int .Values.replicaCount) 1) -}}
{{- if or $redis $nats -}}
{{- fail (printf "replicaCount: %d replicas need both redis and nats, %s is not given: what the hub keeps on its own volume belongs to one process" (int .Values.replicaCount) (ternary "nats" "redis" (ne $redis ""))) -}}
{{- end -}}
{{- fail (printf "replicaCount: %d replicas need redis and nats, without them the hub keeps everything on its own volume, which belongs to one process" (int .Values.replicaCount)) -}}
{{- end -}}
{{- if and (not $shared) .Values.autoscaling.enabled -}}
{{- fail "autoscaling.enabled: more than one replica needs redis and nats, the embedded hub is one process" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas: want at most autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and $shared (not .Values.admin.existingSecret.name) -}}
{{- fail "admin.existingSecret.name: with redis and nats all replicas need the same root token; make one: kubectl create secret generic ocpi-hub-admin --from-literal=token=$(openssl rand -hex 32)" -}}
{{- end -}}
{{- if and .Values.nats.credsSecret.name (not $nats) -}}
{{- fail "nats.credsSecret.name: serves only together with nats.url or nats.existingSecret.name" -}}
{{- end -}}
{{- if and (gt (int .Values.nats.replicas) 1) (not $nats) -}}
{{- fail "nats.replicas: serves only together with nats.url or nats.existingSecret.name" -}}
{{- end -}}
{{- if and .Values.redis.waitReplicas (not $redis) -}}
{{- fail "redis.waitReplicas: serves only together with redis.url or redis.existingSecret.name" -}}
{{- end -}}
{{- if and .Values.tls.clientCASecret.name (not .Values.tls.existingSecret) -}}
{{- fail "tls.clientCASecret.name: serves only together with tls.existingSecret" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs: name the Gateway, such as [{name: public, namespace: gateways}]" -}}
{{- end -}}
{{- if eq (int .Values.ports.ocpi) (int .Values.ports.admin) -}}
{{- fail "ports.admin: must differ from ports.ocpi" -}}
{{- end -}}
{{- if and .Values.podDisruptionBudget.enabled (not (kindIs "invalid" .Values.podDisruptionBudget.minAvailable)) (not (kindIs "invalid" .Values.podDisruptionBudget.maxUnavailable)) -}}
{{- fail "podDisruptionBudget.minAvailable: set podDisruptionBudget.maxUnavailable to null, one of them counts" -}}
{{- end -}}
{{- if le (int .Values.terminationGracePeriodSeconds) (int .Values.preStopSeconds) -}}
{{- fail "terminationGracePeriodSeconds: must be longer than preStopSeconds" -}}
{{- end -}}
{{- end -}}

package charts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wrong are values that are no good, and how the refusal names the place.
var wrong = map[string]struct{ values, named string }{
	// By values.schema.json.
	"no such value":                         {"replicas: 2", "'replicas'"},
	"a text for a number":                   {"replicaCount: two", "'/replicaCount'"},
	"a number below nought":                 {"replicaCount: -1", "'/replicaCount'"},
	"a URL without scheme":                  {"publicUrl: hub.example.com", "'/publicUrl'"},
	"a URL with a user":                     {`publicUrl: "https://me:secret@hub.example.com"`, "'/publicUrl'"},
	"an image of no digest":                 {"image: {digest: latest}", "'/image/digest'"},
	"a pull policy that is none":            {"image: {pullPolicy: Sometimes}", "'/image/pullPolicy'"},
	"Redis by another scheme":               {`redis: {url: "http://redis:6379"}`, "'/redis/url'"},
	"NATS by another scheme":                {`nats: {url: "redis://nats:4222"}`, "'/nats/url'"},
	"an even number of copies":              {"nats: {url: 'nats://n:4222', replicas: 2}", "'/nats/replicas'"},
	"a Secret with a key but a wrong field": {"admin: {existingSecret: {secretName: x}}", "'/admin/existingSecret'"},
	"a name that is none":                   {"sealKey: {existingSecret: {name: Seal_Key}}", "'/sealKey/existingSecret/name'"},
	"a volume of two writers":               {"persistence: {accessModes: [ReadWriteMany]}", "'/persistence/accessModes/0'"},
	"a size that is none":                   {"persistence: {size: large}", "'/persistence/size'"},
	"a Service of no such type":             {"service: {type: External}", "'/service/type'"},
	"a port out of range":                   {"service: {port: 70000}", "'/service/port'"},
	"a port that only root may take":        {"ports: {ocpi: 80}", "'/ports/ocpi'"},
	"a path without a slash":                {"ingress: {path: ocpi}", "'/ingress/path'"},
	"a Gateway without name":                {"httpRoute: {parentRefs: [{namespace: gateways}]}", "'/httpRoute/parentRefs/0'"},
	"a share over all":                      {"autoscaling: {targetCPUUtilizationPercentage: 120}", "'/autoscaling/targetCPUUtilizationPercentage'"},
	"a budget in words":                     {"podDisruptionBudget: {maxUnavailable: some}", "'/podDisruptionBudget/maxUnavailable'"},
	"labels that are no texts":              {"podLabels: {team: 7}", "'/podLabels/team'"},
	"a switch that is none":                 {"networkPolicy: {enabled: maybe}", "'/networkPolicy/enabled'"},
	"an interval without unit":              {`serviceMonitor: {interval: "30"}`, "'/serviceMonitor/interval'"},
	"an alert of others":                    {"prometheusRule: {without: [Watchdog]}", "'/prometheusRule/without/0'"},
	"a collector by another scheme":         {"otel: {endpoint: 'grpc://collector:4317'}", "'/otel/endpoint'"},
	"a Redis URL beside the Secret":         {"extraEnv: [{name: OCPI_HUB_REGISTRY_REDIS_URL, value: x}]", "'/extraEnv/0/name'"},
	"a key that the hub has not":            {"config: {hub: {party: HUB}}", "'/config/hub'"},
	"a key that the chart sets":             {"config: {listen: ':80'}", "'/config'"},
	"a duration without unit":               {"config: {forward: {timeout: 30}}", "'/config/forward/timeout'"},
	"off without quotes is no text":         {"config: {guard: {mass_change: off}}", "'/config/guard/mass_change'"},

	// By what does not go together.
	"no URL":                            {`publicUrl: ""`, "publicUrl: "},
	"two embedded replicas":             {"replicaCount: 2", "replicaCount: 2 replicas need redis and nats"},
	"replicas over Redis alone":         {"{replicaCount: 2, redis: {url: 'redis://r:6379'}}", "both redis and nats, nats is not given"},
	"replicas over NATS alone":          {"{replicaCount: 2, nats: {url: 'nats://n:4222'}}", "both redis and nats, redis is not given"},
	"an embedded hub that scales":       {"autoscaling: {enabled: true}", "autoscaling.enabled: "},
	"more at least than at most":        {shared + "autoscaling: {enabled: true, minReplicas: 9}", "autoscaling.minReplicas: "},
	"replicas without a common token":   {"{redis: {url: 'redis://r:6379'}, nats: {url: 'nats://n:4222'}}", "admin.existingSecret.name: "},
	"two URLs of Redis":                 {"redis: {url: 'redis://r:6379', existingSecret: {name: x}}", "redis.url: "},
	"two URLs of NATS":                  {"nats: {url: 'nats://n:4222', existingSecret: {name: x}}", "nats.url: "},
	"credentials without NATS":          {"nats: {credsSecret: {name: x}}", "nats.credsSecret.name: "},
	"copies without NATS":               {"nats: {replicas: 3}", "nats.replicas: "},
	"waiting without Redis":             {"redis: {waitReplicas: 1}", "redis.waitReplicas: "},
	"partners' certificates but no TLS": {"tls: {clientCASecret: {name: x}}", "tls.clientCASecret.name: "},
	"a route to no Gateway":             {"httpRoute: {enabled: true}", "httpRoute.parentRefs: "},
	"one port for both doors":           {"ports: {ocpi: 8081}", "ports.admin: "},
	"two bounds of one budget":          {"podDisruptionBudget: {minAvailable: 1}", "podDisruptionBudget.minAvailable: "},
	"no time to stop":                   {"{preStopSeconds: 30, terminationGracePeriodSeconds: 20}", "terminationGracePeriodSeconds: "},
}

const shared = `redis: {url: "redis://r:6379"}
nats: {url: "nats://n:4222"}
admin: {existingSecret: {name: x}}
`

func TestWrongValuesAreRefusedByName(t *testing.T) {
	for name, w := range wrong {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "values.yaml")
			if err := os.WriteFile(file, []byte(w.values), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := template(t, "-f", "ocpi-hub/ci/embedded-values.yaml", "-f", file)
			if err == nil || !strings.Contains(err.Error(), w.named) {
				t.Errorf("got %v, want a refusal that names %s", err, w.named)
			}
		})
	}
}

// Kubeschemas writes the JSON schemas of the Kubernetes objects that the chart
// makes, for kubeconform: from the API description in the module of Kubernetes
// itself and from the CRDs in the modules of their projects. `make chart-schemas`
// runs it; what it writes is committed, so that the check needs no network.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The modules that the schemas come from. A newer Kubernetes is a new version
// here and another run.
const (
	kubernetes = "k8s.io/kubernetes@v1.36.3"
	gatewayAPI = "sigs.k8s.io/gateway-api@v1.6.0"
	prometheus = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
)

// builtIn are the kinds of Kubernetes itself that the chart makes.
var builtIn = []kind{
	{"", "v1", "ConfigMap"},
	{"", "v1", "Service"},
	{"", "v1", "ServiceAccount"},
	{"apps", "v1", "Deployment"},
	{"apps", "v1", "StatefulSet"},
	{"networking.k8s.io", "v1", "Ingress"},
	{"networking.k8s.io", "v1", "NetworkPolicy"},
	{"policy", "v1", "PodDisruptionBudget"},
	{"autoscaling", "v2", "HorizontalPodAutoscaler"},
}

// custom are the files of the CRDs that the chart makes objects of.
var custom = map[string][]string{
	gatewayAPI: {"config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"},
	prometheus: {
		"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
		"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
	},
}

// kind names an object of Kubernetes.
type kind struct{ group, version, name string }

// file is where kubeconform looks for the schema of a kind.
func (k kind) file() string {
	group, _, _ := strings.Cut(k.group, ".")
	return strings.ToLower(strings.Join(strings.Fields(k.name+" "+group+" "+k.version), "-")) + ".json"
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kubeschemas DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "kubeschemas:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	home, err := download(kubernetes)
	if err != nil {
		return err
	}
	api, err := readAPI(filepath.Join(home, "api/openapi-spec/swagger.json"))
	if err != nil {
		return err
	}
	for _, k := range builtIn {
		s, err := api.schema(k)
		if err != nil {
			return err
		}
		if err := write(dir, k, s); err != nil {
			return err
		}
	}
	for module, files := range custom {
		home, err := download(module)
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := api.writeCustom(dir, filepath.Join(home, file)); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return nil
}

// download brings a module into the cache and says where it is.
func download(module string) (string, error) {
	out, err := exec.CommandContext(context.Background(), "go", "mod", "download", "-json", module).Output()
	if err != nil {
		return "", fmt.Errorf("go mod download %s: %w: %s", module, err, out)
	}
	var found struct{ Dir string }
	return found.Dir, json.Unmarshal(out, &found)
}

// writeCustom writes the schema of version v1 of a CRD.
func (a *api) writeCustom(dir, file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var crd struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema schema `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(raw, &crd); err != nil {
		return err
	}
	meta, err := a.named("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
	if err != nil {
		return err
	}
	for _, v := range crd.Spec.Versions {
		if v.Name != "v1" {
			continue
		}
		k := kind{crd.Spec.Group, v.Name, crd.Spec.Names.Kind}
		s, err := a.strict(v.Schema.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		s["properties"].(schema)["metadata"] = meta
		if err := write(dir, k, s); err != nil {
			return err
		}
	}
	return nil
}

func write(dir string, k kind, s schema) error {
	properties, ok := s["properties"].(schema)
	if !ok {
		return fmt.Errorf("%s has no properties", k.name)
	}
	delete(properties, "status") // the chart sets none
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, k.file()), append(raw, '\n'), 0o644)
}

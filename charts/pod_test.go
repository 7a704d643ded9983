package charts_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/internal/natstest"
	"github.com/ocpihub/ocpihub/internal/redistest"
)

// programs builds the programs once for all tests that need them.
var programs = sync.OnceValues(harness.Build)

// object is what the tests look at in an object of Kubernetes.
type object struct {
	Kind string
	Data map[string]string
	Spec struct {
		Template struct{ Spec podSpec }
	}
}

type podSpec struct {
	Containers []container
	Volumes    []struct {
		Name   string
		Secret *struct {
			SecretName string `yaml:"secretName"`
			Items      []struct{ Key, Path string }
		}
	}
}

type container struct {
	Args           []string
	Env            []variable
	Ports          []containerPort
	StartupProbe   probe `yaml:"startupProbe"`
	LivenessProbe  probe `yaml:"livenessProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
	VolumeMounts   []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

type containerPort struct {
	Number int `yaml:"containerPort"`
}

type variable struct {
	Name, Value string
	ValueFrom   struct {
		SecretKeyRef *struct{ Name, Key string } `yaml:"secretKeyRef"`
	} `yaml:"valueFrom"`
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

// pod is what the chart makes, as processes on this machine would have it: its
// files below dir, its doors on free ports.
type pod struct {
	t           *testing.T
	dir         string
	config      string
	spec        podSpec
	ocpi, admin string
	// secrets are the contents of the Secrets, by name and key.
	secrets map[string]string
}

func newPod(t *testing.T, secrets map[string]string, args ...string) *pod {
	t.Helper()
	rendered, err := template(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	p := &pod{t: t, dir: t.TempDir(), secrets: secrets}
	decoder := yaml.NewDecoder(strings.NewReader(rendered))
	for {
		var o object
		if decoder.Decode(&o) != nil {
			break
		}
		switch {
		case o.Kind == "ConfigMap" && o.Data["hub.yaml"] != "":
			p.config = o.Data["hub.yaml"]
		case o.Kind == "Deployment" || o.Kind == "StatefulSet":
			p.spec = o.Spec.Template.Spec
		}
	}
	if p.config == "" || len(p.spec.Containers) != 1 {
		t.Fatalf("there is no pod with its configuration in\n%s", rendered)
	}
	for _, door := range []*string{&p.ocpi, &p.admin} {
		if *door, err = harness.FreeAddr(); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *pod) hub() container { return p.spec.Containers[0] }

// here turns a path of the pod into one of this machine.
func (p *pod) here(path string) string {
	path = strings.ReplaceAll(path, "/var/lib/ocpi-hub", p.dir+"/data")
	return strings.ReplaceAll(path, "/etc/ocpi-hub", p.dir+"/etc")
}

// command is the process of the pod, or the same program with another first
// word than serve.
func (p *pod) command(word string) *exec.Cmd {
	p.t.Helper()
	built, err := programs()
	if err != nil {
		p.t.Fatal(err)
	}
	config := p.here(p.config)
	for i, addr := range []string{p.ocpi, p.admin} {
		config = strings.ReplaceAll(config, fmt.Sprintf("listen: :%d\n", p.hub().Ports[i].Number), "listen: "+addr+"\n")
	}
	p.write("/etc/ocpi-hub/hub.yaml", config)
	for _, v := range p.spec.Volumes {
		for _, m := range p.hub().VolumeMounts {
			if v.Secret == nil || m.Name != v.Name {
				continue
			}
			for _, item := range v.Secret.Items {
				p.write(m.MountPath+"/"+item.Path, p.secrets[v.Secret.SecretName+"/"+item.Key])
			}
		}
	}
	args := []string{word}
	for _, arg := range p.hub().Args[1:] {
		args = append(args, p.here(arg))
	}
	cmd := exec.Command(built.Path("ocpi-hub"), args...) // it outlives the context of the test, to stop in order
	cmd.Env = append(p.env(), "TMPDIR="+p.t.TempDir())
	return cmd
}

func (p *pod) write(path, content string) {
	p.t.Helper()
	path = p.here(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o440); err != nil {
		p.t.Fatal(err)
	}
}

// env are the variables of the pod, and no others.
func (p *pod) env() (env []string) {
	known := map[string]string{"POD_NAME": "hub-0", "POD_NAMESPACE": "roaming"}
	for _, v := range p.hub().Env {
		value := v.Value
		if ref := v.ValueFrom.SecretKeyRef; ref != nil {
			value = p.secrets[ref.Name+"/"+ref.Key]
		}
		if own, ok := known[v.Name]; ok {
			value = own
		}
		value = regexp.MustCompile(`\$\((\w+)\)`).ReplaceAllStringFunc(value, func(s string) string { return known[s[2:len(s)-1]] })
		known[v.Name] = value
		env = append(env, v.Name+"="+value)
	}
	return env
}

// serve starts the process, waits until its probes let it serve, and ends it
// with the test.
func (p *pod) serve() {
	p.t.Helper()
	cmd := p.command("serve")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			p.t.Errorf("the hub did not stop cleanly: %v\n%s", err, out.String())
		}
	})
	stuck := time.After(time.Minute)
	for _, probe := range []probe{p.hub().StartupProbe, p.hub().LivenessProbe, p.hub().ReadinessProbe} {
		for p.ask(probe) != http.StatusOK {
			select {
			case err := <-ended:
				ended <- err
				p.t.Fatalf("the hub ended before it answered %s: %v\n%s", probe.HTTPGet.Path, err, out.String())
			case <-time.After(20 * time.Millisecond):
			case <-stuck:
				p.t.Fatalf("the hub does not answer %s\n%s", probe.HTTPGet.Path, out.String())
			}
		}
	}
}

// ask asks as the kubelet does.
func (p *pod) ask(probe probe) int {
	if probe.HTTPGet.Port != "admin" {
		p.t.Fatalf("a probe asks at the port %q", probe.HTTPGet.Port)
	}
	resp, err := http.Get("http://" + p.admin + probe.HTTPGet.Path)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestTheHubTakesEveryConfigurationThatTheChartMakes(t *testing.T) {
	for _, file := range valuesFiles(t) {
		t.Run(nameOf(file), func(t *testing.T) {
			t.Parallel()
			p := newPod(t, map[string]string{"hub-redis/url": "redis://redis:6379", "hub-nats/url": "nats://nats:4222", "ocpi-hub-redis/redis-url": "redis://redis:6379"}, "-f", file)
			cmd := p.command("check-config")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("check-config: %v\n%s\n%s", err, out, p.config)
			}
		})
	}
}

func TestAPodOfTheChartAnswersItsProbesAndStopsInOrder(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("t", 32)
	p := newPod(t, map[string]string{"admin/token": token + "\n"}, "-f", "ocpi-hub/ci/embedded-values.yaml", "--set", "admin.existingSecret.name=admin")
	p.serve()
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), built.Path("hubctl"), "--addr", p.admin, "--token-file", p.here("/etc/ocpi-hub/admin/token"), "-o", "json", "platforms", "list").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "[]" {
		t.Errorf("the operator with the token of the Secret got %v: %s", err, out)
	}
}

func TestTwoPodsOfTheChartServeOverOneRedisAndOneNATS(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"hub-redis/url": redistest.Single(t).URL(), "hub-nats/url": natstest.Single(t).URL(),
		"hub-admin/token": strings.Repeat("t", 32), "hub-seal/seal.key": strings.Repeat("5e", 32),
	}
	for range 2 {
		newPod(t, secrets, "--set", "publicUrl=https://hub.example.com,replicaCount=2,admin.existingSecret.name=hub-admin,sealKey.existingSecret.name=hub-seal",
			"--set", "redis.existingSecret.name=hub-redis,redis.existingSecret.key=url,nats.existingSecret.name=hub-nats,nats.existingSecret.key=url").serve()
	}
}

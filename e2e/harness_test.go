// Package e2e tests the hub from outside: the built programs as processes of
// their own, scripted platforms over real HTTP, the operator through hubctl.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programs is the folder of the built programs.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ocpi-e2e-")
	if err == nil {
		programs = dir
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: build the programs:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func build(dir string) error {
	cmd := exec.Command("go", "build", "-o", dir, "../cmd/...")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// hubProcess is a hub as a process of its own. It keeps its ports and its data
// directory over a kill and a new start.
type hubProcess struct {
	t       *testing.T
	dir     string
	listen  string
	admin   string
	env     []string
	mu      sync.Mutex
	cmd     *exec.Cmd
	log     *bytes.Buffer
	waiting chan error
}

// startHub starts a hub; env are further OCPI_HUB_* settings.
func startHub(t *testing.T, env ...string) *hubProcess {
	t.Helper()
	h := &hubProcess{t: t, dir: t.TempDir(), listen: freeAddr(t), admin: freeAddr(t), env: env}
	h.start()
	t.Cleanup(func() {
		h.kill()
		if t.Failed() {
			t.Logf("the hub's log:\n%s", tail(h.log.Bytes(), 8000))
		}
	})
	return h
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (h *hubProcess) versionsURL() string { return "http://" + h.listen + "/ocpi/versions" }

func (h *hubProcess) start() {
	h.t.Helper()
	h.log = &bytes.Buffer{}
	cmd := exec.Command(filepath.Join(programs, "ocpi-hub"), "serve",
		"--listen", h.listen, "--public-url", "http://"+h.listen,
		"--admin-listen", h.admin, "--data-dir", filepath.Join(h.dir, "data"))
	cmd.Env = append(os.Environ(),
		"OCPI_HUB_EGRESS_ALLOW=127.0.0.0/8,::1/128",
		"OCPI_HUB_LIMITS_REQUESTS_PER_SECOND=100000", "OCPI_HUB_LIMITS_BURST=100000")
	cmd.Env = append(cmd.Env, h.env...)
	cmd.Stdout, cmd.Stderr = h.log, h.log
	if err := cmd.Start(); err != nil {
		h.t.Fatalf("start the hub: %v", err)
	}
	waiting := make(chan error, 1)
	go func() { waiting <- cmd.Wait() }()
	h.mu.Lock()
	h.cmd, h.waiting = cmd, waiting
	h.mu.Unlock()
	h.awaitReady()
}

func (h *hubProcess) awaitReady() {
	h.t.Helper()
	eventually(h.t, 30*time.Second, "the hub is ready", func() error {
		resp, err := http.Get("http://" + h.admin + "/readyz")
		if err != nil {
			select {
			case err := <-h.waiting:
				h.t.Fatalf("the hub ended: %v\n%s", err, h.log)
			default:
			}
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz is %d", resp.StatusCode)
		}
		return nil
	})
}

// kill ends the process with SIGKILL, as a crash does.
func (h *hubProcess) kill() { h.signal(syscall.SIGKILL) }

// stop ends the process with SIGTERM and returns its error.
func (h *hubProcess) stop() error { return h.signal(syscall.SIGTERM) }

func (h *hubProcess) signal(sig syscall.Signal) error {
	h.mu.Lock()
	cmd, waiting := h.cmd, h.waiting
	h.cmd = nil
	h.mu.Unlock()
	if cmd == nil {
		return nil
	}
	_ = cmd.Process.Signal(sig)
	return <-waiting
}

// hubctl runs hubctl and decodes what it prints into out.
func (h *hubProcess) hubctl(out any, args ...string) {
	h.t.Helper()
	if err := h.tryHubctl(out, args...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hubProcess) tryHubctl(out any, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args = append([]string{"--addr", h.admin, "--token-file", filepath.Join(h.dir, "data", "admin.token"), "-o", "json"}, args...)
	cmd := exec.CommandContext(ctx, filepath.Join(programs, "hubctl"), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("hubctl %v: %w: %s", args, err, stderr.String())
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(stdout, out)
}

// eventually tries until check passes or the time is over.
func eventually(t *testing.T, within time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s: %v", what, within, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// untilDelivered bounds waits on what happens behind an answer.
const untilDelivered = 30 * time.Second

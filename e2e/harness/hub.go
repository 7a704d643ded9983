// Package harness runs the built programs as processes of their own, for the
// tests that look at the hub from outside.
package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Hub is a hub as a process of its own. It keeps its ports and its data
// directory over a kill and a new start. It may be used by several goroutines.
type Hub struct {
	// Listen and Admin are the addresses of its two doors.
	Listen, Admin string
	// Dir holds its data directory.
	Dir string
	// Env are further settings, OCPI_HUB_*=value, taken at each start.
	Env []string

	programs Programs
	mu       sync.Mutex
	cmd      *exec.Cmd
	ended    chan struct{} // closed when cmd has ended, with err
	err      error
	log      *output
}

// NewHub describes a hub on free ports of the loopback interface, with a data
// directory below dir. Start starts it.
func NewHub(programs Programs, dir string, env ...string) (*Hub, error) {
	h := &Hub{Dir: dir, Env: env, programs: programs, log: &output{}}
	var err error
	if h.Listen, err = FreeAddr(); err != nil {
		return nil, err
	}
	h.Admin, err = FreeAddr()
	return h, err
}

// FreeAddr is an address of the loopback interface on which nobody listens. Its
// port is below those that the system gives to outgoing connections, which could
// take it before the program that it is for.
func FreeAddr() (string, error) {
	var failed error
	for range 100 {
		addr := fmt.Sprint("127.0.0.1:", 12_000+rand.IntN(20_000))
		l, err := net.Listen("tcp", addr)
		if err == nil {
			return addr, l.Close()
		}
		failed = err
	}
	return "", failed
}

// VersionsURL is the URL of the hub's version list.
func (h *Hub) VersionsURL() string { return "http://" + h.Listen + "/ocpi/versions" }

// TokenFile is the file of the operator's token.
func (h *Hub) TokenFile() string { return filepath.Join(h.Dir, "data", "admin.token") }

// Log returns what the process has written since its last start.
func (h *Hub) Log() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

// readyWithin bounds a start; the machine may be busy.
const readyWithin = 30 * time.Second

// Start starts the process and returns when it is ready.
func (h *Hub) Start() error {
	log := &output{}
	cmd := exec.Command(h.programs.Path("ocpi-hub"), "serve",
		"--listen", h.Listen, "--public-url", "http://"+h.Listen,
		"--admin-listen", h.Admin, "--data-dir", filepath.Join(h.Dir, "data"))
	cmd.Env = append(os.Environ(),
		"OCPI_HUB_EGRESS_ALLOW=127.0.0.0/8,::1/128",
		"OCPI_HUB_LIMITS_REQUESTS_PER_SECOND=100000", "OCPI_HUB_LIMITS_BURST=100000",
		"OCPI_HUB_PULL_MODE=never") // most tests count the calls at a platform exactly
	cmd.Env = append(cmd.Env, h.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the hub: %w", err)
	}
	ended := make(chan struct{})
	h.mu.Lock()
	h.cmd, h.ended, h.log = cmd, ended, log
	h.mu.Unlock()
	go func() {
		h.err = cmd.Wait()
		close(ended)
	}()
	return h.awaitReady(ended)
}

func (h *Hub) awaitReady(ended chan struct{}) error {
	deadline := time.Now().Add(readyWithin)
	for {
		err := h.ready()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("the hub ended at its start: %w\n%s", errors.Join(h.err), h.Log())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the hub is not ready within %s: %w", readyWithin, err)
		}
	}
}

func (h *Hub) ready() error {
	resp, err := http.Get("http://" + h.Admin + "/readyz")
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("readyz is %d", resp.StatusCode)
	}
	return nil
}

// Kill ends the process with SIGKILL, as a crash does.
func (h *Hub) Kill() { _ = h.signal(syscall.SIGKILL) }

// Stop ends the process with SIGTERM and returns its error.
func (h *Hub) Stop() error { return h.signal(syscall.SIGTERM) }

func (h *Hub) signal(sig syscall.Signal) error {
	h.mu.Lock()
	cmd, ended := h.cmd, h.ended
	h.cmd = nil
	h.mu.Unlock()
	if cmd == nil {
		return nil
	}
	_ = cmd.Process.Signal(sig)
	<-ended
	return h.err
}

// PID is the id of the process; 0 when it does not run.
func (h *Hub) PID() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd == nil {
		return 0
	}
	return h.cmd.Process.Pid
}

// Hubctl runs hubctl and decodes what it prints into out, which may be nil.
func (h *Hub) Hubctl(out any, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args = append([]string{"--addr", h.Admin, "--token-file", h.TokenFile(), "-o", "json"}, args...)
	cmd := exec.CommandContext(ctx, h.programs.Path("hubctl"), args...)
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

// output collects what a process writes, for readers that do not wait for its
// end.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends to the output.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String returns the output so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

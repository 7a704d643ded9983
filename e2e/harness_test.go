// Package e2e tests the hub from outside: the built programs as processes of
// their own, scripted platforms over real HTTP, the operator through hubctl.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/e2e/harness"
)

// programs is the folder of the built programs.
var programs harness.Programs

// together is how many parallel tests run at a time: they mostly wait.
const together = 4

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", fmt.Sprint(max(together, runtime.GOMAXPROCS(0))))
	var err error
	if programs, err = harness.Build(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	code := m.Run()
	stopShared()
	os.Exit(code)
}

// hubProcess is a hub that belongs to one test.
type hubProcess struct {
	*harness.Hub
	t             *testing.T
	listen, admin string
	dir           string
}

// startHub starts a hub; env are further OCPI_HUB_* settings.
func startHub(t *testing.T, env ...string) *hubProcess {
	t.Helper()
	dir := t.TempDir()
	hub, err := harness.NewHub(programs, dir, env...)
	if err != nil {
		t.Fatal(err)
	}
	h := &hubProcess{Hub: hub, t: t, listen: hub.Listen, admin: hub.Admin, dir: dir}
	t.Cleanup(func() {
		h.kill()
		if t.Failed() {
			t.Logf("the hub's log:\n%s", tail(h.Log(), 8000))
		}
	})
	h.start()
	return h
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := harness.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

func (h *hubProcess) versionsURL() string { return h.VersionsURL() }

func (h *hubProcess) start() {
	h.t.Helper()
	if err := h.Start(); err != nil {
		h.t.Fatal(err)
	}
}

// kill ends the process with SIGKILL, as a crash does.
func (h *hubProcess) kill() { h.Kill() }

// stop ends the process with SIGTERM and returns its error.
func (h *hubProcess) stop() error { return h.Stop() }

// hubctl runs hubctl and decodes what it prints into out.
func (h *hubProcess) hubctl(out any, args ...string) {
	h.t.Helper()
	if err := h.tryHubctl(out, args...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hubProcess) tryHubctl(out any, args ...string) error { return h.Hubctl(out, args...) }

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

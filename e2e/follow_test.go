package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// follower is a hubctl traffic --follow that runs.
type follower struct {
	cmd    *exec.Cmd
	lines  chan string // closed at its end
	stderr bytes.Buffer
}

func (h *hubProcess) follow(args ...string) *follower {
	h.t.Helper()
	args = append([]string{"--addr", h.admin, "--token-file", h.TokenFile(), "traffic", "--follow"}, args...)
	f := &follower{cmd: exec.Command(programs.Path("hubctl"), args...), lines: make(chan string, 10_000)}
	f.cmd.Stderr = &f.stderr
	out, err := f.cmd.StdoutPipe()
	if err == nil {
		err = f.cmd.Start()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	go func() {
		defer close(f.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			f.lines <- s.Text()
		}
	}()
	h.t.Cleanup(func() { _ = f.cmd.Process.Kill() })
	return f
}

// next waits for a line that holds a text.
func (f *follower) next(t *testing.T, text string) string {
	t.Helper()
	for late := time.After(untilDelivered); ; {
		select {
		case line, more := <-f.lines:
			if !more {
				t.Fatalf("it ended: %s", f.stderr.String())
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-late:
			t.Fatalf("no line holds %s", text)
		}
	}
}

// end waits for the end, and returns the exit code and what stood on standard
// error. Lines that are left are dropped.
func (f *follower) end(t *testing.T) (code int, errs string) {
	t.Helper()
	for range f.lines {
	}
	_ = f.cmd.Wait()
	return f.cmd.ProcessState.ExitCode(), f.stderr.String()
}

// pushTariff pushes a tariff to one party, and returns the correlation id.
func pushTariff(t *testing.T, c *ocpitest.Platform, to, id string) string {
	t.Helper()
	party, err := ocpi.ParsePartyID(to)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: "PUT", To: party, Path: "DE/ABC/" + id,
		Body: []byte(strings.ReplaceAll(trafficTariff, `"T1"`, fmt.Sprintf("%q", id))),
	})
	if err != nil {
		t.Fatal(err)
	}
	return reply.CorrelationID
}

// awake sends messages until a follower, which may have come too late for the
// first ones, shows one.
func (f *follower) awake(t *testing.T, send func(n int)) {
	t.Helper()
	for n := 0; ; n++ {
		send(n)
		select {
		case _, more := <-f.lines:
			if !more {
				t.Fatalf("it ended: %s", f.stderr.String())
			}
			return
		case <-time.After(500 * time.Millisecond):
		}
		if n == 60 {
			t.Fatal("it shows nothing")
		}
	}
}

func TestTheOperatorFollowsTheMessageLog(t *testing.T) {
	h := startHub(t)
	c := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	h.join(platformOf(ocpi.EMSP, "BE*ECO"))
	all := h.follow("-o", "json")
	eco := h.follow("--party", "BE*ECO")
	for _, f := range []*follower{all, eco} {
		f.awake(t, func(n int) { pushTariff(t, c, "BE*ECO", fmt.Sprint("WAKE-", n)) })
	}
	began := time.Now()
	id := pushTariff(t, c, "NL*TNM", "T1")
	line := all.next(t, id)
	t.Logf("the record was shown %s after the message was sent", time.Since(began))
	var r trafficRow
	if err := json.Unmarshal([]byte(line), &r); err != nil || r.CorrelationID != id || r.From != "DE*ABC" || r.Route != "direct" {
		t.Errorf("%s: %v", line, err)
	}
	last := pushTariff(t, c, "BE*ECO", "T2")
	if line := eco.next(t, last); strings.Contains(line, id) || strings.Contains(line, "NL*TNM") || !strings.Contains(line, "accepted") && !strings.Contains(line, "to_names_a_party") {
		t.Errorf("it shows %s", line)
	}
	if err := eco.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code, errs := eco.end(t); code != 0 || errs != "" {
		t.Errorf("interrupted it ends with %d: %s", code, errs)
	}
	if err := h.stop(); err != nil {
		t.Errorf("the hub did not stop cleanly while it was followed: %v", err)
	}
	if code, errs := all.end(t); code != 1 || !strings.Contains(errs, "the hub at "+h.admin+" has stopped") || strings.Count(errs, "\n") != 1 {
		t.Errorf("with its hub it ends with %d: %s", code, errs)
	}
}

package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

// simulated starts ocpi-sim and returns its first event of a name, by which it
// has come that far.
func simulated(t *testing.T, event string, args ...string) map[string]any {
	t.Helper()
	cmd := exec.Command(programs.Path("ocpi-sim"), append(args, "-o", "json")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	found := make(chan map[string]any, 1)
	go func() {
		defer close(found)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var told map[string]any
			if json.Unmarshal(lines.Bytes(), &told) == nil && told["event"] == event && len(found) == 0 {
				found <- told
			}
		}
	}()
	select {
	case told, ok := <-found:
		if !ok {
			t.Fatalf("ocpi-sim %v ended before it was %s", args, event)
		}
		return told
	case <-time.After(time.Minute):
		t.Fatalf("ocpi-sim %v is not %s within a minute", args, event)
	}
	return nil
}

// faulty registers a simulated platform with faults, and returns its id.
func (h *hubProcess) faulty(role, party string, faults ...string) (id string) {
	h.t.Helper()
	var invitation struct {
		ID     string `json:"platform_id"`
		TokenA string `json:"token_a"`
	}
	h.hubctl(&invitation, "platforms", "invite", "--name", party, "--party", strings.ToUpper(role)+":"+party)
	args := []string{role, "--party", party, "--hub-versions-url", h.versionsURL(), "--token-a", invitation.TokenA}
	event := "registered"
	for _, f := range faults {
		args, event = append(args, "--fault", f), "faulty"
	}
	simulated(h.t, event, args...)
	return invitation.ID
}

// checkLine is a line of hubctl platforms check.
type checkLine struct{ Check, Outcome, Found, Mend, Specification, Module string }

// checks runs hubctl platforms check, and sees to it that its exit code fits
// its lines.
func (h *hubProcess) checks(args ...string) (lines []checkLine) {
	h.t.Helper()
	args = append([]string{"--addr", h.admin, "--token-file", h.TokenFile(), "-o", "json", "platforms", "check"}, args...)
	stdout, stderr, code := run(h.t, "hubctl", args...)
	if err := json.Unmarshal([]byte(stdout), &lines); err != nil {
		h.t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	fails := slices.ContainsFunc(lines, func(l checkLine) bool { return l.Outcome == "FAIL" })
	if (code == 1) != fails || code > 1 {
		h.t.Errorf("exit code %d with %v", code, troubles(lines))
	}
	for _, l := range lines {
		if l.Found == "" || (l.Outcome != "OK") != (l.Mend != "") {
			h.t.Errorf("a line without its words: %+v", l)
		}
	}
	return lines
}

// troubles are the names of the checks that did not go well.
func troubles(lines []checkLine) []string {
	out := []string{}
	for _, l := range lines {
		if l.Outcome != "OK" && !slices.Contains(out, l.Check) {
			out = append(out, l.Check)
		}
	}
	slices.Sort(out)
	return out
}

func wantTroubles(t *testing.T, lines []checkLine, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(append([]string{}, want...), troubles(lines)); diff != "" {
		t.Errorf("(-want +got)\n%s\n%+v", diff, lines)
	}
}

func TestTheCheckOfAHealthyPlatformFindsNothing(t *testing.T) {
	h := startHub(t)
	wantTroubles(t, h.checks(h.faulty("cpo", "DE*CPO")))
	wantTroubles(t, h.checks(h.faulty("emsp", "NL*MSP")))
}

func TestTheCheckNamesTwelveFaultsThatComeAtOnce(t *testing.T) {
	h := startHub(t)
	lines := h.checks(h.faulty("cpo", "DE*CPO",
		"wrong-total-count", "relative-link", "ignores-filter", "plain-token-only", "clock-skew", "no-request-id-echo",
		"routing-headers-not-turned", "wrong-content-type", "html-404", "invalid-objects", "wrong-party-in-objects", "duplicate-endpoint"))
	wantTroubles(t, lines,
		"total_count", "link", "date_filter", "token_encoding", "clock", "message_ids",
		"routing_headers", "content_type", "unknown_path", "objects", "owner", "endpoints")
	for _, l := range lines {
		if l.Outcome != "OK" && !strings.HasPrefix(l.Specification, "2.2.1 ") {
			t.Errorf("no place in the specification: %+v", l)
		}
	}
}

func TestTheCheckNamesEachFaultThatComesAlone(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	for i, row := range []struct{ role, fault, check, option string }{
		{"cpo", "module-missing", "modules", ""},
		{"emsp", "module-missing", "modules", ""},
		{"cpo", "accepts-any-token", "token_refused", ""},
		{"cpo", "no-envelope", "envelope", ""},
		{"emsp", "status-missing", "status_code", ""},
		{"emsp", "local-time", "timestamp", ""},
		{"cpo", "ignores-limit", "limit", "--module=locations"},
		{"emsp", "repeats-page", "next_page", ""},
		{"cpo", "foreign-link", "link", ""},
		{"emsp", "future-last-updated", "last_updated", "--module=tokens"},
		{"emsp", "invalid-objects", "objects", ""},
		{"cpo", "slow-answers", "answer_time", "--version-only"},
	} {
		t.Run(row.role+" "+row.fault, func(t *testing.T) {
			id := h.faulty(row.role, "DE*X"+string(rune('A'+i))+"X", row.fault)
			args := []string{id}
			if row.option != "" {
				args = append(args, row.option)
			}
			wantTroubles(t, h.checks(args...), row.check)
		})
	}
}

func TestTheCheckTellsThatACertificateEndsSoon(t *testing.T) {
	for _, row := range []struct {
		faults []string
		want   []string
	}{
		{[]string{"--tls"}, nil},
		{[]string{"--fault", "expires-soon"}, []string{"certificate"}},
	} {
		file := filepath.Join(t.TempDir(), "partner.pem")
		sim := simulated(t, "listening", append([]string{"cpo", "--party", "DE*CPO", "--accept-token", "the-token-a", "--certificate-file", file}, row.faults...)...)
		h := startHub(t, "OCPI_HUB_EGRESS_CA_FILE="+file)
		var p struct {
			ID string `json:"platform_id"`
		}
		url, _ := sim["versions_url"].(string)
		h.hubctl(&p, "platforms", "connect", "--name", "CPO", "--versions-url", url, "--token", "the-token-a")
		wantTroubles(t, h.checks(p.ID), row.want...)
	}
}

func TestTheCheckOfPlatformsThatAreNotConnected(t *testing.T) {
	h := startHub(t)
	var planned struct {
		ID string `json:"platform_id"`
	}
	h.hubctl(&planned, "platforms", "invite", "--name", "Late")
	lines := h.checks(planned.ID)
	if wantTroubles(t, lines, "platform"); len(lines) != 1 || !strings.Contains(lines[0].Found, "not registered") {
		t.Errorf("a planned platform: %+v", lines)
	}
	id := h.faulty("cpo", "DE*CPO")
	h.hubctl(nil, "platforms", "suspend", id)
	if lines := h.checks(id); !strings.Contains(lines[0].Found, "SUSPENDED") {
		t.Errorf("a suspended platform: %+v", lines)
	} else {
		wantTroubles(t, lines, "platform")
	}
	gone := h.join(platformOf(ocpi.EMSP, "NL*MSP"))
	gone.Stop()
	var all []struct {
		ID     string `json:"platform_id"`
		Status string `json:"status"`
	}
	h.hubctl(&all, "platforms", "list")
	lines = h.checks(all[len(all)-1].ID) // the newest
	if got := troubles(lines); !slices.Contains(got, "versions") || !slices.Contains(got, "list") {
		t.Errorf("a platform that is gone: %v", got)
	}
}

package e2e

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// text runs hubctl with an input, and returns what it prints for people.
func (h *hubProcess) text(input string, args ...string) (stdout string, err error) {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), programs.Path("hubctl"), append([]string{"--addr", h.Admin, "--token-file", h.TokenFile()}, args...)...)
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(input), &errs
	raw, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, errs.String())
	}
	return string(raw), err
}

func (h *hubProcess) mustText(input string, args ...string) string {
	h.t.Helper()
	out, err := h.text(input, args...)
	if err != nil {
		h.t.Fatalf("hubctl %v: %v", args, err)
	}
	return out
}

// configure gives a hub platforms and agreements of every sort, by hand, and a
// thousand agreements more from a file.
func configure(h *hubProcess) {
	h.join(platformOf(ocpi.CPO, "DE*ABC", "DE*AB2"))
	h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	var invited struct {
		ID string `json:"platform_id"`
	}
	h.hubctl(&invited, "platforms", "invite", "--name", "Norway: 'yes', #1", "--party", "EMSP:NO*001", "--party", "CPO:NO*LONGER1")
	h.hubctl(nil, "platforms", "suspend", invited.ID)
	h.hubctl(&invited, "platforms", "invite", "--name", "removed")
	h.hubctl(nil, "platforms", "remove", invited.ID)
	tomorrow := time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	var a agreementView
	for _, one := range [][]string{
		{"--cpo", "DE*ABC", "--emsp", "NL*TNM", "--modules", "locations,tokens", "--cpo-only", "locations", "--custom-modules", "nltnm-tokens"},
		{"--cpo", "DE*AB2", "--emsp", "NL*TNM", "--from", tomorrow, "--until", "2090-12-31", "--stand-in", "--catch-up", "none"},
		{"--cpo", "DE*ABC", "--emsp", "NO*001", "--draft"},
		{"--cpo", "DE*AB2", "--emsp", "NO*001", "--from", "2020-01-01"},
		{"--cpo", "NO*LONGER1", "--emsp", "NL*TNM"},
	} {
		h.hubctl(&a, append([]string{"agreements", "create"}, one...)...)
		switch {
		case a.CPO == "NO*LONGER1":
			h.hubctl(nil, "agreements", "end", a.ID)
		case a.CPO == "DE*AB2" && a.EMSP == "NO*001":
			h.hubctl(nil, "agreements", "suspend", a.ID)
		}
	}
	var many strings.Builder
	many.WriteString("agreements:\n")
	for i := range 1000 {
		fmt.Fprintf(&many, "- {cpo: FR*C%02d, emsp: FR*E%02d, modules: [tokens, cdrs], until: 2080-01-01}\n", i/40, i%40)
	}
	began := time.Now()
	if out := h.mustText(many.String(), "apply", "-f", "-"); strings.Count(out, "+ create") != 1000 {
		h.t.Errorf("of a thousand agreements: %s", tail(out, 1000))
	}
	h.t.Logf("a thousand agreements applied in %s", time.Since(began))
}

func TestWhatIsExportedMakesAnotherHubEqual(t *testing.T) {
	t.Parallel()
	from, to := startHub(t), startHub(t, "OCPI_HUB_POLICY_DEFAULT=agreement")
	configure(from)
	export := from.mustText("", "export")
	if strings.Contains(export, "token_a") || strings.Contains(export, "CONNECTED") {
		t.Errorf("it holds what is no configuration:\n%s", export)
	}
	if out := from.mustText(export, "apply", "-f", "-", "--prune"); !strings.HasSuffix(out, "Nothing to change.\n") {
		t.Errorf("where it comes from: %s", tail(out, 1000))
	}
	tried := to.mustText(export, "apply", "-f", "-", "--dry-run")
	if empty := to.mustText("", "export"); strings.Contains(empty, "_id") {
		t.Errorf("a dry run has left %s", empty)
	}
	_, revision, _ := strings.Cut(tried, "--revision ")
	to.mustText(export, "apply", "-f", "-", "--revision", strings.TrimSpace(revision))
	if diff := cmp.Diff(export, to.mustText("", "export")); diff != "" {
		t.Fatalf("the exports differ (-from +to):\n%s", diff)
	}
	began := time.Now()
	if out := to.mustText(export, "apply", "-f", "-"); out != "= unchanged  1008\nNothing to change.\n" {
		t.Errorf("a second apply: %s", tail(out, 1000))
	}
	t.Logf("a second apply takes %s", time.Since(began))
	to.kill()
	to.start()
	if diff := cmp.Diff(export, to.mustText("", "export")); diff != "" {
		t.Errorf("after a crash the exports differ (-from +to):\n%s", diff)
	}
	if _, err := to.text(strings.Replace(export, "catch_up: none", "catch_up: all", 1)+"\n---\nplatforms: [{name: new}]", "apply", "-f", "-"); err == nil ||
		!strings.Contains(err.Error(), "].catch_up (line ") {
		t.Errorf("a mistake: %v", err)
	}
	if diff := cmp.Diff(export, to.mustText("", "export")); diff != "" {
		t.Errorf("of a refused file something stays:\n%s", diff)
	}
	registerAnew(t, to)
}

// registerAnew registers the platforms of the first hub at the second one, under
// their old ids, and has them exchange what they had agreed on.
func registerAnew(t *testing.T, h *hubProcess) {
	t.Helper()
	var platforms []struct {
		ID     string `json:"platform_id"`
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	h.hubctl(&platforms, "platforms", "list")
	joined := map[string]*ocpitest.Platform{}
	for _, p := range platforms {
		o := platformOf(ocpi.CPO, "DE*ABC", "DE*AB2")
		if strings.HasPrefix(p.Name, "EMSP") {
			o = platformOf(ocpi.EMSP, "NL*TNM")
		}
		if p.Name != o.Name {
			continue
		}
		var letter struct {
			TokenA string `json:"token_a"`
		}
		h.hubctl(&letter, "platforms", "rotate", p.ID)
		platform, err := ocpitest.New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(platform.Close)
		if err := platform.Register(t.Context(), h.versionsURL(), letter.TokenA); err != nil {
			t.Fatal(err)
		}
		joined[p.Name[:3]] = platform
	}
	cpo, emsp := joined["CPO"], joined["EMS"]
	if cpo == nil || emsp == nil {
		t.Fatalf("not all are there: %+v", platforms)
	}
	for _, test := range []struct {
		from int // of the CPO's parties
		want ocpi.StatusCode
	}{{0, 1000}, {1, 4001}} { // the second agreement begins tomorrow
		party := cpo.Parties()[test.from].ID
		reply, err := cpo.Push(t.Context(), ocpi.Locations, emsp.Parties()[0].ID, []byte(locationWith(party, "L1", 1)))
		if err != nil || reply.Code() != test.want {
			t.Errorf("a location of %s: %v, %s; want %d", party, err, reply.Body, test.want)
		}
	}
}

func TestNoCommandChangesAnythingInADryRun(t *testing.T) {
	h := startHub(t)
	h.join(platformOf(ocpi.CPO, "DE*ABC"))
	outside, err := ocpitest.New(platformOf(ocpi.CPO, "FR*NEW"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(outside.Close)
	var list []struct {
		ID string `json:"platform_id"`
	}
	h.hubctl(&list, "platforms", "list")
	id, before := list[0].ID, h.mustText("", "export")
	for _, test := range []struct {
		says string
		args []string
	}{
		{"late is invited to register CPO:FR*LAT", []string{"platforms", "invite", "--name", "late", "--party", "CPO:FR*LAT"}},
		{"in version 2.2.1 with ", []string{"platforms", "connect", "--name", "new", "--versions-url", outside.VersionsURL(), "--token", outside.Invite()}},
		{"suspended, was CONNECTED (1 party)", []string{"platforms", "suspend", id}},
		{"Nothing would change.", []string{"platforms", "resume", id}},
		{"removed for good", []string{"platforms", "remove", id}},
		{"both tokens are renewed by PUT http", []string{"platforms", "rotate", id}},
		{"Nothing would change.", []string{"quality", "clear", "--party", "DE*ABC"}},
		{"locations", []string{"sync", id}},
	} {
		out, err := h.text("", append(test.args, "--dry-run")...)
		if err != nil || !strings.Contains(out, test.says) {
			t.Errorf("%v: %v, %s; want %q", test.args, err, out, test.says)
		}
	}
	if diff := cmp.Diff(before, h.mustText("", "export")); diff != "" {
		t.Errorf("something has changed (-before +after):\n%s", diff)
	}
	for _, c := range outside.Calls() {
		if c.Method != "GET" {
			t.Errorf("the platform was sent %s", c)
		}
	}
}

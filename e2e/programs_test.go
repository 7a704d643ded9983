package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestSIGTERMStopsTheHubInOrderAndItGoesOnWhereItWas(t *testing.T) {
	h := startHub(t)
	cpo, emsp := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	publish(t, []*ocpitest.Platform{cpo})
	if err := h.stop(); err != nil {
		t.Fatalf("the hub ended with %v\n%s", err, h.Log())
	}
	h.start()
	crawl, err := emsp.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, nil)
	if err != nil || crawl.Objects != locationsOfACPO {
		t.Errorf("after the restart the catalog lists %+v, %v", crawl, err)
	}
	eventually(t, untilDelivered, "every location is at the eMSP", func() error {
		if n := len(emsp.Objects(ocpi.Locations, nil)); n != locationsOfACPO {
			return errors.New("not all there yet")
		}
		return nil
	})
}

func TestASecondHubOnTheSameDataIsToldSo(t *testing.T) {
	h := startHub(t)
	_, stderr, code := run(t, "ocpi-hub", "serve", "--listen", freeAddr(t), "--admin-listen", freeAddr(t), "--data-dir", filepath.Join(h.dir, "data"))
	if code != 1 || !strings.Contains(stderr, "in use") || strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
		t.Errorf("it ends with %d and says %q", code, stderr)
	}
}

func TestTheOperatorsWayWithAPlatform(t *testing.T) {
	h := startHub(t)
	type platform struct {
		ID      string `json:"platform_id"`
		Name    string `json:"name"`
		Status  string `json:"status"`
		Version string `json:"version"`
		Parties []struct {
			Role    string `json:"role"`
			Country string `json:"country_code"`
			Party   string `json:"party_id"`
		} `json:"parties"`
	}
	var invitation struct {
		ID     string `json:"platform_id"`
		TokenA string `json:"token_a"`
		URL    string `json:"versions_url"`
	}
	h.hubctl(&invitation, "platforms", "invite", "--name", "My CPO", "--party", "CPO:DE*ABC")
	if invitation.URL != h.versionsURL() || invitation.TokenA == "" {
		t.Fatalf("H-013 the invitation is %+v", invitation)
	}
	show := func() (p platform) { h.hubctl(&p, "platforms", "show", invitation.ID); return p }
	if p := show(); p.Status != "PLANNED" {
		t.Errorf("H-193 an invited platform is %+v", p)
	}
	cpo := ocpitest.Run(t, platformOf(ocpi.CPO, "DE*ABC"))
	if err := cpo.Register(t.Context(), invitation.URL, invitation.TokenA); err != nil {
		t.Fatal(err)
	}
	if p := show(); p.Status != "CONNECTED" || p.Version != "2.2.1" || len(p.Parties) != 1 || p.Parties[0].Role+p.Parties[0].Country+p.Parties[0].Party != "CPODEABC" {
		t.Errorf("a registered platform is %+v", p)
	}
	if err := cpo.Register(t.Context(), invitation.URL, invitation.TokenA); err == nil {
		t.Error("H-016 token A is good a second time")
	}
	ask := func() int {
		reply, err := cpo.Do(t.Context(), ocpitest.Request{Module: ocpi.Credentials, Method: "GET"})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Status
	}
	h.hubctl(nil, "platforms", "suspend", invitation.ID)
	if status := ask(); status != 403 || show().Status != "SUSPENDED" {
		t.Errorf("a suspended platform gets HTTP %d", status)
	}
	h.hubctl(nil, "platforms", "resume", invitation.ID)
	if status := ask(); status != 200 {
		t.Errorf("a resumed platform gets HTTP %d", status)
	}
	before, _ := cpo.Partner()
	h.hubctl(nil, "platforms", "rotate", invitation.ID)
	if after, _ := cpo.Partner(); after.Token == before.Token || ask() != 200 {
		t.Error("H-011 rotating did not renew the token")
	}
	h.hubctl(nil, "platforms", "remove", invitation.ID)
	if status := ask(); status != 401 {
		t.Errorf("a removed platform gets HTTP %d", status)
	}
	if err := h.tryHubctl(nil, "platforms", "show", invitation.ID); err == nil {
		t.Error("a removed platform is still shown")
	}
}

func TestTheListsOfTheOperator(t *testing.T) {
	h := startHub(t)
	cpo := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	publish(t, []*ocpitest.Platform{cpo})
	for _, list := range []struct {
		args []string
		keys string
	}{
		{[]string{"platforms", "list"}, "platform_id name status version parties last_seen"},
		{[]string{"parties", "list"}, "country_code party_id role platform_id status"},
		{[]string{"deliveries"}, "platform_id pending delivered rejected oldest_pending_seconds state"},
		{[]string{"catalog", "stats"}, "owner module objects last_updated"},
	} {
		var rows []map[string]any
		h.hubctl(&rows, list.args...)
		if len(rows) == 0 {
			t.Errorf("%v lists nothing", list.args)
			continue
		}
		for key := range strings.FieldsSeq(list.keys) {
			if _, ok := rows[0][key]; !ok {
				t.Errorf("%v: %s is missing in %v", list.args, key, rows[0])
			}
		}
	}
	var explained struct {
		Decision, Reason string
		Receivers        []string
	}
	h.hubctl(&explained, "explain", "--from", "DE*ABC", "--module", "locations", "--method", "PUT")
	if explained.Decision != "broadcast" || explained.Reason == "" || len(explained.Receivers) != 1 || explained.Receivers[0] != "NL*TNM" {
		t.Errorf("explained as %+v", explained)
	}
	h.hubctl(&explained, "explain", "--from", "DE*ABC", "--to", "NL*TNM", "--module", "locations", "--method", "PUT", "--path", "DE/ABC/L1")
	if explained.Decision != "direct" || len(explained.Receivers) != 1 || explained.Receivers[0] != "NL*TNM" {
		t.Errorf("a message to a party is explained as %+v", explained)
	}
}

func TestProgramsEndWithTheCodeThatTellsWhy(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "hub.yaml")
	if err := os.WriteFile(bad, []byte("forward:\n  timeout: soon\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	unknown := filepath.Join(t.TempDir(), "unknown.yaml")
	if err := os.WriteFile(unknown, []byte("forward:\n  time_out: 30s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := startHub(t)
	operator := func(args ...string) []string {
		return append([]string{"--addr", h.admin, "--token-file", filepath.Join(h.dir, "data", "admin.token")}, args...)
	}
	for _, row := range []struct {
		program string
		args    []string
		code    int
		says    string
	}{
		{"ocpi-hub", []string{"check-config"}, 0, ""},
		{"ocpi-hub", []string{"check-config", "--config", bad}, 1, "forward.timeout"},
		{"ocpi-hub", []string{"check-config", "--config", unknown}, 1, "forward.time_out"},
		{"ocpi-hub", []string{"serve", "--config", unknown}, 1, "forward.time_out"},
		{"ocpi-hub", []string{"check-config", "--config", unknown + ".not"}, 1, "unknown.yaml.not"},
		{"ocpi-hub", []string{"--no-such-flag"}, 2, "no-such-flag"},
		{"ocpi-hub", []string{"version", "-o", "json"}, 0, ""},
		{"hubctl", []string{"--addr", freeAddr(t), "--token-file", bad, "platforms", "list"}, 1, ""},
		{"hubctl", []string{"--addr", h.admin, "--token-file", bad, "platforms", "list"}, 1, "does not hold a token"},
		{"hubctl", operator("platforms", "list"), 0, ""},
		{"hubctl", operator("platforms", "show", "nobody"), 1, "nobody"},
		{"hubctl", operator("platforms", "suspend", "nobody"), 1, "nobody"},
		{"hubctl", operator("platforms", "invite", "--name", "X", "--party", "CPO:nonsense"), 2, "nonsense"},
		{"hubctl", operator("platforms", "show"), 2, "show"},
		{"hubctl", operator("explain", "--from", "DE*ABC"), 2, "module"},
		{"hubctl", operator("explain", "--from", "XX*ZZZ", "--module", "locations", "--method", "PUT"), 1, "XX*ZZZ"},
		{"hubctl", operator("-o", "xml", "platforms", "list"), 2, "xml"},
		{"hubctl", []string{"platforms", "dance"}, 2, "dance"},
		{"ocpi-sim", []string{"cpo", "--party", "nonsense"}, 2, "nonsense"},
	} {
		_, stderr, code := run(t, row.program, row.args...)
		if code != row.code || !strings.Contains(stderr, row.says) || strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
			t.Errorf("%s %v ends with %d and says %q; want %d and %q", row.program, row.args, code, stderr, row.code, row.says)
		}
	}
}

func TestSimulatedPartiesAsProcessesDoBusinessThroughTheHub(t *testing.T) {
	h := startHub(t)
	state := filepath.Join(t.TempDir(), "state.json")
	emsp := exec.Command(programs.Path("ocpi-sim"), "emsp", "--party", "NL*TNM", "--hub-versions-url", h.versionsURL(),
		"--token-a", h.invite(platformOf(ocpi.EMSP, "NL*TNM")), "--state", state)
	if err := emsp.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = emsp.Process.Kill() }()
	eventually(t, untilDelivered, "the eMSP is registered", func() error {
		var rows []map[string]any
		if h.hubctl(&rows, "platforms", "list"); rows[0]["status"] != "CONNECTED" {
			return errors.New("not yet")
		}
		return nil
	})
	stdout, stderr, code := run(t, "ocpi-sim", "cpo", "--party", "DE*ABC", "--hub-versions-url", h.versionsURL(),
		"--token-a", h.invite(platformOf(ocpi.CPO, "DE*ABC")), "--publish", "--push-rate", "200", "--push-count", "100", "--once", "-o", "json")
	if code != 0 || !strings.Contains(stdout, `"published"`) {
		t.Fatalf("the CPO ends with %d: %s%s", code, stdout, stderr)
	}
	eventually(t, untilDelivered, "everything is delivered", func() error {
		var rows []map[string]any
		if h.hubctl(&rows, "deliveries"); len(rows) == 0 || rows[0]["pending"] != 0.0 {
			return errors.New("not yet")
		}
		return nil
	})
	_ = emsp.Process.Signal(os.Interrupt)
	if err := emsp.Wait(); err != nil {
		t.Errorf("the eMSP ended with %v", err)
	}
	var kept struct {
		Objects     json.RawMessage `json:"objects"`
		Regressions json.RawMessage `json:"regressions"`
	}
	raw, err := os.ReadFile(state)
	if err != nil || json.Unmarshal(raw, &kept) != nil || bytes.Count(raw, []byte(`DE*ABC`)) == 0 {
		t.Errorf("the eMSP's state is %.300s, %v", raw, err)
	}
}

// run runs a program to its end.
func run(t *testing.T, program string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), programs.Path(program), args...)
	cmd.Dir = t.TempDir()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

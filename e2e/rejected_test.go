package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// rejectedRow is a line of hubctl deliveries rejected.
type rejectedRow struct {
	ID            string `json:"id"`
	Time          string `json:"time"`
	PlatformID    string `json:"platform_id"`
	To            string `json:"to"`
	Module        string `json:"module"`
	Method        string `json:"method"`
	Object        string `json:"object"`
	HTTPStatus    int    `json:"http_status"`
	OCPIStatus    int    `json:"ocpi_status"`
	StatusMessage string `json:"status_message"`
	CorrelationID string `json:"correlation_id"`
	Attempts      int    `json:"attempts"`
}

// rejects waits until so many deliveries to a platform are listed as rejected.
func (h *hubProcess) rejects(id string, n int) (rows []rejectedRow) {
	h.t.Helper()
	eventually(h.t, untilDelivered, fmt.Sprint(n, " deliveries are listed as rejected"), func() error {
		rows = nil
		if h.hubctl(&rows, "deliveries", "rejected", id); len(rows) != n {
			return fmt.Errorf("%d are: %+v", len(rows), rows)
		}
		return nil
	})
	return rows
}

// retry sends again what args name, and returns the results.
func (h *hubProcess) retry(args ...string) (results []string) {
	h.t.Helper()
	var out struct {
		Retried []struct{ Result string }
	}
	h.hubctl(&out, append([]string{"deliveries", "retry"}, args...)...)
	for _, r := range out.Retried {
		results = append(results, r.Result)
	}
	return results
}

func (h *hubProcess) wantRetried(want string, args ...string) {
	h.t.Helper()
	if got := strings.Join(h.retry(args...), " "); got != want {
		h.t.Errorf("retry %v gives %q, want %q", args, got, want)
	}
}

func TestWhatAReceiverRejectsIsListedAndSentAgainOnceItIsMended(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	h, id := o.hub, o.hub.idOf(o.away.Name())
	o.away.Fail(ocpitest.Fault{Module: ocpi.Locations, Code: ocpi.StatusClientError, Message: "disk full"})
	newest := map[string]string{o.pumps[0].name: o.pumps[0].patch(t.Context())}
	rows := h.rejects(id, 2)
	r := rows[0]
	if r.PlatformID != id || r.ID == "" || r.Module != "locations" || r.Method != "PATCH" || r.Object != o.pumps[0].path || r.HTTPStatus != 200 ||
		r.OCPIStatus != 2000 || r.StatusMessage != "disk full" || r.CorrelationID == "" || r.Attempts != 1 || r.Time == "" || !strings.HasPrefix(r.To, "FR*DR") {
		t.Errorf("it is listed as %+v", r)
	}
	if row := h.deliveries(id); row.Rejected != 2 || row.LastError == nil || row.LastError.Reason != "refused_by_receiver" {
		t.Errorf("the platform: %+v", row)
	}
	if err := h.stop(); err != nil { // after a kill others might be sent, and rejected, too
		t.Error(err)
	}
	h.start()
	h.rejects(id, 2)
	h.wantRetried("queued queued", id, "--all") // and it is refused again
	eventually(t, untilDelivered, "the attempts are counted", func() error {
		if rows := h.rejects(id, 2); rows[0].Attempts < 2 || rows[1].Attempts < 2 {
			return fmt.Errorf("%+v", rows)
		}
		return nil
	})
	o.away.Heal()
	o.away.ForgetCalls()
	h.wantRetried("queued queued", id, "--all", "--dry-run")
	if calls := o.away.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) > 0 {
		t.Errorf("a retry that was only tried was made: %v", calls)
	}
	h.wantRetried("queued", id, "--id", rows[0].ID)
	h.rejects(id, 1)
	h.wantRetried("queued", id, "--module", "locations")
	h.rejects(id, 0)
	wantStatuses(t, o.away, newest, 0)
	for args, want := range map[string]string{"--id x": `no rejection "x"`, "--all --module tariffs": "want one of the three", "": "want one of the three"} {
		err := h.tryHubctl(nil, append([]string{"deliveries", "retry", id}, strings.Fields(args)...)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("retry %s: %v, want %s", args, err, want)
		}
	}
}

func TestARejectedTokenIsNeverNamedAndARetrySaysWhyItMayNotBeSent(t *testing.T) {
	t.Parallel()
	const uid = "04A1B2C3D4E5F6"
	h := startHub(t, "OCPI_HUB_POLICY_DEFAULT=agreement")
	cpo, emsp := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	var made struct {
		ID string `json:"agreement_id"`
	}
	h.hubctl(&made, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "NL*TNM")
	cpo.Fail(ocpitest.Fault{Module: ocpi.Tokens, Code: ocpi.StatusClientError, Message: "token " + strings.ToLower(uid) + " is blocked"})
	push(t, emsp, ocpi.Tokens, hubParty, tokenOf(id(emsp), uid))
	platform := h.idOf(cpo.Name())
	if r := h.rejects(platform, 1)[0]; r.Object != "NL/TNM/***" || r.StatusMessage != "token *** is blocked" {
		t.Errorf("it is listed as %+v", r)
	}
	cpo.Heal()
	h.hubctl(nil, "agreements", "suspend", made.ID)
	h.wantRetried("not_entitled", platform, "--all")
	h.hubctl(nil, "deliveries", "pause", platform, "--module", "tokens")
	h.hubctl(nil, "agreements", "resume", made.ID)
	eventually(t, untilDelivered, "the pause is there", func() error {
		if got := h.retry(platform, "--all"); len(got) != 1 || got[0] != "paused" {
			return fmt.Errorf("the retry gives %v", got)
		}
		return nil
	})
	h.rejects(platform, 1)
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if raw, err := os.ReadFile(filepath.Join(h.dir, "data", "rejections.db")); err != nil || bytes.Contains(bytes.ToUpper(raw), []byte(uid)) {
		t.Errorf("rejections.db names the token, %v", err)
	}
	h.start()
	h.rejects(platform, 1)
	h.hubctl(nil, "deliveries", "resume", platform)
	h.reaches(platform, "live")
	h.retryAll(platform)
	h.rejects(platform, 0)
	if held := cpo.Objects(ocpi.Tokens, nil); len(held) != 1 {
		t.Errorf("the CPO holds %d tokens", len(held))
	}
}

// retryAll sends again what is still rejected: the catch-up after a pause may
// have brought some of it.
func (h *hubProcess) retryAll(platform string) {
	h.t.Helper()
	for _, result := range h.retry(platform, "--all") {
		if result != "queued" {
			h.t.Errorf("the retry gives %s", result)
		}
	}
}

// rejectedCommands are the tests of the commands about rejected deliveries.
func rejectedCommands() map[string]func(*testing.T, *desk) {
	refuse := func(t *testing.T, d *desk) (p *ocpitest.Platform, platform string) {
		p, platform = d.guest(t, ocpi.EMSP)
		p.Fail(ocpitest.Fault{Module: ocpi.Tariffs, Code: ocpi.StatusClientError, Message: "no"})
		push(t, d.cpo, ocpi.Tariffs, hubParty, tariffOf(id(d.cpo), "T-"+platform))
		d.rejects(platform, 1)
		return p, platform
	}
	return map[string]func(*testing.T, *desk){
		"deliveries rejected": func(t *testing.T, d *desk) {
			_, platform := refuse(t, d)
			d.table(t, []string{"OBJECT", "tariffs", "DE/ABC/T-" + platform, "HTTP 200, 2000"}, "deliveries", "rejected", platform, "--since", "1h")
			rows := d.rows(t, "id time platform_id to module method object reason http_status ocpi_status status_message correlation_id attempts",
				"deliveries", "rejected", "--module", "tariffs")
			want(t, row(t, rows, "platform_id", platform), fields{"method": "PUT", "status_message": "no", "attempts": 1.0})
		},
		"deliveries retry": func(t *testing.T, d *desk) {
			p, platform := refuse(t, d)
			p.Heal()
			d.table(t, []string{"RESULT", "queued", "Would be"}, "deliveries", "retry", platform, "--all", "--dry-run")
			d.object(t, "retried dry_run", "deliveries", "retry", platform, "--all")
			holds(t, p, "the tariff has come", func() bool { return len(p.Objects(ocpi.Tariffs, nil)) > 0 })
			d.rejects(platform, 0)
		},
	}
}

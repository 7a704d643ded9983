package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// alertRow is what hubctl alerts prints of an alert.
type alertRow struct {
	ID           string    `json:"alert_id"`
	Kind         string    `json:"kind"`
	State        string    `json:"state"`
	Severity     string    `json:"severity"`
	Platform     string    `json:"platform_id"`
	Party        string    `json:"party"`
	Since        time.Time `json:"since"`
	Acknowledged bool      `json:"acknowledged"`
}

// outpost is a hub that looks five times a second for trouble, in traffic that
// repeats itself every three seconds, with a webhook that listens.
type outpost struct {
	*hubProcess
	hook *webhook
	// good takes what it is sent; ill has a clock that is fast, and a certificate
	// that ends soon.
	good, ill *ocpitest.Platform
	caller    *ocpitest.Platform // sends to them
	tokens    int
}

func newOutpost(t *testing.T) *outpost {
	t.Helper()
	o := &outpost{hook: listen(t)}
	trust, token := filepath.Join(t.TempDir(), "ill.pem"), filepath.Join(t.TempDir(), "webhook.token")
	ill := platformOf(ocpi.EMSP, "NL*ILL")
	ill.Configure(flaw(t, "expires-soon"))
	o.ill = ocpitest.Run(t, ill)
	for file, text := range map[string][]byte{trust: o.ill.CertificatePEM(), token: []byte(webhookToken + "\n")} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.hubProcess = startHub(t,
		"OCPI_HUB_EGRESS_CA_FILE="+trust, "OCPI_HUB_ALERTS_WEBHOOK_TOKEN_FILE="+token, "OCPI_HUB_ALERTS_WEBHOOK_URL="+o.hook.url,
		"OCPI_HUB_ALERTS_INTERVAL=200ms", "OCPI_HUB_ALERTS_CYCLE=3s", "OCPI_HUB_ALERTS_SILENCE=1s",
		"OCPI_HUB_ALERTS_WINDOW=1500ms", "OCPI_HUB_ALERTS_BACKLOG=1s")
	if err := o.ill.Register(t.Context(), o.versionsURL(), o.invite(ill)); err != nil {
		t.Fatal(err)
	}
	o.good, o.caller = o.join(platformOf(ocpi.EMSP, "NL*TNM")), o.join(platformOf(ocpi.CPO, "DE*CLL"))
	return o
}

func flaw(t *testing.T, name string) ocpitest.Flaw {
	t.Helper()
	f, err := ocpitest.ParseFlaw(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// alert returns the alert of a kind about a party or a platform, in a state.
func (o *outpost) alert(kind, about, state string) (alertRow, error) {
	var rows []alertRow
	if err := o.tryHubctl(&rows, "alerts", "list", "--all", "--kind", kind); err != nil {
		return alertRow{}, err
	}
	for _, r := range rows {
		if (r.Party == about || r.Platform == about) && r.State == state {
			return r, nil
		}
	}
	return alertRow{}, fmt.Errorf("no %s about %s is %s: %v", kind, about, state, rows)
}

// begins makes trouble until the webhook is told of it. Then it is in the list,
// in the metric and in the log.
func (o *outpost) begins(t *testing.T, kind, about string, trouble func()) alertRow {
	t.Helper()
	eventually(t, untilNoticed, kind+" is told", func() error {
		trouble()
		return o.hook.heard("firing", kind, about)
	})
	row, err := o.alert(kind, about, "firing")
	if err != nil {
		t.Error(err)
	}
	holding := 0.0
	for _, m := range (scene{hubProcess: o.hubProcess}).families(t)["ocpi_hub_alerts"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "kind" && l.GetValue() == kind {
				holding += m.GetGauge().GetValue()
			}
		}
	}
	if holding < 1 {
		t.Errorf("the metric counts %v of %s", holding, kind)
	}
	if log := o.Log(); !strings.Contains(log, `"msg":"alert","alert_id":"`+row.ID) {
		t.Errorf("the log does not tell of %+v", row)
	}
	return row
}

// ends waits until the webhook is told that trouble is over.
func (o *outpost) ends(t *testing.T, kind, about string, mend func()) {
	t.Helper()
	eventually(t, untilNoticed, "the end of "+kind+" is told", func() error {
		mend()
		return o.hook.heard("resolved", kind, about)
	})
	if _, err := o.alert(kind, about, "resolved"); err != nil {
		t.Error(err)
	}
	if log := o.Log(); !strings.Contains(log, `"msg":"alert resolved"`) {
		t.Error("the log does not tell of an end")
	}
}

// untilNoticed bounds waits on what the hub notices by itself: the machine may be
// busy.
const untilNoticed = time.Minute

func TestEachTroubleBecomesAnAlertThatTheWebhookIsToldOfOnce(t *testing.T) {
	t.Parallel()
	o := newOutpost(t)
	known := o.acknowledged(t)
	t.Run("while it lasts", func(t *testing.T) {
		for name, trouble := range map[string]func(*testing.T, *outpost){
			"silence": fallsSilent, "mass change": removesItsEVSEs, "backlog": takesNothing,
			"refused messages": isRefused, "failing calls": fails, "clock and certificate": isIll,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				trouble(t, o)
			})
		}
	})
	t.Run("not what is acknowledged", func(t *testing.T) {
		o.hubctl(nil, "tokens", "revoke", known)
		eventually(t, untilNoticed, "its end", func() error {
			var rows []struct{ Subject, State string }
			if err := o.tryHubctl(&rows, "alerts", "list", "--all", "--kind", "token_expiry"); err != nil {
				return err
			}
			for _, r := range rows {
				if r.Subject == known && r.State == "resolved" {
					return nil
				}
			}
			return fmt.Errorf("the alerts are %v", rows)
		})
		o.tellsOfAnother(t)
		if o.hook.heard("firing", "token_expiry", known) == nil || o.hook.heard("resolved", "token_expiry", known) == nil {
			t.Error("the webhook was told of an alert that was acknowledged before")
		}
	})
	t.Run("not anew after a crash", func(t *testing.T) {
		ill := o.platformOf(t, id(o.ill))
		before, err := o.alert("certificate_expiry", ill, "firing")
		if err != nil {
			t.Fatal(err)
		}
		o.kill()
		o.start()
		o.call(t, o.ill) // the certificate is seen again
		o.tellsOfAnother(t)
		after, err := o.alert("certificate_expiry", ill, "firing")
		if err != nil || after != before {
			t.Errorf("the alert was %+v, and is %+v, %v", before, after, err)
		}
		if told := o.hook.count("firing", "certificate_expiry", ill); told != 1 {
			t.Errorf("the webhook was told %d times of the certificate", told)
		}
	})
}

// acknowledged has an alert acknowledged before the webhook can be told of it,
// and returns what it is about.
func (o *outpost) acknowledged(t *testing.T) (name string) {
	t.Helper()
	o.hook.shut.Store(true)
	name = o.expiring()
	var rows []alertRow
	eventually(t, untilNoticed, "an alert", func() error {
		if err := o.tryHubctl(&rows, "alerts", "list", "--kind", "token_expiry"); err != nil || len(rows) == 1 {
			return err
		}
		return fmt.Errorf("there are %v", rows)
	})
	o.hubctl(nil, "alerts", "ack", rows[0].ID)
	o.hook.shut.Store(false)
	return name
}

// expiring makes a token that ends soon.
func (o *outpost) expiring() (name string) {
	o.t.Helper()
	o.tokens++
	name = fmt.Sprint("short", o.tokens)
	o.hubctl(nil, "tokens", "create", "--name", name, "--role", "viewer", "--expires", "24h")
	return name
}

// tellsOfAnother waits until the webhook is told of something new: what was to be
// told before has been told by then.
func (o *outpost) tellsOfAnother(t *testing.T) {
	t.Helper()
	name := o.expiring()
	eventually(t, untilNoticed, "another alert is told", func() error { return o.hook.heard("firing", "token_expiry", name) })
}

// send sends a tariff to one party.
func send(t *testing.T, by *ocpitest.Platform, to ocpi.PartyID) ocpitest.Reply {
	t.Helper()
	owner := id(by)
	body := strings.NewReplacer(`"DE"`, `"`+owner.Country+`"`, `"ABC"`, `"`+owner.ID+`"`).Replace(trafficTariff)
	return ask(t, by, ocpitest.Request{
		Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: http.MethodPut, To: to, Path: owner.Country + "/" + owner.ID + "/T1", Body: []byte(body),
	})
}

// fallsSilent sends until all hours of the cycle are known, and then nothing.
func fallsSilent(t *testing.T, o *outpost) {
	by := o.join(platformOf(ocpi.CPO, "DE*SIL"))
	eventually(t, untilNoticed, "the rhythm is known", func() error {
		for range 100 {
			send(t, by, id(o.good))
		}
		var rows []struct {
			Known int `json:"hours_known"`
		}
		err := o.tryHubctl(&rows, "alerts", "rhythm", "--party", "DE*SIL")
		if err == nil && (len(rows) != 1 || rows[0].Known < 168) {
			err = fmt.Errorf("known is %v", rows)
		}
		return err
	})
	o.begins(t, "silence", "DE*SIL", func() {})
	o.ends(t, "silence", "DE*SIL", func() { send(t, by, id(o.good)) })
}

// removesItsEVSEs sets all EVSEs of a party to REMOVED, and takes it back.
func removesItsEVSEs(t *testing.T, o *outpost) {
	by := o.join(platformOf(ocpi.CPO, "DE*MAS"))
	with := func(status string) func() {
		return func() {
			body := strings.ReplaceAll(locationWith(id(by), "L1", 20), `"status":"AVAILABLE"`, `"status":"`+status+`"`)
			push(t, by, ocpi.Locations, hubParty, strings.ReplaceAll(body, "2026-01-01T00:00:00Z", ocpi.FormatDateTime(time.Now())))
		}
	}
	with("AVAILABLE")()
	row := o.begins(t, "mass_change", "DE*MAS", with("REMOVED"))
	if row.Severity != "critical" {
		t.Errorf("it is %+v", row)
	}
	o.ends(t, "mass_change", "DE*MAS", with("AVAILABLE"))
}

// takesNothing leaves deliveries to a platform without an answer.
func takesNothing(t *testing.T, o *outpost) {
	by, slow := o.join(platformOf(ocpi.CPO, "DE*BAK")), o.join(platformOf(ocpi.EMSP, "NL*BAK"))
	slow.Fail(ocpitest.Fault{Module: ocpi.Locations, Hang: true})
	push(t, by, ocpi.Locations, hubParty, locationWith(id(by), "L1", 1))
	about := o.platformOf(t, id(slow))
	o.begins(t, "backlog", about, func() {})
	slow.Heal()
	o.ends(t, "backlog", about, func() {})
}

// isRefused sends to nobody.
func isRefused(t *testing.T, o *outpost) {
	by := o.join(platformOf(ocpi.CPO, "DE*REF"))
	o.begins(t, "refused_messages", "DE*REF", func() { send(t, by, ocpi.NewPartyID("XX", "NOB")) })
	o.ends(t, "refused_messages", "DE*REF", func() { send(t, by, id(o.good)) })
}

// fails answers every tariff with a failure.
func fails(t *testing.T, o *outpost) {
	by, bad := o.join(platformOf(ocpi.CPO, "DE*CAL")), o.join(platformOf(ocpi.EMSP, "NL*CAL"))
	bad.Fail(ocpitest.Fault{Module: ocpi.Tariffs, HTTPStatus: http.StatusInternalServerError})
	about := o.platformOf(t, id(bad))
	o.begins(t, "failing_calls", about, func() { send(t, by, id(bad)) })
	bad.Heal()
	o.ends(t, "failing_calls", about, func() { send(t, by, id(bad)) })
}

// isIll has a clock that is ten minutes fast, and a certificate that ends soon.
func isIll(t *testing.T, o *outpost) {
	about := o.platformOf(t, id(o.ill))
	o.begins(t, "clock_skew", about, func() { o.call(t, o.ill, flaw(t, "clock-skew")) })
	if row := o.begins(t, "certificate_expiry", about, func() {}); row.Severity != "critical" {
		t.Errorf("three days before its end it is %+v", row)
	}
	o.ends(t, "clock_skew", about, func() { o.call(t, o.ill) })
}

// call has the hub call a platform that has these flaws.
func (o *outpost) call(t *testing.T, p *ocpitest.Platform, flaws ...ocpitest.Flaw) {
	t.Helper()
	p.Follow(ocpitest.Script{})
	p.Suffer(flaws...)
	send(t, o.caller, id(p))
}

package e2e

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// platformFields are those of a platform that scripts rely on.
const platformFields = "platform_id name status version parties last_seen"

func platformCommands() map[string]func(*testing.T, *desk) {
	return map[string]func(*testing.T, *desk){
		"platforms invite": func(t *testing.T, d *desk) {
			d.table(t, []string{"is invited", d.versionsURL(), "CREDENTIALS_TOKEN_A"}, "platforms", "invite", "--name", "by table")
			made := d.object(t, "platform_id token_a versions_url", "platforms", "invite", "--name", "by JSON", "--party", "CPO:FR*NEW")
			want(t, made, fields{"versions_url": d.versionsURL()})
			p := ocpitest.Run(t, platformOf(ocpi.CPO, "FR*NEW"))
			if err := p.Register(t.Context(), d.versionsURL(), made["token_a"].(string)); err != nil {
				t.Errorf("the invitation does not serve: %v", err)
			}
			tried := d.object(t, "token_a dry_run", "platforms", "invite", "--name", "tried", "--dry-run")
			want(t, tried, fields{"token_a": "", "dry_run": true})
			alone := d.object(t, "platform_id versions", "platforms", "invite", "--name", "for one", "--party", "EMSP:FR*ALN", "--as", "DE*ABC")
			want(t, alone, fields{"versions": []any{"2.1.1"}})
			want(t, d.object(t, platformFields, "platforms", "show", alone["platform_id"].(string)), fields{"as": "DE*ABC"})
		},
		"platforms connect": func(t *testing.T, d *desk) {
			connect := func(p *ocpitest.Platform) []string {
				return []string{"platforms", "connect", "--name", p.Name(), "--versions-url", p.VersionsURL(), "--token", p.Invite()}
			}
			d.table(t, []string{"CONNECTED", "2.2.1", "EMSP:FR*CT1"}, connect(ocpitest.Run(t, platformOf(ocpi.EMSP, "FR*CT1")))...)
			made := d.object(t, "platform_id version parties", connect(ocpitest.Run(t, platformOf(ocpi.EMSP, "FR*CT2")))...)
			want(t, made, fields{"version": "2.2.1", "parties": []any{fields{"role": "EMSP", "country_code": "FR", "party_id": "CT2"}}})
		},
		"platforms list": func(t *testing.T, d *desk) {
			d.table(t, []string{"PLATFORM", "LAST SEEN", d.CPO, d.EMSP, "CPO:DE*ABC"}, "platforms", "list")
			wantCPO(t, d, row(t, d.rows(t, platformFields, "platforms", "list"), "platform_id", d.CPO))
		},
		"platforms show": func(t *testing.T, d *desk) {
			d.table(t, []string{d.CPO, "CONNECTED", "CPO:DE*ABC"}, "platforms", "show", d.CPO)
			wantCPO(t, d, d.object(t, platformFields, "platforms", "show", d.CPO))
		},
		"platforms check": func(t *testing.T, d *desk) {
			check := []string{"platforms", "check", d.EMSP, "--version-only"}
			d.table(t, []string{"OK", " FAIL"}, check...)
			rows := d.rows(t, "check outcome found mend specification module", check...)
			if len(rows) < 5 {
				t.Errorf("the report has %d lines: %v", len(rows), rows)
			}
		},
		"platforms suspend": func(t *testing.T, d *desk) {
			p, id := d.guest(t, ocpi.CPO)
			d.table(t, []string{id, "SUSPENDED", "Would be"}, "platforms", "suspend", id, "--dry-run")
			want(t, d.object(t, platformFields, "platforms", "show", id), fields{"status": "CONNECTED"})
			want(t, d.object(t, platformFields, "platforms", "suspend", id), fields{"platform_id": id, "status": "SUSPENDED"})
			if got := ask(t, p, ocpitest.Request{Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: "GET"}); got.Status != 403 {
				t.Errorf("its request gets %d", got.Status)
			}
		},
		"platforms resume": func(t *testing.T, d *desk) {
			_, id := d.guest(t, ocpi.CPO)
			d.done(t, "platforms", "suspend", id)
			d.table(t, []string{id, "CONNECTED", "Would be"}, "platforms", "resume", id, "--dry-run")
			want(t, d.object(t, platformFields, "platforms", "resume", id), fields{"platform_id": id, "status": "CONNECTED"})
		},
		"platforms pin": func(t *testing.T, d *desk) {
			_, id := d.guest(t, ocpi.CPO)
			d.table(t, []string{id, "2.2.1 (pinned to 2.2.1)", "Would be"}, "platforms", "pin", id, "--ocpi", "2.2.1", "--dry-run")
			want(t, d.object(t, platformFields+" pinned_version", "platforms", "pin", id, "--ocpi", "2.2.1"), fields{"pinned_version": "2.2.1"})
			want(t, d.object(t, platformFields+" pinned_version", "platforms", "pin", id, "--ocpi", "any"), fields{"pinned_version": ""})
		},
		"platforms remove": func(t *testing.T, d *desk) {
			_, id := d.guest(t, ocpi.CPO)
			d.table(t, []string{id, "removed", "Would be"}, "platforms", "remove", id, "--dry-run")
			want(t, d.object(t, platformFields+" removed", "platforms", "remove", id), fields{"platform_id": id, "removed": true})
			if _, errs, code := d.call(t, "platforms", "show", id); code != 1 {
				t.Errorf("it is still shown: exit code %d, %s", code, errs)
			}
		},
		"platforms rotate": func(t *testing.T, d *desk) {
			_, id := d.guest(t, ocpi.CPO)
			d.table(t, []string{id, "has new credentials"}, "platforms", "rotate", id)
			want(t, d.object(t, "platform_id token_a versions_url status", "platforms", "rotate", id),
				fields{"platform_id": id, "token_a": "", "status": "CONNECTED"})
		},
	}
}

func wantCPO(t *testing.T, d *desk, got fields) {
	t.Helper()
	want(t, got, fields{
		"platform_id": d.CPO, "name": "CPO DE*ABC", "status": "CONNECTED", "version": "2.2.1",
		"parties": []any{fields{"role": "CPO", "country_code": "DE", "party_id": "ABC"}},
	})
	if got["last_seen"] == nil {
		t.Errorf("it was never seen: %v", got)
	}
}

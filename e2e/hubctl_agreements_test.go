package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// agreementFields are those of an agreement that scripts rely on.
const agreementFields = "agreement_id cpo emsp modules status"

// agreement makes an agreement of two parties of its own.
func (d *desk) agreement(t *testing.T, more ...string) (id string) {
	t.Helper()
	d.guests++
	guest := fmt.Sprintf("BE*A%02d", d.guests)
	d.expect(t, guest)
	create := []string{"agreements", "create", "--cpo", "DE*ABC", "--emsp", guest}
	return d.object(t, agreementFields, append(create, more...)...)["agreement_id"].(string)
}

// expect invites an eMSP that never comes.
func (d *desk) expect(t *testing.T, party string) {
	t.Helper()
	d.object(t, "platform_id", "platforms", "invite", "--name", "expected "+party, "--party", "EMSP:"+party)
}

// move changes the state of an agreement, first as a trial.
func (d *desk) move(t *testing.T, command, id, from, to string) {
	t.Helper()
	d.table(t, []string{id, to, "Would be"}, "agreements", command, id, "--dry-run")
	want(t, d.object(t, agreementFields, "agreements", "show", id), fields{"status": from})
	want(t, d.object(t, agreementFields+" change dry_run", "agreements", command, id), fields{"agreement_id": id, "status": to, "dry_run": false})
	want(t, d.object(t, agreementFields, "agreements", "show", id), fields{"status": to})
}

func agreementCommands() map[string]func(*testing.T, *desk) {
	return map[string]func(*testing.T, *desk){
		"agreements create": func(t *testing.T, d *desk) {
			if _, errs, code := d.call(t, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "BE*NEW"); code != 1 || !strings.Contains(errs, "emsp: the hub knows no party BE*NEW: invite it first") {
				t.Errorf("with a party that nobody knows: exit code %d, %s", code, errs)
			}
			d.expect(t, "BE*NEW")
			create := []string{"agreements", "create", "--cpo", "DE*ABC", "--emsp", "BE*NEW", "--modules", "locations,tokens", "--until", "2090-12-31"}
			d.table(t, []string{"DE*ABC", "BE*NEW", "active", "2091-01-01", "Would be"}, append(create, "--dry-run")...)
			want(t, d.object(t, agreementFields, create...), fields{
				"cpo": "DE*ABC", "emsp": "BE*NEW", "modules": []any{"locations", "tokens"}, "status": "active",
			})
			if _, errs, code := d.call(t, create...); code != 1 {
				t.Errorf("a second one of the same two: exit code %d, %s", code, errs)
			}
		},
		"agreements list": func(t *testing.T, d *desk) {
			id := d.agreement(t)
			d.table(t, []string{"AGREEMENT", id}, "agreements", "list")
			want(t, row(t, d.rows(t, agreementFields, "agreements", "list"), "agreement_id", id), fields{"cpo": "DE*ABC", "status": "active"})
		},
		"agreements show": func(t *testing.T, d *desk) {
			id := d.agreement(t)
			d.table(t, []string{id, "DE*ABC", "root"}, "agreements", "show", id)
			want(t, d.object(t, agreementFields+" history", "agreements", "show", id), fields{"agreement_id": id, "modules": []any{}})
		},
		"agreements update": func(t *testing.T, d *desk) {
			id := d.agreement(t)
			d.table(t, []string{"cdrs", "Would be"}, "agreements", "update", id, "--modules", "cdrs", "--dry-run")
			want(t, d.object(t, agreementFields, "agreements", "update", id, "--modules", "cdrs"), fields{"agreement_id": id, "modules": []any{"cdrs"}})
		},
		"agreements activate": func(t *testing.T, d *desk) { d.move(t, "activate", d.agreement(t, "--draft"), "draft", "active") },
		"agreements suspend":  func(t *testing.T, d *desk) { d.move(t, "suspend", d.agreement(t), "active", "suspended") },
		"agreements resume": func(t *testing.T, d *desk) {
			id := d.agreement(t)
			d.done(t, "agreements", "suspend", id)
			d.move(t, "resume", id, "suspended", "active")
		},
		"agreements end": func(t *testing.T, d *desk) { d.move(t, "end", d.agreement(t), "active", "ended") },
	}
}

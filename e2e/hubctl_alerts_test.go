package e2e

import (
	"fmt"
	"testing"
)

const alertFields = "alert_id kind severity state platform_id party module subject since value threshold action runbook acknowledged"

func alertCommands() map[string]func(*testing.T, *desk) {
	list := func(args ...string) func(*testing.T, *desk) {
		return func(t *testing.T, d *desk) {
			id := d.expiring(t)
			d.table(t, []string{"ALERT", "token_expiry", id}, args...)
			rows := d.rows(t, alertFields, append(args, "--kind", "token_expiry")...)
			want(t, row(t, rows, "alert_id", id), fields{"severity": "critical", "state": "firing", "runbook": "docs/runbook.md#alert-token-expiry"})
			if rows := d.rows(t, "", append(args, "--party", "XX*NOB")...); len(rows) > 0 {
				t.Errorf("about nobody there are %v", rows)
			}
		}
	}
	return map[string]func(*testing.T, *desk){
		"alerts":      list("alerts"),
		"alerts list": list("alerts", "list", "--all"),
		"alerts rhythm": func(t *testing.T, d *desk) {
			push(t, d.cpo, "locations", hubParty, locationWith(id(d.cpo), "L1", 2))
			eventually(t, untilDelivered, "the hub has seen the party", func() error {
				rows := d.rows(t, "party module messages first_seen last_seen hours_known usual_now missed longest limit usual", "alerts", "rhythm", "--party", "DE*ABC")
				if len(rows) == 0 {
					return fmt.Errorf("nothing is known")
				}
				want(t, row(t, rows, "module", "locations"), fields{"party": "DE*ABC", "hours_known": 0.0, "limit": 12.0})
				return nil
			})
			d.table(t, []string{"HOURS KNOWN", "DE*ABC", "0 of 168"}, "alerts", "rhythm")
		},
		"alerts ack": func(t *testing.T, d *desk) {
			id := d.expiring(t)
			d.table(t, []string{"Nothing was changed", id}, "alerts", "ack", id, "--for", "4h", "--dry-run")
			d.object(t, "alert change dry_run", "alerts", "ack", id, "--for", "4h")
			want(t, row(t, d.rows(t, alertFields, "alerts"), "alert_id", id), fields{"acknowledged": true, "state": "firing"})
		},
	}
}

// expiring makes a token that ends soon, and returns the alert about that.
func (d *desk) expiring(t *testing.T) (id string) {
	t.Helper()
	d.guests++
	name := fmt.Sprintf("short%d", d.guests)
	d.done(t, "tokens", "create", "--name", name, "--role", "viewer", "--expires", "24h")
	eventually(t, untilDelivered, "the alert", func() error {
		for _, a := range d.rows(t, alertFields, "alerts") {
			if a["subject"] == name {
				id = a["alert_id"].(string)
				return nil
			}
		}
		return fmt.Errorf("there is none about %s", name)
	})
	return id
}

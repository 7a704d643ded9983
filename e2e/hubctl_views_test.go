package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

func viewCommands() map[string]func(*testing.T, *desk) {
	return map[string]func(*testing.T, *desk){
		"parties list": func(t *testing.T, d *desk) {
			d.table(t, []string{"PARTY", "DE*ABC", "NL*TNM", d.EMSP}, "parties", "list")
			rows := d.rows(t, "country_code party_id role platform_id status", "parties", "list")
			want(t, row(t, rows, "platform_id", d.EMSP), fields{"country_code": "NL", "party_id": "TNM", "role": "EMSP", "status": "CONNECTED"})
		},
		"clientinfo list": func(t *testing.T, d *desk) {
			d.table(t, []string{"PARTY", "DE*ABC"}, "clientinfo", "list", "--reader", "NL*TNM")
			rows := d.rows(t, "country_code party_id role status last_updated platform_id", "clientinfo", "list", "--reader", "NL*TNM")
			want(t, row(t, rows, "platform_id", d.CPO), fields{"role": "CPO", "status": "CONNECTED"})
		},
		"clientinfo verify": func(t *testing.T, d *desk) {
			d.table(t, []string{"RESULT", "DE*ABC"}, "clientinfo", "verify", d.EMSP, "--dry-run")
			rows := d.rows(t, "party role status copy_status result pushed mended reason", "clientinfo", "verify", d.EMSP)
			want(t, row(t, rows, "party", "DE*ABC"), fields{"role": "CPO", "status": "CONNECTED"})
		},
		"deliveries": func(t *testing.T, d *desk) {
			d.table(t, []string{"PLATFORM", "STATE", d.EMSP}, "deliveries")
			eventually(t, untilDelivered, "the location has reached the eMSP", func() error {
				rows := d.rows(t, "platform_id pending delivered rejected oldest_pending_seconds state", "deliveries")
				if r := row(t, rows, "platform_id", d.EMSP); r["state"] != "live" || r["pending"] != 0.0 || r["delivered"].(float64) < 1 {
					return fmt.Errorf("its deliveries are %v", r)
				}
				return nil
			})
		},
		"deliveries pause": func(t *testing.T, d *desk) {
			_, id := d.guest(t, ocpi.EMSP)
			d.table(t, []string{id, "tokens", "Would be"}, "deliveries", "pause", id, "--module", "tokens", "--dry-run")
			d.paused(t, id, []any{}, false)
			want(t, d.object(t, "platform_id change dry_run", "deliveries", "pause", id, "--module", "tokens"),
				fields{"platform_id": id, "paused": false, "paused_modules": []any{"tokens"}})
			d.done(t, "deliveries", "pause", id)
			d.paused(t, id, []any{"tokens"}, true)
		},
		"deliveries resume": func(t *testing.T, d *desk) {
			_, id := d.guest(t, ocpi.EMSP)
			d.done(t, "deliveries", "pause", id)
			d.table(t, []string{id, "Would be"}, "deliveries", "resume", id, "--dry-run")
			d.paused(t, id, []any{}, true)
			want(t, d.object(t, "platform_id change dry_run", "deliveries", "resume", id), fields{"platform_id": id, "paused": false, "paused_modules": []any{}})
			d.paused(t, id, []any{}, false)
		},
		"deliveries resync": func(t *testing.T, d *desk) {
			p, id := d.guest(t, ocpi.EMSP)
			d.table(t, []string{"MODULE", "locations", "1", "Would be"}, "deliveries", "resync", id, "--module", "locations", "--dry-run")
			got := d.object(t, "modules dry_run", "deliveries", "resync", id, "--module", "locations")
			want(t, got, fields{"modules": []any{fields{"module": "locations", "objects": 1.0}}})
			holds(t, p, "the location has come", func() bool { return len(p.Objects(ocpi.Locations, nil)) == 1 })
		},
		"catalog stats": func(t *testing.T, d *desk) {
			d.table(t, []string{"OWNER", "DE*ABC", "locations"}, "catalog", "stats")
			rows := d.rows(t, "owner module objects last_updated", "catalog", "stats")
			want(t, row(t, rows, "owner", "DE*ABC"), fields{"module": "locations", "objects": 1.0})
		},
		"bridge report": func(t *testing.T, d *desk) {
			d.table(t, []string{"MODULE", "locations", "Location", "location_type"}, "bridge", "report", "--from", "DE*ABC", "--to", "2.1.1")
			got := d.object(t, "party to_version modules losses", "bridge", "report", "--from", "DE*ABC", "--to", "2.3.0", "--sample", "5")
			want(t, got, fields{"party": "DE*ABC", "to_version": "2.3.0", "losses": []any{}})
		},
		"replicas": func(t *testing.T, d *desk) {
			d.table(t, []string{"REPLICA", "works, answers", "hub.alive", "hub.pulls"}, "replicas")
		},
		"replicas list": func(t *testing.T, d *desk) {
			rows := d.rows(t, "replica_id version since leases self leaving", "replicas", "list")
			if len(rows) != 1 {
				t.Errorf("a hub of one process has the replicas %v", rows)
			}
			want(t, rows[0], fields{"self": true, "leaving": false})
		},
		"explain": func(t *testing.T, d *desk) {
			question := []string{"explain", "--from", "DE*ABC", "--to", "NL*TNM", "--module", "locations", "--method", "PUT", "--path", "DE/ABC/L1"}
			d.table(t, []string{"decision:", "direct", "NL*TNM"}, question...)
			want(t, d.object(t, "decision reason receivers", question...), fields{"decision": "direct", "receivers": []any{"NL*TNM"}})
		},
		"quality": func(t *testing.T, d *desk) {
			p, _ := d.guest(t, ocpi.CPO)
			faulty(t, d, p.Parties()[0].ID, func(body string) { push(t, p, ocpi.Locations, hubParty, body) })
		},
		"quality clear": func(t *testing.T, d *desk) {
			p, _ := d.guest(t, ocpi.CPO)
			party := p.Parties()[0].ID
			faulty(t, d, party, func(body string) { push(t, p, ocpi.Locations, hubParty, body) })
			d.table(t, []string{party.String()}, "quality", "clear", "--party", party.String(), "--dry-run")
			want(t, d.object(t, "party", "quality", "clear", "--party", party.String()), fields{"party": party.String()})
			if rows := d.rows(t, "", "quality", "--party", party.String()); len(rows) > 0 {
				t.Errorf("left are %v", rows)
			}
		},
		"traffic": func(t *testing.T, d *desk) {
			const names = "time correlation_id request_id from to module method route http_status ocpi_status duration_ms attempt reason"
			query := []string{"traffic", "--party", "DE*ABC", "--module", "locations", "--since", "1h", "--limit", "10"}
			eventually(t, untilDelivered, "the push is in the log", func() error {
				rows := d.rows(t, names, query...)
				if len(rows) == 0 {
					return fmt.Errorf("no record")
				}
				want(t, rows[0], fields{"from": "DE*ABC", "module": "locations", "method": "PUT", "route": "broadcast", "ocpi_status": 1000.0})
				d.table(t, []string{"CORRELATION ID", "DE*ABC", rows[0]["correlation_id"].(string)}, query...)
				d.table(t, []string{"broadcast"}, "traffic", "--correlation-id", rows[0]["correlation_id"].(string))
				return nil
			})
		},
		"sync": func(t *testing.T, d *desk) {
			p, id := d.guest(t, ocpi.CPO)
			p.Offer(ocpi.Locations, []byte(locationWith(p.Parties()[0].ID, "S1", 1)))
			d.table(t, []string{"WOULD READ", "locations"}, "sync", id, "--dry-run")
			rows := d.rows(t, "module party pages fetched new updated unchanged rejected rejections error", "sync", id, "--module", "locations")
			want(t, row(t, rows, "module", "locations"), fields{"fetched": 1.0, "new": 1.0, "error": ""})
			d.table(t, []string{"FETCHED", "locations"}, "sync", id, "--module", "locations", "--full")
		},
	}
}

// paused waits until the deliveries to a platform are held back, as a whole or of
// these modules, or not any more.
func (d *desk) paused(t *testing.T, id string, modules []any, whole bool) {
	t.Helper()
	eventually(t, untilDelivered, "the pause", func() error {
		got := row(t, d.rows(t, "state paused_modules", "deliveries"), "platform_id", id)
		if whole != (got["state"] == "paused") || cmp.Diff(modules, got["paused_modules"]) != "" {
			return fmt.Errorf("the deliveries are %v", got)
		}
		return nil
	})
}

// faulty pushes a location with a value that OCPI does not know, and waits until
// the operator sees that.
func faulty(t *testing.T, d *desk, party ocpi.PartyID, push func(body string)) {
	t.Helper()
	push(strings.Replace(locationWith(party, "Q1", 1), "AVAILABLE", "SLEEPING", 1))
	eventually(t, untilDelivered, "the fault is counted", func() error {
		rows := d.rows(t, "party module kind field count example first_seen last_seen", "quality", "--party", party.String())
		if len(rows) == 0 {
			return fmt.Errorf("no finding")
		}
		want(t, rows[0], fields{"party": party.String(), "module": "locations", "kind": "unknown_value", "count": 1.0})
		d.table(t, []string{"KIND", "unknown_value", "SLEEPING"}, "quality", "--party", party.String())
		return nil
	})
}

// localCommands are those that need no hub.
func localCommands() map[string]func(*testing.T, *desk) {
	script := func(shell, has string) func(*testing.T, *desk) {
		return func(t *testing.T, d *desk) { d.table(t, []string{has}, "completion", shell) }
	}
	return map[string]func(*testing.T, *desk){
		"version": func(t *testing.T, d *desk) {
			d.table(t, []string{"hubctl", "commit", "go1."}, "version")
			d.object(t, "version commit go_version", "version")
		},
		"completion bash":       completesInBash,
		"completion zsh":        script("zsh", "#compdef hubctl"),
		"completion fish":       script("fish", "complete -c hubctl"),
		"completion powershell": script("powershell", "Register-ArgumentCompleter"),
	}
}

// completesInBash has a real bash complete a command line with the script.
func completesInBash(t *testing.T, d *desk) {
	const complete = `
_init_completion() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="${words[cword]}"; prev="${words[cword-1]}"; }
_get_comp_words_by_ref() { _init_completion; }
COMP_WORDS=(hubctl --addr "$ADDR" --token-file "$TOKEN_FILE" platforms show ""); COMP_CWORD=7; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
__start_hubctl; printf '%s\n' "${COMPREPLY[@]}"`
	cmd := exec.CommandContext(t.Context(), "bash", "-c", d.done(t, "completion", "bash")+complete)
	cmd.Env = append(cmd.Environ(), "PATH="+string(programs)+":/usr/bin:/bin", "ADDR="+d.admin, "TOKEN_FILE="+d.TokenFile())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), d.CPO) || !strings.Contains(string(out), d.EMSP) {
		t.Errorf("bash completes \"platforms show\" by %v:\n%s", err, out)
	}
}

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// desk is an operator's place at a hub with a CPO and an eMSP, whose CPO has
// published a location. All tests of commands share one.
type desk struct {
	*hubProcess
	cpo, emsp *ocpitest.Platform
	// CPO and eMSP are the ids of their platforms.
	CPO, EMSP string
	guests    int
}

// commandTests are the tests of the commands of hubctl, by the words of the
// command. Each sees table and JSON.
func commandTests() map[string]func(*testing.T, *desk) {
	all := map[string]func(*testing.T, *desk){}
	for _, group := range []map[string]func(*testing.T, *desk){
		platformCommands(), agreementCommands(), viewCommands(), tokenCommands(), configCommands(), alertCommands(), localCommands(), rejectedCommands(), heldCommands(),
	} {
		maps.Copy(all, group)
	}
	return all
}

func TestHubctl(t *testing.T) {
	t.Parallel()
	d := &desk{hubProcess: startHub(t, "OCPI_HUB_ALERTS_INTERVAL=200ms", "OCPI_HUB_GUARD_MASS_CHANGE=hold", "OCPI_HUB_GUARD_MINIMUM=2")}
	d.cpo, d.emsp = d.join(platformOf(ocpi.CPO, "DE*ABC")), d.join(platformOf(ocpi.EMSP, "NL*TNM"))
	d.CPO, d.EMSP = d.platformOf(t, id(d.cpo)), d.platformOf(t, id(d.emsp))
	push(t, d.cpo, ocpi.Locations, hubParty, locationWith(id(d.cpo), "L1", 1))
	tests := commandTests()
	for _, command := range slices.Sorted(maps.Keys(tests)) {
		t.Run(command, func(t *testing.T) { tests[command](t, d) })
	}
}

// guest joins a platform of its own to the hub.
func (d *desk) guest(t *testing.T, role ocpi.Role) (p *ocpitest.Platform, platformID string) {
	t.Helper()
	d.guests++
	o := platformOf(role, fmt.Sprintf("FR*G%02d", d.guests))
	var made struct {
		PlatformID string `json:"platform_id"`
		TokenA     string `json:"token_a"`
	}
	if err := d.Hubctl(&made, "platforms", "invite", "--name", o.Name, "--party", o.Parties[0].String()); err != nil {
		t.Fatal(err)
	}
	p = ocpitest.Run(t, o)
	if err := p.Register(t.Context(), d.versionsURL(), made.TokenA); err != nil {
		t.Fatal(err)
	}
	return p, made.PlatformID
}

// call runs hubctl with the root token.
func (d *desk) call(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return run(t, "hubctl", append([]string{"--addr", d.admin, "--token-file", d.TokenFile()}, args...)...)
}

func (d *desk) done(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := d.call(t, args...)
	if code != 0 || errs != "" {
		t.Fatalf("hubctl %v: exit code %d, %s", args, code, errs)
	}
	return out
}

// table runs a command and wants words in its table.
func (d *desk) table(t *testing.T, words []string, args ...string) {
	t.Helper()
	out := d.done(t, args...)
	for _, word := range words {
		if !strings.Contains(out, word) {
			t.Errorf("hubctl %v does not show %q:\n%s", args, word, out)
		}
	}
}

type fields = map[string]any

// object runs a command whose JSON is an object with these fields.
func (d *desk) object(t *testing.T, names string, args ...string) fields {
	t.Helper()
	var out fields
	d.decode(t, &out, args...)
	wantFields(t, names, out)
	return out
}

// rows runs a command whose JSON is an array of objects with these fields.
func (d *desk) rows(t *testing.T, names string, args ...string) []fields {
	t.Helper()
	var out []fields
	d.decode(t, &out, args...)
	if out == nil {
		t.Errorf("hubctl %v prints no array", args)
	}
	for _, row := range out {
		wantFields(t, names, row)
	}
	return out
}

// row returns the first row where a field has a value.
func row(t *testing.T, rows []fields, name string, value any) fields {
	t.Helper()
	for _, r := range rows {
		if r[name] == value {
			return r
		}
	}
	t.Fatalf("no row has %s %v: %v", name, value, rows)
	return nil
}

func (d *desk) decode(t *testing.T, into any, args ...string) {
	t.Helper()
	out := d.done(t, append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("hubctl %v -o json: %v\n%s", args, err, out)
	}
}

// wantFields wants fields to be there, under their names; only times may be
// null.
func wantFields(t *testing.T, names string, got fields) {
	t.Helper()
	for name := range strings.FieldsSeq(names) {
		value, there := got[name]
		if !there || value == nil && name != "last_seen" && name != "last_used" && name != "expires" {
			t.Errorf("the field %q is %v in %v", name, value, got)
		}
	}
}

// want compares some fields.
func want(t *testing.T, got, want fields) {
	t.Helper()
	for name, value := range want {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

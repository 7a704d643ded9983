package bridge_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// crossing is an object that goes from one version to another. says reads as a
// sentence.
type crossing struct {
	says  string
	class bridge.Class
	from  ocpi.Version
	to    ocpi.Version
	body  string
	patch bool
	gone  bool // it goes as a location that is not published any more
	where func(*bridge.Surroundings)

	want     string   // the object there; "" when it does not go
	findings []string // reason and pointer
	withheld bridge.Reason
	asPut    bridge.Reason
}

func crossings() []crossing {
	return slices.Concat(locationCrossings, connectorCrossings, sessionCrossings, cdrCrossings, tariffCrossings,
		priceCrossings, tokenCrossings, strictCrossings, commandCrossings, credentialsCrossings, patchCrossings)
}

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func (c crossing) cross(t *testing.T) bridge.Result {
	t.Helper()
	s := bridge.Surroundings{Owner: abc, EMSP: ocpi.NewPartyID("DE", "EMP"), Role: ocpi.CPO, Now: noon}
	if c.where != nil {
		c.where(&s)
	}
	carry := bridge.Translate
	if c.patch {
		carry = bridge.Patch
	}
	body, gone := []byte(c.body), []bridge.Finding(nil)
	if c.gone {
		body, gone, _ = bridge.TakenAway(body, "2026-06-01T12:00:00Z")
	}
	got, err := carry(c.class, c.from, c.to, body, s)
	if err != nil {
		t.Fatal(err)
	}
	if c.gone {
		got.Findings = append(gone, got.Findings...)
	}
	return got
}

func TestEveryCrossing(t *testing.T) {
	for _, c := range crossings() {
		t.Run(c.says, func(t *testing.T) {
			got := c.cross(t)
			if again := c.cross(t); !reflect.DeepEqual(got, again) {
				t.Errorf("another time it is %+v, not %+v", again, got)
			}
			if string(got.Body) != c.want {
				t.Errorf("is   %s\nwant %s", got.Body, c.want)
			}
			if found := written(got.Findings); !slices.Equal(found, c.findings) {
				t.Errorf("findings %q\nwant     %q", found, c.findings)
			}
			var withheld bridge.Reason
			if got.Withheld != nil {
				withheld = got.Withheld.Reason
			}
			if withheld != c.withheld || got.AsPut != c.asPut {
				t.Errorf("withheld by %q, as PUT by %q; want %q, %q", withheld, got.AsPut, c.withheld, c.asPut)
			}
		})
	}
}

func written(findings []bridge.Finding) (out []string) {
	for _, f := range findings {
		out = append(out, string(f.Reason)+" "+f.Pointer)
	}
	return out
}

func TestEveryRowOfTheTableOfLossesOccurs(t *testing.T) {
	occurs := map[bridge.Reason][]bridge.Kind{}
	for _, c := range crossings() {
		got := c.cross(t)
		for _, f := range got.Findings {
			occurs[f.Reason] = append(occurs[f.Reason], f.Kind)
		}
		if got.Withheld != nil {
			occurs[got.Withheld.Reason] = append(occurs[got.Withheld.Reason], bridge.Refused)
		}
		if got.AsPut != "" {
			occurs[got.AsPut] = append(occurs[got.AsPut], got.AsPut.Kind())
		}
	}
	for _, row := range bridge.Losses() {
		if !slices.Contains(occurs[row.Reason], row.Kind) {
			t.Errorf("%s (%s) never occurs", row.Reason, row.Kind)
		}
		delete(occurs, row.Reason)
	}
	for reason := range occurs {
		t.Errorf("%s occurs and has no row", reason)
	}
}

// hopOf is the one hop of a crossing; 0 when it takes two.
func (c crossing) hopOf() bridge.Ways {
	return map[string]bridge.Ways{
		"2.1.12.2.1": bridge.From211, "2.2.12.3.0": bridge.From221, "2.3.02.2.1": bridge.To221, "2.2.12.1.1": bridge.To211,
	}[string(c.from+c.to)]
}

func TestTheTableOfLossesSaysOnWhichWayEachOccurs(t *testing.T) {
	rows := map[bridge.Reason]bridge.Loss{}
	for _, row := range bridge.Losses() {
		rows[row.Reason] = row
	}
	for _, c := range crossings() {
		got := c.cross(t)
		reasons := []bridge.Reason{c.withheld, c.asPut}
		for _, f := range got.Findings {
			reasons = append(reasons, f.Reason)
		}
		for _, r := range reasons {
			if r != "" && c.hopOf() != 0 && rows[r].Ways&c.hopOf() == 0 {
				t.Errorf("%s: %s is said to occur on %s", c.says, r, rows[r].Ways)
			}
		}
	}
}

func TestTheTableOfLossesIsWellFormed(t *testing.T) {
	seen := map[bridge.Reason]bool{}
	for _, row := range bridge.Losses() {
		if seen[row.Reason] {
			t.Errorf("%s has two rows", row.Reason)
		}
		seen[row.Reason] = true
		if row.Ways.String() == "" || row.Class == "" || row.Why == "" || row.Reason.Why() != row.Why {
			t.Errorf("%+v is not complete", row)
		}
		if row.AsIs && row.Kind != bridge.Narrowed {
			t.Errorf("%s goes on as it is and is %s", row.Reason, row.Kind)
		}
		if strings.Trim(string(row.Reason), "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%q is no word for a metric", row.Reason)
		}
	}
}

package bridge_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

const someUUID = "0190f3c4-7d5e-7a32-9d1b-0a1b2c3d4e5f"

func TestAnIDTellsItsOwner(t *testing.T) {
	for _, c := range []struct {
		says, id, want string
		most           int
	}{
		{"a short id is written out", "LOC1", "NL*ABC*LOC1", 36},
		{"the case of an id is kept", "Loc*1", "NL*ABC*Loc*1", 36},
		{"a UUID is written shorter", someUUID, "NL*ABC~agiphrd5lz5dfhi3binsypkol4", 36},
		{"a UUID in capitals is another text", strings.ToUpper(someUUID), "NL*ABC_agiphrd5lz5dfhi3binsypkol4", 36},
		{"a UUID is written out where there is room", someUUID, "NL*ABC*" + someUUID, 43},
		{"of any other long id there is a fingerprint", strings.Repeat("y", 36), "NL*ABC.k4dbw2r3fu4gwtzoshpqll4pvm", 39},
	} {
		t.Run(c.says, func(t *testing.T) {
			got := bridge.OutsideID(abc, c.id, c.most)
			if len(got) > c.most {
				t.Errorf("%s has %d characters", got, len(got))
			}
			if got != c.want || !bridge.StandsFor(got, abc, c.id) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestNoTwoObjectsHaveOneID(t *testing.T) {
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		owner := ocpi.NewPartyID(rapid.SampledFrom([]string{"NL", "DE"}).Draw(t, "country"), rapid.StringMatching(`[A-C]{1,3}`).Draw(t, "party"))
		id := rapid.OneOf(rapid.StringMatching(`[A-C*~._]{1,6}`), rapid.StringMatching(`[ -~]{30,36}`),
			rapid.StringMatching(`[0-1]{8}-[0-1]{4}-[0-1]{4}-[0-1]{4}-[0-1]{12}`)).Draw(t, "id")
		most := rapid.SampledFrom([]int{36, 39}).Draw(t, "most")
		outside := bridge.OutsideID(owner, id, most)
		if len(outside) > most {
			t.Fatalf("%s has %d characters", outside, len(outside))
		}
		object := owner.String() + " " + id
		if was, taken := seen[outside]; taken && was != object {
			t.Fatalf("%s is %q and %q", outside, was, object)
		}
		seen[outside] = object

		prefixed := bridge.Prefixed{Search: func(_ ocpi.ModuleID, p ocpi.PartyID, is func(string) bool) (string, bool) {
			return id, p == owner && is(id)
		}}
		back, inside, ok := prefixed.Inside(ocpi.Tariffs, outside)
		if !ok || back != owner || inside != id {
			t.Fatalf("%s leads to %s %q, %v", outside, back, inside, ok)
		}
	})
}

func TestAnIDLeadsBackInAnyCase(t *testing.T) {
	long := strings.Repeat("Xy", 18)
	for _, id := range []string{"Loc1", someUUID, strings.ToUpper(someUUID), long} {
		outside := bridge.OutsideID(abc, id, 36)
		prefixed := bridge.Prefixed{Search: func(_ ocpi.ModuleID, _ ocpi.PartyID, is func(string) bool) (string, bool) { return id, is(id) }}
		for _, spelled := range []string{strings.ToLower(outside), strings.ToUpper(outside)} {
			owner, inside, ok := prefixed.Inside(ocpi.Tariffs, spelled)
			if !ok || owner != abc || !strings.EqualFold(inside, id) || !bridge.StandsFor(spelled, abc, id) {
				t.Errorf("%s leads to %s %q, %v", spelled, owner, inside, ok)
			}
		}
	}
}

func TestWhatIsNoIDOfTheHubLeadsNowhere(t *testing.T) {
	for _, s := range []string{"", "*", "LOC1", "NL*", "NL*ABC", "NL*ABC*", "NL**x", "N*ABC*x", "NL*A-C*x", "NL*ABC~short", "NL*ABC~agiphra7xxxxxxxxxxxxxxxxx1", "NL*ABC.unknown"} {
		if owner, id, ok := (bridge.Prefixed{}).Inside(ocpi.Tariffs, s); ok {
			t.Errorf("%q leads to %s %q", s, owner, id)
		}
	}
}

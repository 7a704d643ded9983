package bridge_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// A PATCH that goes on by itself leaves the receiver with what it would have got
// of the whole object.
func TestAPatchThatCrossesSaysWhatTheWholeWouldHaveSaid(t *testing.T) {
	for _, from := range ocpi.KnownVersions() {
		for _, to := range ocpi.KnownVersions() {
			if from == to {
				continue
			}
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					class := rapid.SampledFrom([]bridge.Class{bridge.Location, bridge.EVSE, bridge.Connector, bridge.Session, bridge.Token}).Draw(t, "class")
					samePatch(t, class, from, to)
				})
			})
		}
	}
}

func samePatch(t *rapid.T, class bridge.Class, from, to ocpi.Version) {
	m := maker{t, from}
	whole := []byte(m.object(string(class)))
	patch := partOf(t, []byte(m.object(string(class))))
	s := known(t, class, from, whole)
	got, err := bridge.Patch(class, from, to, patch, s)
	if err != nil || got.Withheld != nil {
		t.Fatal(err, got.Withheld)
	}
	if got.AsPut != "" {
		return
	}
	before, err := bridge.Translate(class, from, to, whole, s)
	if err != nil || before.Withheld != nil {
		return
	}
	merged, err := bridge.Translate(class, from, to, apply(whole, patch), s)
	if err != nil || merged.Withheld != nil {
		t.Fatalf("the whole is withheld, its patch is not: %+v %v\n%s", merged, err, patch)
	}
	if after := apply(before.Body, got.Body); !same(decode(after), decode(merged.Body)) {
		t.Errorf("%s by %s\nbecomes %s by %s\npatched %s\nwhole   %s", whole, patch, before.Body, got.Body, after, merged.Body)
	}
}

// partOf leaves some members of an object, never the ones of its URL.
func partOf(t *rapid.T, object []byte) []byte {
	out := []byte("{}")
	for m := range ocpi.Members(object) {
		switch m.Name {
		case "country_code", "party_id", "id", "uid":
		default:
			if m.Name == "last_updated" || rapid.IntRange(1, 3).Draw(t, m.Name) == 1 {
				out = ocpi.SetMember(out, m.Name, m.Value)
			}
		}
	}
	return out
}

// apply merges a PATCH: fields are replaced as a whole.
func apply(object, patch []byte) []byte {
	for m := range ocpi.Members(patch) {
		object = ocpi.SetMember(object, m.Name, m.Value)
	}
	return object
}

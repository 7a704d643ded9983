package bridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

var trips = [][]ocpi.Version{
	{ocpi.V221, ocpi.V230, ocpi.V221},
	{ocpi.V230, ocpi.V221, ocpi.V230},
	{ocpi.V211, ocpi.V221, ocpi.V211},
	{ocpi.V221, ocpi.V211, ocpi.V221},
	{ocpi.V211, ocpi.V230, ocpi.V211},
	{ocpi.V230, ocpi.V211, ocpi.V230},
}

// tabled are the classes whose tables make objects. The result of a command has
// no name of its own in 2.1.1.
func tabled(v ocpi.Version) (out []bridge.Class) {
	for _, c := range bridge.Classes() {
		if ocpi.Fields(v, string(tableOf(c, v))) != nil && c != bridge.BookingRequest {
			out = append(out, c)
		}
	}
	return out
}

func tableOf(c bridge.Class, v ocpi.Version) bridge.Class {
	if c == bridge.CommandResult && v == ocpi.V211 {
		return bridge.CommandResponse
	}
	return c
}

// known is what the test's hub knows: the objects that are asked for, and
// nothing that could be made up.
func known(t *rapid.T, class bridge.Class, v ocpi.Version, body []byte) bridge.Surroundings {
	location, there := locationOf(t, class, v, body)
	return bridge.Surroundings{
		Owner: abc, EMSP: abc, Role: ocpi.CPO, Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Reservation: func(id string) (int, bool) { return 1000 + int(crc32.ChecksumIEEE([]byte(id))>>8), true },
		Location:    func(string) (bridge.Stored, bool) { return location, there },
		AskedToken:  tokenOf(t, class, v, body),
	}
}

// locationOf is the location of a session: the one inside, or one that has its
// EVSE and connector.
func locationOf(t *rapid.T, class bridge.Class, v ocpi.Version, session []byte) (bridge.Stored, bool) {
	if class != bridge.Session {
		return bridge.Stored{}, false
	}
	if v == ocpi.V211 {
		return bridge.Stored{Version: v, Body: ocpi.FindObject(session, "location")}, true
	}
	location := []byte(maker{t, v}.object("Location"))
	evse := []byte(maker{t, v}.object("EVSE"))
	connector := []byte(maker{t, v}.object("Connector"))
	quote := func(name string) []byte { return ocpi.Quote(ocpi.FindString(session, name)) }
	if ocpi.FindString(session, "connector_id") != "#NA" {
		connector = ocpi.SetMember(connector, "id", quote("connector_id"))
	}
	connector = ocpi.SetMember(connector, "standard", []byte(rapid.SampledFrom([]string{`"CHADEMO"`, `"CHADEMO"`, `"GBT_DC"`}).Draw(t, "standard")))
	evse = ocpi.SetMember(ocpi.SetMember(evse, "uid", quote("evse_uid")), "connectors", fmt.Appendf(nil, "[%s]", connector))
	return bridge.Stored{Version: v, Body: ocpi.SetMember(location, "evses", fmt.Appendf(nil, "[%s]", evse))}, true
}

// tokenOf is the token that an answer is about.
func tokenOf(t *rapid.T, class bridge.Class, v ocpi.Version, body []byte) *bridge.Stored {
	if class != bridge.AuthorizationInfo {
		return nil
	}
	if token := ocpi.FindObject(body, "token"); token != nil {
		return &bridge.Stored{Version: v, Body: token}
	}
	return &bridge.Stored{Version: ocpi.V221, Body: []byte(maker{t, ocpi.V221}.object("Token"))}
}

func TestWhatComesBackFromAnotherVersionDiffersExactlyAsReported(t *testing.T) {
	for _, versions := range trips {
		classes := slices.Concat(tabled(versions[0]), many, many, many)
		t.Run(fmt.Sprintf("%s to %s and back", versions[0], versions[1]), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				for range 2 {
					roundTrip(t, rapid.SampledFrom(classes).Draw(t, "class"), versions)
				}
			})
		})
	}
}

// many are the classes with the most rules.
var many = []bridge.Class{bridge.Location, bridge.Session, bridge.CDR, bridge.Tariff}

func roundTrip(t *rapid.T, class bridge.Class, versions []ocpi.Version) {
	source := []byte(maker{t, versions[0]}.object(string(tableOf(class, versions[0]))))
	s := known(t, class, versions[0], source)
	got := bridge.Trip(class, source, s, versions...)
	if got.Withheld != nil {
		if got.Withheld.Reason.Kind() != bridge.Refused {
			t.Fatalf("withheld by %q", got.Withheld.Reason)
		}
		return
	}
	for _, fault := range judge(got.Findings, source, got.Body) {
		t.Errorf("%s\nsource %s\nresult %s\nfindings %v", fault, source, got.Body, got.Findings)
	}
	there := translated(t, class, versions[0], versions[1], source, s)
	back := translated(t, class, versions[1], versions[2], there.Body, s)
	if !bytes.Equal(back.Body, got.Body) && !same(decode(back.Body), decode(got.Body)) {
		t.Errorf("by itself each way makes another object:\n%s\n%s", back.Body, got.Body)
	}
}

// looksUp says whether the class gets something from the hub's own objects.
func looksUp(class bridge.Class, to ocpi.Version) bool {
	return class == bridge.AuthorizationInfo || class == bridge.Session && to == ocpi.V211
}

// translated is an object in another version, sound when the source was, with
// findings that lead somewhere.
func translated(t *rapid.T, class bridge.Class, from, to ocpi.Version, source []byte, s bridge.Surroundings) bridge.Result {
	got, err := bridge.Translate(class, from, to, source, s)
	if err != nil || got.Withheld != nil || !json.Valid(got.Body) {
		t.Fatalf("%v %v %s", err, got.Withheld, got.Body)
	}
	found := map[bridge.Finding]bool{}
	for _, f := range got.Findings {
		if found[f] {
			t.Errorf("%v is told twice of %s", f, source)
		}
		found[f] = true
		place := source
		if f.Kind == bridge.Invented {
			place = got.Body
		}
		if _, there := ocpi.At(place, f.Pointer); !there {
			t.Errorf("%v leads nowhere in %s", f, place)
		}
	}
	if got.Body != nil && !looksUp(class, to) {
		for _, fault := range unsaid(source, got.Body, got.Findings) {
			t.Errorf("%s, %s to %s: %s\nsource %s\nresult %s\nfindings %v", class, from, to, fault, source, got.Body, got.Findings)
		}
	}
	if faults := ocpi.CheckObject(to, string(tableOf(class, to)), got.Body, false); len(faults) > 0 {
		t.Errorf("%s is unsound: %v\nsource %s\nresult %s", class, faults, source, got.Body)
	}
	for _, fault := range foreign(to, string(tableOf(class, to)), got.Body) {
		t.Errorf("%s, %s to %s: %s\nsource %s\nresult %s", class, from, to, fault, source, got.Body)
	}
	return got
}

// foreign lists values that a version does not know: of enums, and fractions of
// seconds in 2.1.1. A type of connector may go to 2.2.1 as it is.
func foreign(v ocpi.Version, class string, body []byte) (faults []string) {
	for _, f := range ocpi.Review(v, class, body, ocpi.Reviewing{}) {
		raw := v == ocpi.V221 && (last(f.Pointer) == "standard" || last(f.Pointer) == "connector_standard")
		if f.Kind == ocpi.UnknownValue && !raw {
			faults = append(faults, f.Pointer+" "+f.Problem)
		}
	}
	for pointer, leaf := range leaves(decode(body), "", map[string]any{}) {
		text, _ := leaf.(string)
		if _, err := ocpi.ParseDateTime(text); err == nil && v == ocpi.V211 && strings.Contains(text, ".") {
			faults = append(faults, pointer+" has fractions of seconds")
		}
	}
	return faults
}

package interpret_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

var (
	cpo  = ocpi.NewPartyID("NL", "CPO")
	old  = ocpi.NewPartyID("DE", "OLD") // a CPO of 2.1.1
	emsp = ocpi.NewPartyID("NL", "EMP")
	aged = ocpi.NewPartyID("DE", "AGE") // an eMSP of 2.1.1
	noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
)

// hub is an interpreter over a catalog.
type hub struct {
	*testing.T
	*interpret.Interpreter
	catalog catalog.Store
	heard   []bridge.Result
}

func newHub(t *testing.T) *hub {
	h := &hub{T: t, catalog: catalog.NewMemory()}
	h.Interpreter = interpret.New(interpret.Options{
		Catalog: h.catalog, Now: func() time.Time { return noon },
		Observe: func(_ interpret.Talk, r bridge.Result) { h.heard = append(h.heard, r) },
	})
	return h
}

func (h *hub) holds(m ocpi.ModuleID, owner ocpi.PartyID, id string, v ocpi.Version, body string) {
	h.Helper()
	k := catalog.Key{Module: m, Owner: owner, ID: id}
	if _, err := h.catalog.Apply(h.Context(), catalog.Change{Key: k, Op: catalog.Put, Version: v, Body: []byte(body), At: noon}); err != nil {
		h.Fatal(err)
	}
}

func (h *hub) carries(t interpret.Talk, body string) bridge.Result {
	h.Helper()
	got, err := h.Carry(h.Context(), t, []byte(body))
	if err != nil {
		h.Fatal(err)
	}
	return got
}

func (h *hub) wants(t interpret.Talk, body, want string) bridge.Result {
	h.Helper()
	got := h.carries(t, body)
	if string(got.Body) != want {
		h.Errorf("%s, %s to %s, is\n%s\nwant\n%s\n%v %v", t.Class, t.From, t.To, got.Body, want, got.Withheld, got.AsPut)
	}
	return got
}

const location = `{"country_code":"NL","party_id":"CPO","id":"Loc1","publish":true,"address":"a","city":"b","country":"NLD",` +
	`"coordinates":{"latitude":"1.000000","longitude":"2.000000"},"time_zone":"Europe/Amsterdam","evses":[{"uid":"E1","status":"AVAILABLE",` +
	`"connectors":[{"id":"1","standard":"CHADEMO","format":"CABLE","power_type":"DC","max_voltage":400,"max_amperage":50,` +
	`"tariff_ids":["Ad","Reg"],"last_updated":"2026-01-01T00:00:00Z"}],"last_updated":"2026-01-01T00:00:00Z"}],"last_updated":"2026-01-01T00:00:00Z"}`

func TestOneVersionNeedsNothing(t *testing.T) {
	h := newHub(t)
	for _, c := range []struct {
		from, to ocpi.Version
		want     bool
	}{{"2.2.1", "2.2.1", false}, {"2.3.0", "2.3.0", false}, {"2.2.1", "2.3.0", true}, {"2.1.1", "2.1.1", true}} {
		if got := h.Needed(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
	body := []byte(`{"no":"object of any class"`)
	same := interpret.Talk{Class: bridge.Location, From: ocpi.V221, To: ocpi.V221}
	if cost := testing.AllocsPerRun(100, func() {
		if got, err := h.Carry(t.Context(), same, body); err != nil || &got.Body[0] != &body[0] {
			t.Fatal(err)
		}
	}); cost > 0 {
		t.Errorf("it allocates %v times", cost)
	}
}

func TestAPartyOf211SeesTheOneTariffThatHoldsNow(t *testing.T) {
	h := newHub(t)
	h.holds(ocpi.Tariffs, cpo, "ad", ocpi.V221, `{"id":"ad","type":"AD_HOC_PAYMENT"}`)
	h.holds(ocpi.Tariffs, cpo, "REG", ocpi.V230, `{"id":"REG","start_date_time":"2026-06-01T00:00:00Z"}`)
	got := h.carries(interpret.Talk{Class: bridge.Location, From: ocpi.V221, To: ocpi.V211, Owner: cpo, Reader: aged}, location)
	if !strings.Contains(string(got.Body), `"tariff_id":"NL*CPO*REG"`) || !strings.Contains(string(got.Body), `"id":"NL*CPO*Loc1"`) {
		t.Errorf("%s", got.Body)
	}
	if len(h.heard) != 1 || len(h.heard[0].Findings) != len(got.Findings) {
		t.Errorf("heard of %v", h.heard)
	}
}

func TestAnIDIsWrittenAsItWasFirstSeen(t *testing.T) {
	h := newHub(t)
	h.holds(ocpi.Locations, cpo, "Loc1", ocpi.V221, location)
	refs := interpret.Talk{Class: bridge.LocationReferences, From: ocpi.V221, To: ocpi.V211, Owner: cpo, Reader: aged}
	h.wants(refs, `{"location_id":"LOC1"}`, `{"location_id":"NL*CPO*Loc1"}`)
	h.wants(refs, `{"location_id":"Loc2"}`, `{"location_id":"NL*CPO*Loc2"}`)
	refs.ID = "loc2"
	h.wants(refs, `{"location_id":"LOC2"}`, `{"location_id":"NL*CPO*loc2"}`)
}

func TestASessionOf211GetsTheTokenOfItsContract(t *testing.T) {
	h := newHub(t)
	h.holds(ocpi.Tokens, emsp, catalog.TokenID("APP1", "APP_USER"), ocpi.V221, `{"uid":"APP1","type":"APP_USER","contract_id":"C-1"}`)
	h.holds(ocpi.Tokens, emsp, catalog.TokenID("Uid1", "RFID"), ocpi.V230, `{"uid":"Uid1","type":"RFID","contract_id":"C-1"}`)
	talk := interpret.Talk{Class: bridge.Session, From: ocpi.V211, To: ocpi.V221, Owner: old, Reader: emsp}
	h.wants(talk, `{"id":"S1","auth_id":"c-1"}`,
		`{"country_code":"DE","party_id":"OLD","id":"S1","cdr_token":{"country_code":"NL","party_id":"EMP","uid":"Uid1","type":"RFID","contract_id":"c-1"}}`)
	got := h.carries(talk, `{"id":"S1","auth_id":"C-2"}`)
	if reasons := reasonsOf(got.Findings); !slices.Contains(reasons, bridge.UnknownToken) {
		t.Errorf("a token that nobody knows is found: %s %v", got.Body, reasons)
	}
	token, ok, err := h.TokenOf(t.Context(), "C-1", old)
	if err != nil || !ok || token != (bridge.CdrToken{Party: emsp, UID: "Uid1", Type: "RFID"}) {
		t.Errorf("%v %v %v", token, ok, err)
	}
}

func TestAContractOfTwoIssuersIsNotGuessedAt(t *testing.T) {
	h := newHub(t)
	h.holds(ocpi.Tokens, emsp, catalog.TokenID("U1", ""), ocpi.V221, `{"uid":"U1","contract_id":"C-1"}`)
	h.holds(ocpi.Tokens, aged, catalog.TokenID("U2", ""), ocpi.V211, `{"uid":"U2","auth_id":"C-1","type":"OTHER"}`)
	if token, ok, err := h.TokenOf(t.Context(), "C-1", old); ok || err != nil {
		t.Errorf("%v %v", token, err)
	}
	h.wants(interpret.Talk{Class: bridge.Session, From: ocpi.V211, To: ocpi.V230, Owner: old, EMSP: aged, Reader: emsp}, `{"id":"S1","auth_id":"C-1"}`,
		`{"country_code":"DE","party_id":"OLD","id":"S1","cdr_token":{"country_code":"DE","party_id":"AGE","uid":"U2","type":"OTHER","contract_id":"C-1"}}`)
}

func TestASessionFor211HoldsItsLocation(t *testing.T) {
	h := newHub(t)
	session := `{"country_code":"NL","party_id":"CPO","id":"S1","location_id":"loc1","evse_uid":"E1","connector_id":"1"}`
	talk := interpret.Talk{Class: bridge.Session, From: ocpi.V221, To: ocpi.V211, Reader: aged}
	if got := h.carries(talk, session); got.Withheld == nil || got.Withheld.Reason != bridge.NoLocation {
		t.Errorf("without the location it is %s", got.Body)
	}
	h.holds(ocpi.Locations, cpo, "Loc1", ocpi.V221, location)
	got := h.carries(talk, session)
	if place := ocpi.FindObject(got.Body, "location"); ocpi.FindString(place, "id") != "NL*CPO*Loc1" || ocpi.FindString(got.Body, "id") != "NL*CPO*S1" {
		t.Errorf("%s", got.Body)
	}
}

func TestObjectsOfTheReaderKeepTheirIDs(t *testing.T) {
	h := newHub(t)
	own := interpret.Talk{Class: bridge.Tariff, From: ocpi.V221, To: ocpi.V211, Owner: old, Reader: old}
	h.wants(own, `{"country_code":"DE","party_id":"OLD","id":"T1"}`, `{"id":"T1"}`)
	own.Reader, own.PlainTo = aged, true
	h.wants(own, `{"country_code":"DE","party_id":"OLD","id":"T1"}`, `{"id":"T1"}`)
	own.PlainTo = false
	h.wants(own, `{"country_code":"DE","party_id":"OLD","id":"T1"}`, `{"id":"DE*OLD*T1"}`)
}

func TestBetweenTwoPartiesOf211OnlyIDsChange(t *testing.T) {
	h := newHub(t)
	h.wants(interpret.Talk{Class: bridge.Location, From: ocpi.V211, To: ocpi.V211, Owner: old, Reader: aged},
		`{"id":"L1","x":1.10,"evses":[{"uid":"E1","connectors":[{"id":"1","tariff_id":"T1"}]}]}`,
		`{"id":"DE*OLD*L1","x":1.10,"evses":[{"uid":"E1","connectors":[{"id":"1","tariff_id":"DE*OLD*T1"}]}]}`)
	command := interpret.Talk{Class: bridge.StartSession, From: ocpi.V211, To: ocpi.V211, Owner: old, EMSP: aged, Reader: old}
	h.wants(command, `{"token":{"uid":"U"},"location_id":"DE*OLD*L1"}`, `{"token":{"uid":"U"},"location_id":"L1"}`)
	if got := h.carries(command, `{"location_id":"L1"}`); got.Withheld == nil || got.Withheld.Reason != bridge.UnknownID {
		t.Errorf("an id that the hub never gave goes on as %s", got.Body)
	}
}

func TestWhatA211PartyWritesLeadsBack(t *testing.T) {
	h := newHub(t)
	long := strings.Repeat("Xy", 18)
	h.holds(ocpi.Locations, cpo, long, ocpi.V221, `{"id":"`+long+`"}`)
	outside := bridge.OutsideID(cpo, long, 39)
	if !strings.HasPrefix(outside, "NL*CPO.") {
		t.Fatal(outside)
	}
	start := interpret.Talk{Class: bridge.StartSession, From: ocpi.V211, To: ocpi.V221, Owner: cpo, EMSP: aged, Reader: cpo}
	got := h.carries(start, `{"token":{"uid":"U","auth_id":"C","type":"RFID"},"location_id":"`+strings.ToUpper(outside)+`"}`)
	if ocpi.FindString(got.Body, "location_id") != long {
		t.Errorf("%s %v", got.Body, got.Withheld)
	}
	for range 2 {
		owner, id, ok, err := h.Inside(t.Context(), ocpi.Locations, outside, aged)
		if err != nil || !ok || owner != cpo || id != long {
			t.Errorf("%s %q %v %v", owner, id, ok, err)
		}
	}
	if owner, id, ok, err := h.Inside(t.Context(), ocpi.Locations, "LOC1", aged); ok || err != nil {
		t.Errorf("an id of nobody leads to %s %q, %v", owner, id, err)
	}
	if owner, id, ok, err := h.Inside(t.Context(), ocpi.Locations, "NL*CPO.aaaaaaaaaaaaaaaaaaaaaaaaaa", aged); ok || err != nil {
		t.Errorf("a fingerprint of nothing leads to %s %q, %v", owner, id, err)
	}
}

func TestAPathHasTheIDsOfItsReader(t *testing.T) {
	h := newHub(t)
	for _, c := range []struct {
		says string
		talk interpret.Talk
		m    ocpi.ModuleID
		path string
		want string
	}{
		{"towards 2.1.1 the id has its owner", interpret.Talk{From: ocpi.V221, To: ocpi.V211, Owner: cpo, Reader: aged}, ocpi.Locations, "NL/CPO/L1/E1/1", "NL/CPO/NL*CPO*L1/E1/1"},
		{"uids of tokens are the same everywhere", interpret.Talk{From: ocpi.V221, To: ocpi.V211, Owner: emsp, Reader: old}, ocpi.Tokens, "NL/EMP/U1", "NL/EMP/U1"},
		{"a CPO of 2.1.1 is asked for its own id", interpret.Talk{From: ocpi.V221, To: ocpi.V211, Owner: old, Writer: emsp, Reader: old}, ocpi.Locations, "L1/E1", "L1/E1"},
		{"an eMSP of 2.1.1 asks by the name that it was given", interpret.Talk{From: ocpi.V211, To: ocpi.V230, Owner: cpo, Writer: aged, Reader: cpo}, ocpi.Locations, "NL*CPO*L1/E1", "L1/E1"},
		{"between two of 2.1.1 the name is taken off", interpret.Talk{From: ocpi.V211, To: ocpi.V211, Owner: old, Writer: aged, Reader: old}, ocpi.Locations, "DE*OLD*L1", "L1"},
		{"between two of 2.1.1 the name is put on", interpret.Talk{From: ocpi.V211, To: ocpi.V211, Owner: old, Writer: old, Reader: aged}, ocpi.Sessions, "DE/OLD/S1", "DE/OLD/DE*OLD*S1"},
		{"later versions have one name", interpret.Talk{From: ocpi.V221, To: ocpi.V230, Owner: cpo, Reader: emsp}, ocpi.Locations, "NL/CPO/L1", "NL/CPO/L1"},
		{"a list has no id", interpret.Talk{From: ocpi.V221, To: ocpi.V211, Owner: cpo, Reader: aged}, ocpi.Locations, "", ""},
	} {
		t.Run(c.says, func(t *testing.T) {
			var segments []string
			if c.path != "" {
				segments = strings.Split(c.path, "/")
			}
			got, err := h.Path(t.Context(), c.talk, c.m, segments)
			if err != nil || strings.Join(got, "/") != c.want {
				t.Errorf("%v, want %s, %v", got, c.want, err)
			}
		})
	}
}

func TestAReservationHasOneNumberForAPair(t *testing.T) {
	h := newHub(t)
	reserve := interpret.Talk{Class: bridge.ReserveNow, From: ocpi.V221, To: ocpi.V211, Owner: old, EMSP: emsp, Reader: old}
	number := func(talk interpret.Talk, id string) string {
		m, _ := ocpi.Find(h.carries(talk, `{"reservation_id":"`+id+`"}`).Body, "reservation_id")
		return string(m.Value)
	}
	first := number(reserve, "R-a")
	if again := number(reserve, "R-A"); again != first || len(first) == 0 || len(first) > 10 {
		t.Errorf("%s, then %s", first, again)
	}
	if number(reserve, "R-b") == first {
		t.Errorf("another id has the number too")
	}
	reserve.EMSP = aged
	if number(reserve, "R-a") == first {
		t.Errorf("another eMSP has the same number")
	}
	reserve.PlainTo = true
	if got := number(reserve, "17"); got != "17" {
		t.Errorf("where the CPO sees one eMSP 17 became %s", got)
	}
}

func TestReservationsOfSeveralEMSPsThatCountFrom1AreNotOne(t *testing.T) {
	h := newHub(t)
	for from, id := range map[ocpi.Version]string{ocpi.V211: "1", ocpi.V221: `"1"`} {
		numbers := map[string]bool{}
		for _, by := range []ocpi.PartyID{emsp, aged} {
			talk := interpret.Talk{Class: bridge.ReserveNow, From: from, To: ocpi.V211, Owner: old, EMSP: by, Writer: by, Reader: old}
			n, _ := ocpi.Find(h.carries(talk, `{"reservation_id":`+id+`}`).Body, "reservation_id")
			numbers[string(n.Value)] = true
		}
		if len(numbers) != 2 {
			t.Errorf("from %s: to their CPO both are %v", from, numbers)
		}
	}
}

// failing is a catalog that does not answer.
type failing struct{ catalog.Store }

var errDown = errors.New("down")

func (failing) Get(context.Context, catalog.Key, catalog.Part) (catalog.Object, error) {
	return catalog.Object{}, errDown
}

func (failing) Contract(context.Context, string, ocpi.PartyID) ([]catalog.Object, error) {
	return nil, errDown
}

func (failing) IDs(context.Context, ocpi.ModuleID, ocpi.PartyID, ocpi.PartyID, func(string) bool) error {
	return errDown
}

func (failing) Audiences(context.Context, ocpi.ModuleID, ocpi.PartyID) ([]ocpi.PartyID, error) {
	return nil, errDown
}

func TestNothingIsMadeUpWhileTheCatalogDoesNotAnswer(t *testing.T) {
	i := interpret.New(interpret.Options{Catalog: failing{}, Observe: func(interpret.Talk, bridge.Result) { t.Error("heard of it") }})
	digest := "NL*CPO.aaaaaaaaaaaaaaaaaaaaaaaaaa"
	_, carried := i.Carry(t.Context(), interpret.Talk{Class: bridge.Location, From: ocpi.V221, To: ocpi.V211, Owner: cpo, Reader: aged}, []byte(location))
	_, session := i.Carry(t.Context(), interpret.Talk{Class: bridge.Session, From: ocpi.V211, To: ocpi.V221, Owner: old, Reader: emsp}, []byte(`{"auth_id":"C"}`))
	_, renamed := i.Carry(t.Context(), interpret.Talk{Class: bridge.StopSession, From: ocpi.V211, To: ocpi.V211, Owner: old, EMSP: aged, Reader: old}, []byte(`{"session_id":"`+digest+`"}`))
	_, path := i.Path(t.Context(), interpret.Talk{From: ocpi.V211, To: ocpi.V221, Owner: cpo, Writer: aged}, ocpi.Locations, []string{digest})
	_, _, _, inside := i.Inside(t.Context(), ocpi.Locations, digest, aged)
	_, _, token := i.TokenOf(t.Context(), "C", old)
	for n, err := range []error{carried, session, renamed, path, inside, token} {
		if !fault.Is(err, fault.Unavailable) || !errors.Is(err, errDown) {
			t.Errorf("call %d: %v", n, err)
		}
	}
}

func reasonsOf(findings []bridge.Finding) (out []bridge.Reason) {
	for _, f := range findings {
		out = append(out, f.Reason)
	}
	return out
}

func TestAConnectionForOnePartyChangesIdsOnItsOwnSideAlone(t *testing.T) {
	h := newHub(t)
	reserve := interpret.Talk{Class: bridge.ReserveNow, From: ocpi.V211, To: ocpi.V211, Owner: old, EMSP: aged, Writer: aged, Reader: old}
	number := func(t interpret.Talk) string {
		m, _ := ocpi.Find(h.carries(t, `{"reservation_id":17}`).Body, "reservation_id")
		return string(m.Value)
	}
	reader, writer := reserve, reserve
	reader.PlainTo, writer.PlainFrom = true, true
	if own, others := number(reader), number(writer); own != "17" || others == "17" {
		t.Errorf("to a connection for one party it is %s, from one %s", own, others)
	}
	unlock := interpret.Talk{Class: bridge.UnlockConnector, From: ocpi.V211, To: ocpi.V211, Owner: old, EMSP: aged, Writer: aged, Reader: old}
	location := func(t interpret.Talk, id string) string {
		return ocpi.FindString(h.carries(t, `{"location_id":"`+id+`"}`).Body, "location_id")
	}
	unlock.PlainFrom = true
	if got := location(unlock, "NL*OLD*L1"); got != "NL*OLD*L1" {
		t.Errorf("an id from a connection for one party became %s", got)
	}
	unlock.PlainFrom, unlock.PlainTo = false, true
	outside := old.String() + "*L1"
	if got := location(unlock, outside); got != "L1" {
		t.Errorf("%s from a connection for all became %s", outside, got)
	}
}

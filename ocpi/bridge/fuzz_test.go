package bridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Whatever comes: no panic, what goes out is JSON, findings lead to something.
func fuzz(f *testing.F, class bridge.Class) {
	for _, c := range crossings() {
		if c.class == class {
			f.Add([]byte(c.body))
		}
	}
	f.Add([]byte(`{"id":"é","x":[{"y":null}]}`))
	f.Add([]byte(`{"cdr_location":{},"location":{},"token":{},"cdr_token":{},"roles":[{}],"elements":[{}],"evses":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := bridge.Surroundings{
			Owner: abc, EMSP: abc, Role: ocpi.CPO, Now: noon, IDs: bridge.Prefixed{},
			AskedToken: &bridge.Stored{Version: ocpi.V211, Body: body},
			Location:   func(string) (bridge.Stored, bool) { return bridge.Stored{Version: ocpi.V230, Body: body}, true },
		}
		for _, from := range ocpi.KnownVersions() {
			for _, to := range ocpi.KnownVersions() {
				for _, carry := range []func(bridge.Class, ocpi.Version, ocpi.Version, []byte, bridge.Surroundings) (bridge.Result, error){bridge.Translate, bridge.Patch} {
					got, err := carry(class, from, to, body, s)
					checkCrossing(t, body, got, err)
				}
			}
		}
	})
}

func checkCrossing(t *testing.T, body []byte, got bridge.Result, err error) {
	t.Helper()
	if err != nil {
		if !errors.Is(err, bridge.ErrNotJSON) || json.Valid(body) && bytes.TrimSpace(body)[0] == '{' {
			t.Fatal(err)
		}
		return
	}
	if got.Withheld != nil || got.AsPut != "" {
		if got.Body != nil || got.Findings != nil {
			t.Fatalf("%+v", got)
		}
		return
	}
	if !json.Valid(got.Body) {
		t.Fatalf("%s became %s", body, got.Body)
	}
	for _, f := range got.Findings {
		place := body
		if f.Kind == bridge.Invented {
			place = got.Body
		}
		if _, there := ocpi.At(place, f.Pointer); !there {
			t.Fatalf("%v leads nowhere in %s", f, place)
		}
	}
}

func FuzzLocation(f *testing.F)          { fuzz(f, bridge.Location) }
func FuzzEVSE(f *testing.F)              { fuzz(f, bridge.EVSE) }
func FuzzConnector(f *testing.F)         { fuzz(f, bridge.Connector) }
func FuzzSession(f *testing.F)           { fuzz(f, bridge.Session) }
func FuzzCDR(f *testing.F)               { fuzz(f, bridge.CDR) }
func FuzzTariff(f *testing.F)            { fuzz(f, bridge.Tariff) }
func FuzzToken(f *testing.F)             { fuzz(f, bridge.Token) }
func FuzzAuthorizationInfo(f *testing.F) { fuzz(f, bridge.AuthorizationInfo) }
func FuzzStartSession(f *testing.F)      { fuzz(f, bridge.StartSession) }
func FuzzReserveNow(f *testing.F)        { fuzz(f, bridge.ReserveNow) }
func FuzzCommandResponse(f *testing.F)   { fuzz(f, bridge.CommandResponse) }
func FuzzCommandResult(f *testing.F)     { fuzz(f, bridge.CommandResult) }
func FuzzCredentials(f *testing.F)       { fuzz(f, bridge.Credentials) }

func FuzzInsideID(f *testing.F) {
	f.Add("NL*ABC*x")
	f.Add("nl*abc~agiphrd5lz5dfhi3binsypkol4")
	f.Fuzz(func(t *testing.T, outside string) {
		owner, id, ok := bridge.InsideID(outside)
		if ok && !bridge.StandsFor(outside, owner, id) {
			t.Errorf("%q leads to %s %q, which it does not stand for", outside, owner, id)
		}
	})
}

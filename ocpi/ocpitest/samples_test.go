package ocpitest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// mustBeSound fails for an object that is not sound in a version, or of which a
// review finds something.
func mustBeSound(t *testing.T, v ocpi.Version, class string, body []byte) {
	t.Helper()
	if !json.Valid(body) {
		t.Fatalf("%s of %s is no JSON: %s", class, v, body)
	}
	found := append(ocpi.CheckObject(v, class, body, false), ocpi.Review(v, class, body, ocpi.Reviewing{Now: time.Now()})...)
	for _, f := range found {
		t.Errorf("%s of %s: %v in %s", class, v, f, body)
	}
}

// command gives a sample the response_url that it lacks.
func command(body []byte) []byte {
	return ocpi.SetMember(body, "response_url", ocpi.Quote("https://example.com/ocpi/callback/1"))
}

func TestSamplesAreSoundInTheirVersion(t *testing.T) {
	for _, v := range ocpi.KnownVersions() {
		cpo := ocpitest.Sample{Version: v, Owner: cedar, At: time.Date(2025, 11, 3, 10, 0, 0, 0, time.UTC)}
		emsp := cpo
		emsp.Owner = drive
		token := emsp.Token("04A1B2C3")
		charge := ocpitest.Charge{Location: cpo.Location("LOC-1"), Token: token}
		for class, body := range map[string][]byte{
			"Location": charge.Location, "Tariff": cpo.Tariff("LOC-1-T"), "Token": token,
			"Session": cpo.Session("S1", charge), "CDR": cpo.CDR("C1", charge), "LocationReferences": cpo.Where("LOC-1"),
			"StartSession": command(emsp.StartSession("LOC-1", token)), "StopSession": command(emsp.StopSession("S1")),
			"ReserveNow": command(emsp.ReserveNow("17", "LOC-1", token)), "UnlockConnector": command(emsp.Unlock("LOC-1")),
		} {
			mustBeSound(t, v, class, body)
		}
	}
}

func TestSamplesNameTheSameContractAndTheSameMoney(t *testing.T) {
	for v, want := range map[ocpi.Version][]string{
		ocpi.V211: {"auth_id", "3.10"},
		ocpi.V221: {"contract_id", `{"excl_vat":3.10,"incl_vat":3.69}`},
		ocpi.V230: {"contract_id", `{"before_taxes":3.10,"taxes":[{"name":"VAT","amount":0.59}]}`},
	} {
		s := ocpitest.Sample{Version: v, Owner: cedar, At: time.Date(2025, 11, 3, 10, 0, 0, 0, time.UTC)}
		token := s.Token("04A1B2C3")
		if got := ocpi.FindString(token, want[0]); got != "NL-CDR-C04A1B2C3" {
			t.Errorf("%s: the contract is %q", v, got)
		}
		cost, _ := ocpi.Find(s.CDR("C1", ocpitest.Charge{Location: s.Location("LOC-1"), Token: token}), "total_cost")
		if string(cost.Value) != want[1] {
			t.Errorf("%s: total_cost is %s, want %s", v, cost.Value, want[1])
		}
	}
}

func TestTheSampleLocationsAreSoundInEveryVersion(t *testing.T) {
	for _, v := range ocpi.KnownVersions() {
		n := 0
		for location, err := range ocpitest.ReadLocationsIn(v, "") {
			if err != nil {
				t.Fatal(err)
			}
			n++
			mustBeSound(t, v, "Location", location.Raw)
			if named := ocpi.FindString(location.Raw, "party_id") != ""; named == (v == ocpi.V211) || !location.Owner.Valid() {
				t.Errorf("%s: %s of %v names its owner: %t", v, location.ID, location.Owner, named)
			}
		}
		if n != 40 {
			t.Errorf("%d locations in %s, want 40", n, v)
		}
	}
}

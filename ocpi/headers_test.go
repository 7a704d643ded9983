package ocpi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

var (
	tnm = ocpi.NewPartyID("NL", "TNM")
	abc = ocpi.NewPartyID("DE", "ABC")
)

// header makes an http.Header of "Name: value" lines, as net/http does.
func header(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimPrefix(value, " "))
	}
	return h
}

func TestRoutingHeadersAreRead(t *testing.T) {
	for _, c := range []struct {
		name  string
		given http.Header
		want  ocpi.Routing
	}{
		{"all four", header("OCPI-to-country-code: NL", "OCPI-to-party-id: TNM", "OCPI-from-country-code: DE", "OCPI-from-party-id: ABC"), ocpi.Routing{To: tnm, From: abc}},
		{"H-069 names and values in any case", header("ocpi-TO-party-id: tnm", "OCPI-TO-COUNTRY-CODE: nl"), ocpi.Routing{To: tnm}},
		{"none", http.Header{}, ocpi.Routing{}},
		{"H-117 empty values are absent", header("OCPI-to-country-code:", "OCPI-to-party-id: ", "OCPI-from-country-code: DE", "OCPI-from-party-id: ABC"), ocpi.Routing{From: abc}},
		{"white space does not count", header("OCPI-to-country-code:  NL ", "OCPI-to-party-id:\tTNM"), ocpi.Routing{To: tnm}},
		{"twice the same", header("OCPI-to-country-code: NL", "OCPI-to-country-code: nl", "OCPI-to-party-id: TNM"), ocpi.Routing{To: tnm}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ocpi.ParseRouting(c.given)
			if err != nil || got != c.want {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestRoutingHeadersThatMisleadAreRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		given http.Header
		tells string
	}{
		{"H-075 to without country", header("OCPI-to-party-id: TNM"), "only one of OCPI-to-country-code and OCPI-to-party-id"},
		{"H-075 to without party", header("OCPI-to-country-code: NL", "OCPI-to-party-id:"), "only one of OCPI-to-country-code and OCPI-to-party-id"},
		{"from without country", header("OCPI-to-country-code: NL", "OCPI-to-party-id: TNM", "OCPI-from-party-id: ABC"), "only one of OCPI-from-country-code and OCPI-from-party-id"},
		{"twice with different values", header("OCPI-to-country-code: NL", "OCPI-to-party-id: TNM", "OCPI-to-party-id: XYZ"), "OCPI-to-party-id is given twice"},
		{"twice, once empty", header("OCPI-from-country-code: DE", "OCPI-from-country-code:", "OCPI-from-party-id: ABC"), "OCPI-from-country-code is given twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ocpi.ParseRouting(c.given)
			if err == nil || !strings.Contains(err.Error(), c.tells) {
				t.Errorf("got %v, %v; want an error with %q", got, err, c.tells)
			}
			if got != (ocpi.Routing{}) {
				t.Errorf("beside the error %v came out", got)
			}
		})
	}
}

func TestAReplyTurnsTheHeadersRound(t *testing.T) {
	if got := (ocpi.Routing{To: tnm, From: abc}).Reply(); got != (ocpi.Routing{To: abc, From: tnm}) {
		t.Errorf("got %v", got)
	}
}

func TestHeaderNamesAreInTheFormThatNetHTTPKeeps(t *testing.T) {
	for _, name := range []string{
		ocpi.HeaderToParty, ocpi.HeaderToCountry, ocpi.HeaderFromParty, ocpi.HeaderFromCountry,
		ocpi.HeaderRequestID, ocpi.HeaderCorrelationID, ocpi.HeaderTotalCount, ocpi.HeaderLimit,
	} {
		if http.CanonicalHeaderKey(name) != name {
			t.Errorf("%s is kept as %s", name, http.CanonicalHeaderKey(name))
		}
	}
}

func FuzzParseRouting(f *testing.F) {
	f.Add("NL", "TNM", "")
	f.Add("", " ", "x")
	f.Add("nl", "tnm", "TNM")
	f.Fuzz(func(t *testing.T, country, party, second string) {
		h := http.Header{ocpi.HeaderToCountry: {country}, ocpi.HeaderToParty: {party, second}}
		got, err := ocpi.ParseRouting(h)
		if err == nil && !strings.EqualFold(strings.TrimSpace(party), strings.TrimSpace(second)) {
			t.Fatalf("%q and %q read as %v", party, second, got)
		}
		if err == nil && !got.To.IsZero() && (got.To.Country == "" || got.To.ID == "") {
			t.Fatalf("half a party: %v", got)
		}
	})
}

func ExampleParseRouting() {
	h := http.Header{}
	h.Set("OCPI-to-country-code", "nl")
	h.Set("OCPI-to-party-id", "tnm")
	routing, err := ocpi.ParseRouting(h)
	fmt.Println(routing.To, routing.From.IsZero(), err)
	// Output: NL*TNM true <nil>
}

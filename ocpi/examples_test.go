package ocpi_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

// example is one of the examples of the specification, with what breaks its own
// tables.
type example struct {
	Version, File, Type string
	Partial             bool
	Errors              []string
}

// leniences are the examples that break the tables in a way which the hub puts
// up with. All other faults of the structure must be found.
var leniences = map[string]string{
	"2.1.1/cdrs_01_example_of_a_cdr.json":                                       "a number within quotes (H-208)",
	"2.3.0-payments/payment_terminal_create_minimal.json":                       "a terminal may be created by its id alone",
	"2.3.0-payments/payment_financial_advice_confirmation_create.json":          "the price of 2.2.1",
	"2.3.0-payments/payment_financial_advice_confirmation_example_success.json": "the price of 2.2.1",
	"2.3.0-payments/payment_financial_advice_confirmation_example_failure.json": "the price of 2.2.1, and no data of a payment that failed",
	"2.3.0-bookings/booking_location_example.json":                              "one evse_position that is no list",
	"2.3.0-bookings/booking_location_patch_example_terms.json":                  "terms that are merged (H-216)",
}

func TestTheExamplesOfTheSpecificationPass(t *testing.T) {
	checked := map[string]int{}
	for _, e := range readFacts[[]example](t, "examples/index.json") {
		body := facts(t, filepath.Join("examples", e.File))
		if !json.Valid(body) {
			if !strings.HasPrefix(strings.Join(e.Errors, ""), "invalid JSON") {
				t.Errorf("%s is no JSON", e.File)
			}
			continue
		}
		t.Run(e.File, func(t *testing.T) {
			got, known := e.check(t, body)
			if !known {
				return
			}
			checked[e.Version]++
			want := e.structural()
			switch _, lenient := leniences[e.File]; {
			case lenient && len(want) == 0:
				t.Error("what is put up with?")
			case lenient:
				want = nil
			}
			if len(got) != len(want) {
				t.Errorf("findings %q\nthe specification has %q", got, want)
			}
		})
	}
	for version, least := range map[string]int{"2.1.1": 25, "2.2.1": 50, "2.3.0": 50, "2.3.0-payments": 10, "2.3.0-bookings": 8} {
		if checked[version] < least {
			t.Errorf("only %d examples of %s were found", checked[version], version)
		}
	}
}

// check checks the objects of an example: the type env:Token* is a list of
// tokens in an envelope.
func (e example) check(t *testing.T, body []byte) (found []string, known bool) {
	t.Helper()
	version, _, _ := strings.Cut(e.Version, "-")
	v, class := ocpi.Version(version), strings.TrimSuffix(strings.TrimPrefix(e.Type, "env:"), "*")
	if strings.HasPrefix(e.Type, "env:") {
		data, ok := ocpi.Find(body, "data")
		if !ok {
			t.Fatal("the envelope holds no data")
		}
		body = data.Value
	}
	bodies := [][]byte{body}
	if strings.HasSuffix(e.Type, "*") {
		bodies = slices.Collect(ocpi.Elements(body))
	}
	for _, b := range bodies {
		found = append(found, findingsOf(v, class, string(b), e.Partial)...)
	}
	return slices.DeleteFunc(found, func(f string) bool {
		return e.Partial && f == "/last_updated is required" // a fragment, not a PATCH
	}), ocpi.Fields(v, class) != nil
}

var structuralError = regexp.MustCompile(`required field missing or null|expected (JSON|list)|at least one`)

// structural are the errors that are faults of the structure: no lengths, no
// values.
func (e example) structural() []string {
	return slices.DeleteFunc(slices.Clone(e.Errors), func(err string) bool { return !structuralError.MatchString(err) })
}

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// finding is a row of hubctl quality.
type finding struct {
	Party, Module, Kind, Field string
	Count                      int64
	Example                    struct {
		ObjectID string `json:"object_id"`
		Pointer  string
		Value    string
	}
}

func (f finding) String() string {
	return strings.Join([]string{f.Party, f.Module, f.Kind, f.Field}, " ")
}

// wantFindings waits until hubctl quality shows exactly these rows.
func (h *hubProcess) wantFindings(want ...string) (rows []finding) {
	h.t.Helper()
	slices.Sort(want)
	eventually(h.t, untilDelivered, "the findings", func() error {
		rows = nil
		h.hubctl(&rows, "quality")
		var got []string
		for _, r := range rows {
			got = append(got, r.String())
		}
		slices.Sort(got)
		if diff := gocmp.Diff(want, got); diff != "" {
			return fmt.Errorf("(-want +got)\n%s", diff)
		}
		return nil
	})
	return rows
}

// quietly wants the hub to have no word to say about the examples, but for what
// is wrong with them: the CDR has latitude and longitude swapped, and two
// patches are older than the session that they are sent for.
func (s *stand) quietly(t *testing.T) {
	rows := s.h.wantFindings(
		"BE*BEC cdrs bad_coordinates cdr_location.coordinates",
		"NL*STK sessions went_back last_updated",
	)
	if e := rows[0].Example; e.ObjectID != "12345" || e.Pointer != "/cdr_location/coordinates" {
		t.Errorf("the example is %+v", e)
	}
}

// knownBad are the examples that break the specification, where they belong,
// and what the hub must say of them.
var knownBad = []struct {
	file     string
	module   ocpi.ModuleID
	path     string
	pointers []string // named by the refusal
	findings []string
}{
	{
		"location_put_example_add_evse.json", ocpi.Locations, "BE/BEC/LOC1/3256",
		[]string{
			"/connectors/0/power_type", "/connectors/0/max_voltage", "/connectors/0/max_amperage", "/connectors/0/last_updated",
			"/physical_reference",
		},
		[]string{
			"missing evses.connectors.power_type", "missing evses.connectors.max_voltage", "missing evses.connectors.max_amperage",
			"missing evses.connectors.last_updated", "wrong_type evses.physical_reference", "misspelled_field evses.floor",
		},
	},
	{"tariff_put_example.json", ocpi.Tariffs, "DE/ALL/12", []string{"/last_updated"}, []string{"missing last_updated"}},
}

func TestTheKnownBadExamplesOfTheSpecificationAreRefusedAndReported(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	var want []string
	for _, bad := range knownBad {
		req := s.bad(bad.file, bad.module, bad.path)
		reply := ask(t, s.cpo, req)
		if reply.Status != 200 || reply.Code() != 2001 {
			t.Errorf("%s: H-052 answered %d with %d", bad.file, reply.Status, reply.Code())
		}
		for _, pointer := range bad.pointers {
			if !strings.Contains(reply.Envelope.StatusMessage, pointer+" ") {
				t.Errorf("%s: %s is not named: %s", bad.file, pointer, reply.Envelope.StatusMessage)
			}
		}
		for _, f := range bad.findings {
			want = append(want, req.From.String()+" "+string(bad.module)+" "+f)
		}
	}
	s.h.wantFindings(want...)
	if calls := s.emsp.Calls(ocpitest.Is("", "PUT")); slices.ContainsFunc(calls, func(c ocpitest.Call) bool { return c.Module != ocpi.HubClientInfo }) {
		t.Errorf("something was forwarded: %v", calls)
	}
}

func TestH207_WhereTheHubOnlyReportsTheKnownBadExamplesGoThrough(t *testing.T) {
	t.Parallel()
	s := newStand(t, "OCPI_HUB_VALIDATION_MODE=report")
	s.wantThrough(t, whole(ocpi.Locations, s.examples["location_example.json"].body), ocpi.NewPartyID("NL", "TNM"))
	var want []string
	for _, bad := range knownBad {
		req := s.bad(bad.file, bad.module, bad.path)
		s.wantThrough(t, req, ocpi.NewPartyID("NL", "TNM"))
		for _, f := range bad.findings {
			want = append(want, req.From.String()+" "+string(bad.module)+" "+f)
		}
	}
	rows := s.h.wantFindings(want...)
	i := slices.IndexFunc(rows, func(f finding) bool { return f.Field == "evses.physical_reference" })
	if e := rows[i].Example; e.ObjectID != "LOC1/3256" || e.Pointer != "/physical_reference" || e.Value != "3" {
		t.Errorf("the example is %+v", e)
	}
	s.h.hubctl(nil, "quality", "clear", "--party", "BE*BEC")
	s.h.wantFindings("DE*ALL tariffs missing last_updated")
	if err := s.h.stop(); err != nil {
		t.Error(err)
	}
	s.h.start()
	s.h.wantFindings("DE*ALL tariffs missing last_updated") // counts outlive the process
}

// bad makes the PUT of an example that is known to be bad.
func (s *stand) bad(file string, module ocpi.ModuleID, path string) ocpitest.Request {
	req := patch(module, path, s.examples[file].body)
	req.Method, req.To = http.MethodPut, ocpi.NewPartyID("NL", "TNM")
	return req
}

func TestH051_TheExampleThatIsNoJSONIs400(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	req := s.bad("inline_clientinfo_put_example.json", ocpi.Tariffs, "DE/ALL/12")
	if reply := ask(t, s.cpo, req); reply.Status != 400 || reply.Code() != 2001 {
		t.Errorf("answered %d with %d", reply.Status, reply.Code())
	}
}

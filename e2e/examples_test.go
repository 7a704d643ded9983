package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// example is an example of the specification, as its index describes it.
type example struct {
	Version, File, Type string
	Partial             bool
	Errors              []string // what the example itself breaks
	body                []byte
}

func (e example) name() string { return e.File[strings.IndexByte(e.File, '/')+1:] }

// examplesOf reads the examples of a version of OCPI, which are kept beside the
// checkout and are no part of it. Without them the test is skipped, but not in
// CI.
func examplesOf(t *testing.T, v ocpi.Version) map[string]example {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "ocpi", "examples")
	index, err := os.ReadFile(filepath.Join(dir, "index.json"))
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("THE EXAMPLES OF THE SPECIFICATION ARE MISSING: %v", err)
	case err != nil:
		t.Skipf("THE EXAMPLES OF THE SPECIFICATION ARE MISSING, NOTHING IS PROVEN HERE: %v", err)
	}
	var all []example
	if err := json.Unmarshal(index, &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]example{}
	for _, e := range all {
		if e.Version != string(v) {
			continue
		}
		if e.body, err = os.ReadFile(filepath.Join(dir, e.File)); err != nil {
			t.Fatal(err)
		}
		out[e.name()] = e
	}
	return out
}

// stand is a hub between platforms of the parties that occur in the examples.
type stand struct {
	h        *hubProcess
	cpo      *ocpitest.Platform
	emsp     *ocpitest.Platform
	examples map[string]example
	left     map[string]bool // examples that nothing was done with yet
	sent     int
}

func newStand(t *testing.T, env ...string) *stand {
	t.Helper()
	return newStandIn(t, ocpi.V221, env...)
}

func newStandIn(t *testing.T, v ocpi.Version, env ...string) *stand {
	t.Helper()
	s := &stand{examples: examplesOf(t, v), left: map[string]bool{}}
	for name := range s.examples {
		s.left[name] = true
	}
	s.h = startHub(t, env...)
	cpo, emsp := platformOf(ocpi.CPO, "BE*BEC", "SE*EVC", "NL*ALF", "NL*ALL", "DE*ALL", "NL*STK", "CA*FLO"), platformOf(ocpi.EMSP, "DE*TNM", "NL*TNM", "NL*TST")
	cpo.Versions, emsp.Versions = []ocpi.Version{v}, []ocpi.Version{v}
	s.cpo, s.emsp = s.h.join(cpo), s.h.join(emsp)
	return s
}

// take returns the examples of some types that are fit to be sent, the oldest
// first.
func (s *stand) take(partial bool, types ...string) []example {
	var out []example
	for _, e := range s.examples {
		if len(e.Errors) == 0 && e.Partial == partial && slices.Contains(types, e.Type) && s.left[e.name()] {
			out = append(out, e)
			delete(s.left, e.name())
		}
	}
	slices.SortFunc(out, func(a, b example) int {
		return cmp.Or(cmp.Compare(ocpi.FindString(a.body, "last_updated"), ocpi.FindString(b.body, "last_updated")), cmp.Compare(a.File, b.File))
	})
	return out
}

// moduleOf says which module carries objects of a type.
var moduleOf = map[string]ocpi.ModuleID{
	"Location": ocpi.Locations, "EVSE": ocpi.Locations, "Connector": ocpi.Locations,
	"Tariff": ocpi.Tariffs, "Token": ocpi.Tokens, "Session": ocpi.Sessions, "CDR": ocpi.CDRs,
}

// whole makes the push of a whole object.
func whole(module ocpi.ModuleID, body []byte) ocpitest.Request {
	country, party := ocpi.FindString(body, "country_code"), ocpi.FindString(body, "party_id")
	req := ocpitest.Request{Module: module, Interface: ocpi.Receiver, Method: http.MethodPut, From: ocpi.NewPartyID(country, party), Body: body}
	switch module {
	case ocpi.CDRs:
		req.Method = http.MethodPost
	case ocpi.Tokens:
		req.Path = country + "/" + party + "/" + ocpi.FindString(body, "uid")
		req.Query = map[string][]string{"type": {ocpi.FindString(body, "type")}}
	default:
		req.Path = country + "/" + party + "/" + ocpi.FindString(body, "id")
	}
	return req
}

// patch makes the PATCH of an object at a path.
func patch(module ocpi.ModuleID, path string, body []byte) ocpitest.Request {
	owner := strings.SplitN(path, "/", 3)
	return ocpitest.Request{
		Module: module, Interface: ocpi.Receiver, Method: http.MethodPatch, Path: path,
		From: ocpi.NewPartyID(owner[0], owner[1]), Body: body,
	}
}

// wantThrough sends a request to somebody, to the hub for all, or without a
// receiver, and wants every copy that arrives to be the same byte for byte.
func (s *stand) wantThrough(t *testing.T, req ocpitest.Request, to ocpi.PartyID) {
	t.Helper()
	by, at, copies := s.cpo, s.emsp, 1
	if req.Module == ocpi.Tokens {
		by, at = s.emsp, s.cpo
	}
	if to == hubParty {
		copies = len(at.Parties())
	}
	s.sent++
	req.To, req.CorrelationID = to, fmt.Sprint("example ", s.sent)
	if reply := ask(t, by, req); !reply.OK() {
		t.Errorf("to %s: %v", to, reply.Err())
		return
	}
	mine := func(c ocpitest.Call) bool { return c.CorrelationID() == req.CorrelationID }
	holds(t, at, "every copy arrives", func() bool { return len(at.Calls(mine)) >= copies })
	for _, call := range at.Calls(mine) {
		if string(call.Body) != string(req.Body) || call.Method != req.Method || call.Below != req.Path && call.Below != "/"+req.Path {
			t.Errorf("to %s: %s %s arrived:\n%s", to, call.Method, call.Below, call.Body)
		}
	}
}

// receivers are those to whom a push of a module can be sent.
func receivers(module ocpi.ModuleID, body []byte) []ocpi.PartyID {
	switch module {
	case ocpi.Sessions, ocpi.CDRs:
		token := ocpi.FindObject(body, "cdr_token")
		return []ocpi.PartyID{ocpi.NewPartyID(ocpi.FindString(token, "country_code"), ocpi.FindString(token, "party_id")), {}}
	case ocpi.Tokens:
		return []ocpi.PartyID{ocpi.NewPartyID("BE", "BEC"), hubParty}
	}
	return []ocpi.PartyID{ocpi.NewPartyID("NL", "TNM"), hubParty}
}

// wholes sends every whole object to one party and to all.
func (s *stand) wholes(t *testing.T) {
	for _, e := range s.take(false, "Location", "Tariff", "Token", "Session", "CDR") {
		t.Run(e.name(), func(t *testing.T) {
			for _, to := range receivers(moduleOf[e.Type], e.body) {
				s.wantThrough(t, whole(moduleOf[e.Type], e.body), to)
			}
		})
	}
}

func TestH076_TheExamplesOfTheSpecificationGoThroughByteForByte(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.wholes(t)
	s.fragments(t)
	s.patches(t)
	s.tokensInAnswers(t)
	s.quietly(t)
	for _, bad := range []string{"location_put_example_add_evse.json", "tariff_put_example.json", "inline_clientinfo_put_example.json"} {
		delete(s.left, bad) // see the tests below
	}
	for name := range s.left {
		if kind := s.examples[name].Type; !strings.Contains(kind, "Version") && kind != "Credentials" {
			t.Errorf("nothing was done with %s", name) // and those two are the hub's own reading: see below and parties/partner
		}
	}
}

// fragments sends the examples that are a part of a location within the one
// that is whole.
func (s *stand) fragments(t *testing.T) {
	location := s.examples["location_example.json"].body
	for _, e := range append(s.take(false, "Hours", "DisplayText"), s.take(true, "Location")...) {
		body := location
		switch {
		case e.Type == "Hours":
			body = ocpi.SetMember(body, "opening_times", e.body)
		case e.Type == "DisplayText":
			body = ocpi.SetMember(body, "directions", slices.Concat([]byte("["), e.body, []byte("]")))
		case ocpi.FindString(e.body, "last_updated") != "":
			s.left[e.name()] = true // a PATCH
			continue
		default:
			for m := range ocpi.Members(e.body) {
				body = ocpi.SetMember(body, m.Name, m.Value)
			}
		}
		t.Run(e.name(), func(t *testing.T) {
			for _, to := range receivers(ocpi.Locations, body) {
				s.wantThrough(t, whole(ocpi.Locations, body), to)
			}
		})
	}
}

// patches sends the examples of PATCH, for objects that were sent before.
func (s *stand) patches(t *testing.T) {
	paths := map[string]string{
		"Location": "BE/BEC/LOC1", "EVSE": "BE/BEC/LOC1/3256", "Connector": "BE/BEC/LOC1/3256/1",
		"Session": "NL/STK/101", "Token": "NL/TNM/012345678",
	}
	for _, e := range s.take(true, "Location", "EVSE", "Connector", "Token") {
		t.Run(e.name(), func(t *testing.T) {
			module := moduleOf[e.Type]
			for _, to := range receivers(module, e.body) {
				s.wantThrough(t, patch(module, paths[e.Type], e.body), to)
			}
		})
	}
	for _, e := range s.take(true, "Session") {
		t.Run(e.name(), func(t *testing.T) {
			// The examples are of 2019, the session is of 2020: the receiver is
			// named, and the hub's own copy stays newer.
			s.wantThrough(t, patch(ocpi.Sessions, paths[e.Type], e.body), ocpi.NewPartyID("NL", "TST"))
		})
	}
}

// tokensInAnswers has the platforms hold the tokens of the examples of answers,
// and asks for them through the hub.
func (s *stand) tokensInAnswers(t *testing.T) {
	bec, tnm := ocpi.NewPartyID("BE", "BEC"), ocpi.NewPartyID("DE", "TNM")
	for _, e := range s.take(false, "env:Token") {
		t.Run(e.name(), func(t *testing.T) {
			data, _ := ocpi.Find(e.body, "data")
			s.wantThrough(t, whole(ocpi.Tokens, data.Value), bec)
			reply := ask(t, s.emsp, ocpitest.Request{
				Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: http.MethodGet,
				Path: "DE/TNM/" + ocpi.FindString(data.Value, "uid"), From: tnm, To: bec,
			})
			if string(reply.Envelope.Data) != string(data.Value) {
				t.Errorf("the answer is %s", reply.Body)
			}
		})
	}
	for _, e := range s.take(false, "env:Token*") {
		t.Run(e.name(), func(t *testing.T) {
			data, _ := ocpi.Find(e.body, "data")
			var want []string
			for token := range ocpi.Elements(data.Value) {
				s.emsp.Offer(ocpi.Tokens, token)
				want = append(want, string(token))
			}
			owner := ocpi.NewPartyID(ocpi.FindString([]byte(want[0]), "country_code"), ocpi.FindString([]byte(want[0]), "party_id"))
			reply := ask(t, s.cpo, ocpitest.Request{
				Module: ocpi.Tokens, Interface: ocpi.Sender, Method: http.MethodGet, From: bec, To: owner,
			})
			var got []string
			for token := range ocpi.Elements(reply.Envelope.Data) {
				got = append(got, string(token))
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

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

func TestTheCredentialsOfTheExamplesRegisterTheirParties(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	o := platformOf(ocpi.CPO, "NL*EXA", "NL*EXO", "NL*PFC", "NL*CGP")
	o.Parties = append(o.Parties, platformOf(ocpi.EMSP, "NL*EXA").Parties...)
	p := s.h.join(o)
	partner, err := p.Partner()
	if err != nil {
		t.Fatal(err)
	}
	for token := partner.Token; len(s.left) > 0; {
		list := s.take(false, "Credentials")
		if len(list) == 0 {
			break
		}
		for _, e := range list {
			p.AcceptToken(ocpi.FindString(e.body, "token"))
			reply := ask(t, p, ocpitest.Request{
				Module: ocpi.Credentials, Method: http.MethodPut, Token: token,
				Body: ocpi.SetMember(e.body, "url", ocpi.Quote(p.VersionsURL())),
			})
			if !reply.OK() {
				t.Fatalf("%s: %v", e.name(), reply.Err())
			}
			token = ocpi.FindString(reply.Envelope.Data, "token")
			s.wantRoles(t, o.Name, e)
		}
	}
}

// wantRoles compares the parties of a platform with the roles of an example.
func (s *stand) wantRoles(t *testing.T, name string, e example) {
	t.Helper()
	type role struct {
		Role        string
		CountryCode string `json:"country_code"`
		PartyID     string `json:"party_id"`
	}
	var want struct{ Roles []role }
	if err := json.Unmarshal(e.body, &want); err != nil {
		t.Fatal(err)
	}
	var platforms []struct {
		Name    string
		Parties []role
	}
	s.h.hubctl(&platforms, "platforms", "list")
	for _, p := range platforms {
		if p.Name != name {
			continue
		}
		slices.SortFunc(p.Parties, func(a, b role) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		slices.SortFunc(want.Roles, func(a, b role) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if diff := gocmp.Diff(want.Roles, p.Parties); diff != "" {
			t.Errorf("%s (-want +got)\n%s", e.name(), diff)
		}
	}
}

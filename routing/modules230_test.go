package routing

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

var ptp = ocpi.NewPartyID("SE", "PAY")

// newWorld230 is a world of platforms that speak 2.3.0: a CPO, an eMSP and a
// payment terminal provider. What is broadcast is in its feed.
func newWorld230(t *testing.T) (*world, *taken) {
	w := newWorld(t)
	var all []*parties.Platform
	for _, p := range []parties.Party{party(ocpi.CPO, cpo), party(ocpi.EMSP, emsp), party(ocpi.PTP, ptp)} {
		h := home(p.Party.String(), parties.Connected, p)
		h.Version, h.Endpoints = ocpi.V230, nil
		for _, at := range ocpi.Addresses(ocpi.V230) {
			h.Endpoints = append(h.Endpoints, ocpi.Endpoint{
				Module: at.Module, Interface: at.Interface, URL: "http://127.0.0.1/" + h.ID + "/" + string(at.Interface) + "/" + string(at.Module),
			})
		}
		all = append(all, h)
		w.script[p.Party] = says(`{}`)
	}
	w.directory = parties.NewDirectory(all, 1)
	feed := &taken{}
	w.Feed = feed
	return w, feed
}

// taken is what a feed was given.
type taken struct{ changes []fanout.Change }

func (f *taken) Accept(_ context.Context, c fanout.Change) error {
	f.changes = append(f.changes, c)
	return nil
}

func on(m ocpi.ModuleID, i ocpi.Interface) ocpi.Address {
	return ocpi.Address{Version: ocpi.V230, Module: m, Interface: i}
}

// called is the path at the party that was called last.
func (w *world) called() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) == 0 {
		return "nobody"
	}
	c := w.calls[len(w.calls)-1]
	u, _ := url.Parse(c.URL)
	return c.Method + " " + strings.TrimPrefix(u.EscapedPath(), "/")
}

func refused(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("got %v, want a refusal of kind %v", err, kind)
	}
}

const terminal = `{"terminal_id":"T1","location_ids":["L1"],"last_updated":"2026-01-01T00:00:00Z"}`

func TestH213_PaymentsGoByOCPIToAloneAndTowardsTheSenderInterface(t *testing.T) {
	w, feed := newWorld230(t)
	for method, path := range map[string]string{"PATCH": "terminals/T1", "PUT": "terminals/T1", "POST": "terminals/activate", "GET": "terminals/T1"} {
		if _, err := w.send(method, on(ocpi.Payments, ocpi.Sender), path, terminal, ptp); err != nil {
			t.Fatal(err)
		}
		if got := w.called(); got != method+" SE*PAY/SENDER/payments/"+path {
			t.Errorf("it went to %s", got)
		}
		for _, to := range []ocpi.PartyID{hub, {}} {
			_, err := w.send(method, on(ocpi.Payments, ocpi.Sender), path, terminal, to)
			refused(t, err, fault.Invalid)
		}
	}
	if _, err := w.sendFrom(ptp, "POST", on(ocpi.Payments, ocpi.Receiver), "terminals", terminal, cpo); err != nil || w.called() != "POST DE*ABC/RECEIVER/payments/terminals" {
		t.Errorf("a terminal for its CPO: %v, %s", err, w.called())
	}
	confirmation := `{"id":"F1","authorization_reference":"A1","total_costs":{"before_taxes":1},"currency":"EUR","eft_data":["x"],"capture_status_code":"SUCCESS","last_updated":"2026-01-01T00:00:00Z"}`
	_, err := w.sendFrom(ptp, "POST", on(ocpi.Payments, ocpi.Receiver), "financial-advice-confirmations", confirmation, ocpi.PartyID{})
	refused(t, err, fault.Invalid)
	_, err = w.send("GET", on(ocpi.Payments, ocpi.Sender), "terminals", "", hub)
	refused(t, err, fault.Invalid)
	_, err = w.send("GET", on(ocpi.Payments, ocpi.Sender), "terminals", "", emsp)
	refused(t, err, fault.UnknownReceiver)
	if len(feed.changes) > 0 {
		t.Errorf("%d messages were broadcast", len(feed.changes))
	}
}

func TestTheNextPageOfAListWithAPathOfItsOwnLeadsThere(t *testing.T) {
	w, _ := newWorld230(t)
	w.script[ptp] = func(_ context.Context, c peer.Call) (peer.Reply, error) {
		r := reply(200, ocpi.StatusOK, `[`+terminal+`]`)
		r.TotalCount = "2"
		return r, nil
	}
	answer, err := w.send("GET", on(ocpi.Payments, ocpi.Sender), "terminals", "", ptp)
	if err != nil || !strings.HasPrefix(answer.Link, "<http://hub/ocpi/2.3.0/sender/payments/terminals?") {
		t.Fatalf("got %q, %v", answer.Link, err)
	}
	next, _ := ocpi.ParseLinkNext([]string{answer.Link})
	u, _ := url.Parse(next)
	rule, segments, _, _ := ocpi.Match(on(ocpi.Payments, ocpi.Sender), "GET", "terminals")
	_, err = w.Route(t.Context(), &Message{Rule: rule, Segments: segments, Path: "terminals", Query: u.RawQuery, Sender: w.directory.Homes(cpo)[0].Platform, Routing: ocpi.Routing{From: cpo, To: ptp}})
	if err != nil || w.called() != "GET SE*PAY/SENDER/payments/terminals" {
		t.Errorf("the next page was asked for at %s, %v", w.called(), err)
	}
}

const invoice = `{"country_code":"DE","party_id":"ABC","id":"I1","cdr_references":[],"invoice_reference_id":"R1","last_updated":"2026-01-01T00:00:00Z"}`

func TestH214_ARecordOfAnInvoiceIsCreatedByPOSTAndKeptForItsReceiver(t *testing.T) {
	w, _ := newWorld230(t)
	w.Enforce = false // its class is tried elsewhere
	if _, err := w.send("POST", on(ocpi.InvoiceReconciliation, ocpi.Receiver), "", invoice, emsp); err != nil || w.called() != "POST NL*TNM/RECEIVER/invoicereconciliation" {
		t.Fatalf("%v, %s", err, w.called())
	}
	answer, err := w.sendFrom(emsp, "GET", on(ocpi.InvoiceReconciliation, ocpi.Sender), "", "", hub)
	if err != nil || !strings.Contains(string(answer.Body), invoice) {
		t.Errorf("the list of its receiver: %s, %v", answer.Body, err)
	}
	answer, err = w.sendFrom(ptp, "GET", on(ocpi.InvoiceReconciliation, ocpi.Sender), "", "", hub)
	if err != nil || strings.Contains(string(answer.Body), "I1") {
		t.Errorf("the list of another: %s, %v", answer.Body, err)
	}
	_, err = w.send("POST", on(ocpi.InvoiceReconciliation, ocpi.Receiver), "", strings.Replace(invoice, "ABC", "XYZ", 1), emsp)
	refused(t, err, fault.ForeignOwner)
}

func TestH215_RecordsOfInvoicesAreOfEitherSideAndForNobodyButTheOneThatTheyName(t *testing.T) {
	w, feed := newWorld230(t)
	w.Enforce = false
	for method, path := range map[string]string{"POST": "", "PUT": "DE/ABC/I1", "DELETE": "DE/ABC/I1", "GET": "DE/ABC/I1"} {
		for _, to := range []ocpi.PartyID{hub, {}} {
			_, err := w.send(method, on(ocpi.InvoiceReconciliation, ocpi.Receiver), path, invoice, to)
			refused(t, err, fault.Invalid)
		}
	}
	theirs := strings.NewReplacer("DE", "NL", "ABC", "TNM").Replace(invoice)
	if _, err := w.sendFrom(emsp, "PUT", on(ocpi.InvoiceReconciliation, ocpi.Receiver), "NL/TNM/I1", theirs, cpo); err != nil {
		t.Errorf("one of an eMSP: %v", err)
	}
	if got := w.asked(); len(got) != 1 || len(feed.changes) > 0 {
		t.Errorf("asked %v, broadcast %d", got, len(feed.changes))
	}
}

const (
	bookingLocation = `{"country_code":"DE","party_id":"ABC","id":"BL1","location_id":"L1","booking_terms":{"supported_access_methods":["OPEN"],"change_until_minutes":5,"cancel_until_minutes":5},"calendars":[],"last_updated":"2026-01-01T00:00:00Z"}`
	calendar        = `{"id":"K1","begin_from":"2026-01-01T00:00:00Z","end_before":"2026-02-01T00:00:00Z","available_timeslots":[{"start_date_time":"2026-01-01T00:00:00Z","end_date_time":"2026-01-01T01:00:00Z"}],"last_updated":"2026-01-01T00:00:01Z"}`
	bookingRequest  = `{"country_code":"NL","party_id":"TNM","request_id":"Q1","location_id":"L1","booking_location_id":"BL1","period":{"start_date_time":"2026-01-01T00:00:00Z","end_date_time":"2026-01-01T01:00:00Z"},"authorization_reference":"A1"}`
)

func booking(requests string) string {
	return `{"id":"B1","country_code":"DE","party_id":"ABC","request_id":"Q1","location_id":"L1","period":{"start_date_time":"2026-01-01T00:00:00Z","end_date_time":"2026-01-01T01:00:00Z"},` +
		`"reservation_status":"PENDING","authorization_reference":"A1","booking_terms":{"supported_access_methods":["OPEN"],"change_until_minutes":5,"cancel_until_minutes":5},` +
		`"booking_requests":[` + requests + `],"last_updated":"2026-01-01T00:00:00Z"}`
}

func TestH180_ABookingGoesToItsCPOAndBackWithoutOCPITo(t *testing.T) {
	w, feed := newWorld230(t)
	put := func(path, body string) {
		t.Helper()
		if _, err := w.send("PUT", on(ocpi.Bookings, ocpi.Receiver), path, body, hub); err != nil {
			t.Fatal(err)
		}
	}
	put("DE/ABC/booking_locations/BL1", bookingLocation)
	put("DE/ABC/booking_locations/BL1/K1", calendar)
	if len(feed.changes) != 2 || feed.changes[0].Key.ID != "BL1" || feed.changes[1].Key.ID != "BL1" || feed.changes[1].Part.Calendar != "K1" {
		t.Fatalf("broadcast were %+v", feed.changes)
	}
	w.script[cpo] = says(booking(""))
	if _, err := w.sendFrom(emsp, "POST", on(ocpi.Bookings, ocpi.Sender), "", bookingRequest, ocpi.PartyID{}); err != nil || w.called() != "POST DE*ABC/SENDER/bookings" {
		t.Fatalf("the request: %v, %s", err, w.called())
	}
	for _, c := range []struct{ method, body string }{
		{"PATCH", `{"reservation_status":"RESERVED","last_updated":"2026-01-01T00:00:01Z"}`},
		{"PUT", booking(`{"request_status":"PENDING","booking_request":` + bookingRequest + `,"request_received":"2026-01-01T00:00:00Z"}`)},
		{"GET", ""},
	} {
		for _, to := range []ocpi.PartyID{{}, hub, emsp} {
			if c.method == "GET" && to == hub {
				continue // there is nothing at a receiver to ask all for
			}
			if _, err := w.send(c.method, on(ocpi.Bookings, ocpi.Receiver), "DE/ABC/B1", c.body, to); err != nil || w.called() != c.method+" NL*TNM/RECEIVER/bookings/DE/ABC/B1" {
				t.Errorf("%s to %s: %v, %s", c.method, to, err, w.called())
			}
		}
	}
	_, err := w.send("PATCH", on(ocpi.Bookings, ocpi.Receiver), "DE/ABC/B2", `{"reservation_status":"RESERVED","last_updated":"2026-01-01T00:00:01Z"}`, ocpi.PartyID{})
	refused(t, err, fault.UnknownReceiver)
	if stats, err := w.Catalog.Stats(t.Context()); err != nil || len(stats) != 1 || stats[0].Objects != 1 {
		t.Errorf("the hub holds %+v, %v: want the booking location and no booking", stats, err)
	}
	_, err = w.sendFrom(emsp, "GET", on(ocpi.Bookings, ocpi.Sender), "", "", hub)
	refused(t, err, fault.Invalid)
}

func TestBookingLocationsAreListedAndFoundByTheirID(t *testing.T) {
	w, _ := newWorld230(t)
	for path, body := range map[string]string{"DE/ABC/booking_locations/BL1": bookingLocation} {
		if _, err := w.send("PUT", on(ocpi.Bookings, ocpi.Receiver), path, body, hub); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.send("PUT", on(ocpi.Bookings, ocpi.Receiver), "DE/ABC/booking_locations/BL1/K1", calendar, hub); err != nil {
		t.Fatal(err)
	}
	answer, err := w.sendFrom(emsp, "GET", on(ocpi.Bookings, ocpi.Sender), "booking_locations", "", hub)
	if err != nil || !strings.Contains(string(answer.Body), `"calendars":[`+calendar+`]`) {
		t.Errorf("the list: %s, %v", answer.Body, err)
	}
	for _, path := range []string{"booking_locations/BL1", "booking_locations/bl1/K1"} {
		if _, err := w.sendFrom(emsp, "GET", on(ocpi.Bookings, ocpi.Sender), path, "", ocpi.PartyID{}); err != nil || w.called() != "GET DE*ABC/SENDER/bookings/"+path {
			t.Errorf("%s: %v, %s", path, err, w.called())
		}
	}
	answer, err = w.send("GET", on(ocpi.Bookings, ocpi.Receiver), "DE/ABC/booking_locations/BL1/K1", "", ocpi.PartyID{})
	if err != nil || !strings.Contains(string(answer.Body), calendar) {
		t.Errorf("the hub's copy of the calendar: %s, %v", answer.Body, err)
	}
	_, err = w.send("PUT", on(ocpi.Bookings, ocpi.Receiver), "DE/ABC/booking_locations/BL1", strings.Replace(bookingLocation, "ABC", "XYZ", 1), hub)
	refused(t, err, fault.ForeignOwner)
	_, err = w.send("PUT", on(ocpi.Bookings, ocpi.Receiver), "DE/ABC/booking_locations/BL1/K2", calendar, hub)
	refused(t, err, fault.Invalid)
}

func TestH181_APathOfBookingsThatTheTableLacksGoesOnAsItCame(t *testing.T) {
	w, _ := newWorld230(t)
	for _, c := range []struct{ method, path string }{{"DELETE", "DE/ABC/B1"}, {"PUT", "NL/TNM/requests/Q%201/x"}} {
		rule, why := ocpi.MatchOpaque(on(ocpi.Bookings, ocpi.Receiver), c.method, c.path)
		if why != ocpi.Matched {
			t.Fatalf("%s %s: %v", c.method, c.path, why)
		}
		m := &Message{Rule: rule, Path: c.path, Sender: w.directory.Homes(cpo)[0].Platform, Routing: ocpi.Routing{From: cpo, To: emsp}}
		if _, err := w.Route(t.Context(), m); err != nil || w.called() != c.method+" NL*TNM/RECEIVER/bookings/"+c.path {
			t.Errorf("%v, %s", err, w.called())
		}
		m.Routing.To = hub
		_, err := w.Route(t.Context(), m)
		refused(t, err, fault.Invalid)
	}
	if _, why := ocpi.MatchOpaque(on(ocpi.Locations, ocpi.Receiver), "DELETE", "x"); why != ocpi.NoModule {
		t.Errorf("locations: %v", why)
	}
	if _, why := ocpi.MatchOpaque(ocpi.Address{Version: ocpi.V221, Module: ocpi.Bookings, Interface: ocpi.Receiver}, "DELETE", "x"); why != ocpi.NoModule {
		t.Errorf("2.2.1: %v", why)
	}
}

func TestH216_APATCHOfABookingLocationMergesItsTermsInTheHubsCopy(t *testing.T) {
	w, _ := newWorld230(t)
	for _, push := range []struct{ method, path, body string }{
		{"PUT", "DE/ABC/booking_locations/BL1", bookingLocation},
		{"PATCH", "DE/ABC/booking_locations/BL1", `{"booking_terms":{"noshow_fee":true,"cancel_until_minutes":9},"last_updated":"2026-01-01T00:00:05Z"}`},
	} {
		if _, err := w.send(push.method, on(ocpi.Bookings, ocpi.Receiver), push.path, push.body, hub); err != nil {
			t.Fatal(err)
		}
	}
	o, err := w.Catalog.Get(t.Context(), catalog.Key{Module: ocpi.Bookings, Owner: cpo, ID: "BL1"}, catalog.Part{})
	want := `"booking_terms":{"supported_access_methods":["OPEN"],"change_until_minutes":5,"cancel_until_minutes":9,"noshow_fee":true}`
	if err != nil || !strings.Contains(string(o.Body), want) {
		t.Errorf("got %s, %v", o.Body, err)
	}
}

func TestH162_AnEMAIDThatNobodyPushedIsAskedAboutAtTheEMSPOfItsBeginning(t *testing.T) {
	w := newWorld(t, emsp, emsp230)
	w.script[emsp], w.script[emsp230] = says(`{"allowed":"ALLOWED"}`), unknown
	w.Authorization.Contracts = []ContractsOf{{"NL", emsp230}, {"NL-TNM", emsp}, {"FR", other}}
	ask := func(emaid, kind string) (Answer, error) {
		rule, segments, _, _ := ocpi.Match(ocpi.Address{Version: ocpi.V230, Module: ocpi.Tokens, Interface: ocpi.Sender}, "POST", emaid+"/authorize")
		return w.Route(t.Context(), &Message{Rule: rule, Sender: w.cpo, Path: emaid + "/authorize", Segments: segments, Query: "type=" + kind, Routing: ocpi.Routing{From: cpo}})
	}
	for emaid, want := range map[string]string{"NLTNMC00122045K": "NL*TNM", "nl-tnm-c00122045-k": "NL*TNM", "NL-XYZ-C1": "BE*ECO"} {
		w.calls = nil
		if _, err := ask(emaid, "EMAID"); err != nil || strings.Join(w.asked(), " ") != want {
			t.Errorf("%s: asked %v, %v; want %s", emaid, w.asked(), err, want)
		}
	}
	for emaid, kind := range map[string]string{"DE8AAC1": "EMAID", "FR-OTH-C1": "EMAID", "NLTNM1": "RFID"} {
		w.calls = nil
		if _, err := ask(emaid, kind); err != nil || len(w.asked()) != 2 {
			t.Errorf("%s %s: asked %v, %v; want all", kind, emaid, w.asked(), err)
		}
	}
	w.script[emsp] = unknown
	_, err := ask("DE8AAC1", "EMAID")
	refused(t, err, fault.UnknownToken)
}

var emsp230 = ocpi.NewPartyID("BE", "ECO")

func TestH176_ACommandOutsideTheListIsForwarded(t *testing.T) {
	w, _ := newWorld230(t)
	body := `{"response_url":"http://127.0.0.1/cb","location_id":"L1"}`
	if _, err := w.sendFrom(emsp, "POST", on(ocpi.Commands, ocpi.Receiver), "FOO", body, cpo); err != nil || w.called() != "POST DE*ABC/RECEIVER/commands/FOO" {
		t.Errorf("%v, %s", err, w.called())
	}
}

func TestH102_APaymentTerminalProviderGetsLocationsAndTariffs(t *testing.T) {
	w, _ := newWorld230(t)
	a := Audience{Registry: w, Now: time.Now}
	for module, want := range map[ocpi.ModuleID]int{ocpi.Locations: 1, ocpi.Tariffs: 1, ocpi.Bookings: 0} {
		got := a.Receivers("SE*PAY", fanout.Change{Key: catalog.Key{Module: module, Owner: cpo}, Role: ocpi.CPO})
		if len(got) != want {
			t.Errorf("%s: %v", module, got)
		}
	}
}

func TestH212_ARoleThatIsNotInTheListIsTreatedAsOTHER(t *testing.T) {
	if !ocpi.PTP.Plays(ocpi.Payments, ocpi.Sender) || !ocpi.Role("PARKING").Plays(ocpi.Locations, ocpi.Receiver) || ocpi.Role("PARKING").Operates() {
		t.Error("it does not stand where OTHER does")
	}
}

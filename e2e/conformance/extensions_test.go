package conformance

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// The extensions of 2.3.0: payments, bookings, and invoice reconciliation.

func (s *stage) bookingLocation(cpo *ocpitest.Platform, to ocpi.PartyID) ocpitest.Request {
	body := `{"country_code":"` + id(cpo).Country + `","party_id":"` + id(cpo).ID + `","id":"` + s.id("BL") + `","location_id":"` + s.id("L1") + `",` +
		`"calendars":[],"last_updated":"` + s.at(0) + `"}`
	return ocpitest.Request{
		Module: ocpi.Bookings, Interface: ocpi.Receiver, Method: http.MethodPut, From: id(cpo), To: to,
		Path: id(cpo).Country + "/" + id(cpo).ID + "/booking_locations/" + s.id("BL"), Body: []byte(body),
	}
}

// invoice is a record of an invoice of a party.
func (s *stage) invoice(owner ocpi.PartyID) string {
	return `{"country_code":"` + owner.Country + `","party_id":"` + owner.ID + `","id":"` + s.id("I") + `","invoice_id":"2026-17","cdrs":["C1"],"last_updated":"` + s.at(0) + `"}`
}

func (s *stage) period() string {
	return `{"start_date_time":"` + s.at(60) + `","end_date_time":"` + s.at(120) + `"}`
}

func TestH180_BookingsGoRoundTrip(t *testing.T) {
	s := newStage(t)
	cpo, emsp, other := s.cpo(), s.emsp(), s.emsp()
	request := `{"country_code":"` + id(emsp).Country + `","party_id":"` + id(emsp).ID + `","request_id":"` + s.id("Q") + `","location_id":"` + s.id("L1") + `",` +
		`"booking_location_id":"` + s.id("BL") + `","period":` + s.period() + `,"authorization_reference":"R1"}`
	reply := s.ok(emsp, ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodPost, To: id(cpo), Body: []byte(request)})
	s.check(string(s.came(cpo, reply).Body) == request, "the request came as %s", s.came(cpo, reply).Body)
	booking := string(reply.Envelope.Data)
	s.check(field(booking, "reservation_status") == "PENDING" && field(booking, "request_id") == s.id("Q"), "it is answered %s", booking)
	name := field(booking, "id")
	at := receiver(ocpi.Bookings, http.MethodPut, id(emsp), id(cpo), name)
	at.Body = []byte(booking)
	s.check(string(s.came(emsp, s.ok(cpo, at)).Body) == booking, "the booking did not come as it was")
	change := `{"reservation_status":"RESERVED","last_updated":"` + s.at(1) + `"}`
	for _, to := range []ocpi.PartyID{id(emsp), nobody} {
		reply := s.ok(cpo, patch(ocpi.Bookings, to, id(cpo), change, name))
		s.check(string(s.came(emsp, reply).Body) == change && len(other.Calls(of(reply))) == 0, "to %s: another got it", to)
	}
	edited := strings.Replace(request, s.period(), `{"start_date_time":"`+s.at(60)+`","end_date_time":"`+s.at(180)+`"}`, 1)
	reply = s.ok(emsp, ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodPost, To: id(cpo), Body: []byte(edited)})
	s.check(field(string(s.came(cpo, reply).Body), "request_id") == s.id("Q"), "the edit came as %s", s.came(cpo, reply).Body)
}

func TestH181_AllShapesOfThePathsOfBookingsAreForwarded(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	var got []string
	edit, _ := s.stub(ocpi.Bookings, ocpi.Receiver, func(r *http.Request, _ []byte) (int, http.Header, string) {
		got = append(got, r.Method+" "+strings.TrimPrefix(r.URL.EscapedPath(), "/stub/"))
		return 200, nil, `{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`
	})
	o := s.options(ocpi.EMSP)
	o.Endpoints = edit
	emsp := s.join(o)
	place := s.bookingLocation(cpo, id(emsp))
	owner := id(cpo).Country + "/" + id(cpo).ID
	specified := owner + "/booking_locations/" + s.id("BL")
	for _, shape := range []struct{ method, path, comes string }{
		{"PUT", specified, specified},
		{"PUT", "bookinglocations/" + owner + "/" + s.id("BL"), specified}, // the examples have it
		{"DELETE", owner + "/" + s.id("B"), owner + "/" + s.id("B")},
		{"DELETE", owner + "/requests/" + s.id("Q") + "/x%20y", owner + "/requests/" + s.id("Q") + "/x%20y"},
	} {
		req := place
		req.Method, req.Path = shape.method, shape.path
		if shape.method == "DELETE" {
			req.Body = nil
		}
		s.ok(cpo, req)
		s.check(len(got) > 0 && got[len(got)-1] == shape.method+" "+shape.comes, "%s %s came as %v", shape.method, shape.path, got)
	}
}

func TestH212_TheRolePTPIsTaken(t *testing.T) {
	s := newStage(t)
	ptp := s.join(s.options(ocpi.PTP))
	cpo := s.cpo()
	s.check(reaches(cpo, ptp), "the CPO is told of %v", cpo.Reachable())
	reply := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	s.wait(ptp, "a location that is for all", of(reply), to(id(ptp)))
}

func TestH213_PaymentsAreRoutedByTOAlone(t *testing.T) {
	s := newStage(t)
	cpo, ptp := s.cpo(), s.join(s.options(ocpi.PTP))
	terminal := `{"terminal_id":"` + s.id("T") + `","country_code":"` + id(cpo).Country + `","party_id":"` + id(cpo).ID + `","location_ids":["` + s.id("L1") + `"],"last_updated":"` + s.at(0) + `"}`
	offer(ptp, ocpi.Payments, terminal)
	at := ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Sender, Method: http.MethodPatch, Path: "terminals/" + s.id("T"), Body: []byte(`{"location_ids":["X"]}`)}
	for _, method := range []string{http.MethodPatch, http.MethodPut} {
		req := at
		req.Method, req.To = method, id(ptp)
		if method == http.MethodPut {
			req.Body = []byte(terminal)
		}
		call := s.came(ptp, s.ok(cpo, req))
		s.check(call.Interface == ocpi.Sender && string(call.Body) == string(req.Body), "%s came as %v %s", method, call, call.Body)
		for _, to := range []ocpi.PartyID{cpo.Hub(), nobody} {
			req.To = to
			s.refused(cpo, req, 200, 2001, ptp)
		}
	}
	order := ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Sender, Method: http.MethodPost, Path: "terminals/activate", To: id(ptp), Body: []byte(terminal)}
	s.check(string(s.came(ptp, s.ok(cpo, order)).Body) == terminal, "the activation did not come as it was")
	back := ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Receiver, Method: http.MethodPost, Path: "terminals", To: id(cpo), Body: []byte(terminal)}
	s.check(string(s.came(cpo, s.ok(ptp, back)).Body) == terminal, "the terminal did not come as it was")
}

func TestH214_ARecordOfAnInvoiceIsCreatedByPOST(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for owner, at := range map[*ocpitest.Platform]*ocpitest.Platform{cpo: emsp, emsp: cpo} { // either may bill
		body := s.invoice(id(owner))
		post := ocpitest.Request{Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver, Method: http.MethodPost, From: id(owner), To: id(at), Body: []byte(body)}
		call := s.came(at, s.ok(owner, post))
		s.check(call.Method == http.MethodPost && string(call.Body) == body, "it came as %v %s", call, call.Body)
	}
}

func TestH215_ARecordOfAnInvoiceIsNeverBroadcast(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	post := ocpitest.Request{Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver, Method: http.MethodPost, From: id(cpo), Body: []byte(s.invoice(id(cpo)))}
	whole := receiver(ocpi.InvoiceReconciliation, http.MethodPut, nobody, id(cpo), s.id("I"))
	whole.Body = post.Body
	for _, req := range []ocpitest.Request{post, whole} {
		for _, to := range []ocpi.PartyID{cpo.Hub(), nobody} {
			req.To = to
			s.refused(cpo, req, 200, 2001, emsp)
		}
	}
}

// The branch of the bookings extension has no invoices, and lengths that core
// edition 2 has lifted.
func TestH217_Edition2WinsOverTheDrafts(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	s.operator()
	listed := map[string]int{}
	for _, e := range s.details(cpo) {
		listed[e.Identifier]++
	}
	for _, m := range append([]ocpi.ModuleID{ocpi.InvoiceReconciliation, ocpi.Bookings, ocpi.Payments}, functional...) {
		s.check(listed[string(m)] == 2, "%s is listed %d times", m, listed[string(m)])
	}
	long := with(location(id(cpo), s.id("L1"), s.at(0)), "address", `"`+strings.Repeat("a", 255)+`"`)
	s.passes(cpo, emsp, ocpi.Locations, with(with(long, "state", `"`+strings.Repeat("s", 45)+`"`), "name", `"`+strings.Repeat("n", 300)+`"`))
	s.eventually("what is too long in edition 2 is counted", func() bool { return s.found(id(cpo), "too_long", "name") == 1 })
	for _, name := range []string{"address", "state"} {
		s.check(s.found(id(cpo), "too_long", name) == 0, "%s has the length of the draft", name)
	}
}

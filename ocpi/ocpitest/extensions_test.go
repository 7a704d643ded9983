package ocpitest_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

var terminals = ocpi.NewPartyID("SE", "PTP")

// newest starts a CPO and another platform of 2.3.0, and registers the first
// with the second.
func newest(t *testing.T, other ocpitest.Party) (cpo, theirs *ocpitest.Platform) {
	t.Helper()
	return pair(t, func(c, e *ocpitest.Options) {
		c.Versions, e.Versions = []ocpi.Version{ocpi.V230}, []ocpi.Version{ocpi.V230}
		e.Parties = []ocpitest.Party{other}
	})
}

func TestATerminalIsActivatedPlacedAndTakenAway(t *testing.T) {
	cpo, ptp := newest(t, ocpitest.Party{Role: ocpi.PTP, ID: terminals})
	ctx := within(t)
	order := []byte(`{"customer_reference":"K1","party_id":"CDR","country_code":"NL","last_updated":"2025-01-01T00:00:00Z"}`)
	ask := func(method, path string, body []byte) ocpitest.Reply {
		reply, err := cpo.Do(ctx, ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Sender, Method: method, Path: path, To: terminals, Body: body})
		return mustOK(t, reply, err)
	}
	ask(http.MethodPost, "terminals/activate", order)
	offered := ptp.Offers(ocpi.Payments)
	if len(offered) != 1 || offered[0].ID == "" || offered[0].Type != ocpitest.Terminals {
		t.Fatalf("activated are %+v", offered)
	}
	reply, err := ptp.Push(ctx, ocpi.Payments, cedar, offered[0].Raw)
	mustOK(t, reply, err)
	if got, ok := cpo.Object(offered[0].Key, cedar); !ok || got.From != terminals {
		t.Errorf("the CPO has %+v", cpo.Objects(ocpi.Payments, nil))
	}
	ask(http.MethodPatch, "terminals/"+offered[0].ID, []byte(`{"location_ids":["LOC1"]}`))
	at, _ := ocpi.Find(ask(http.MethodGet, "terminals/"+offered[0].ID, nil).Envelope.Data, "location_ids")
	if string(at.Value) != `["LOC1"]` {
		t.Errorf("the terminal stands at %s", at.Value)
	}
	ask(http.MethodPost, "terminals/"+offered[0].ID+"/deactivate", nil)
	if got := ask(http.MethodGet, "terminals", nil); string(got.Envelope.Data) != "[]" {
		t.Errorf("after it was deactivated there is %s", got.Envelope.Data)
	}
}

func TestAConfirmationOfAPaymentReachesTheCPO(t *testing.T) {
	cpo, ptp := newest(t, ocpitest.Party{Role: ocpi.PTP, ID: terminals})
	confirmation := []byte(`{"id":"F1","authorization_reference":"R1","total_costs":{"before_taxes":3.10},"currency":"EUR",` +
		`"eft_data":["x"],"capture_status_code":"SUCCESS","last_updated":"2025-01-01T00:00:00Z"}`)
	mustBeSound(t, ocpi.V230, "FinancialAdviceConfirmation", confirmation)
	reply, err := ptp.Push(within(t), ocpi.Payments, cedar, confirmation)
	mustOK(t, reply, err)
	reply, err = ptp.Do(within(t), ocpitest.Request{
		Module: ocpi.Payments, Interface: ocpi.Receiver, Method: http.MethodGet, Path: "financial-advice-confirmations/F1", To: cedar,
	})
	if mustOK(t, reply, err); string(reply.Envelope.Data) != string(confirmation) {
		t.Errorf("the CPO gives back %s", reply.Envelope.Data)
	}
	crawl, err := cpo.GetAll(within(t), ocpitest.List{Module: ocpi.Payments, Path: "financial-advice-confirmations", To: terminals}, nil)
	if err != nil || crawl.Objects != 1 {
		t.Errorf("listed are %d confirmations, %v", crawl.Objects, err)
	}
}

func TestABookingIsAskedForAndThenChanged(t *testing.T) {
	cpo, emsp := newest(t, ocpitest.Party{Role: ocpi.EMSP, ID: drive})
	ctx := within(t)
	request := []byte(`{"country_code":"DE","party_id":"DRV","request_id":"Q1","location_id":"LOC1","booking_location_id":"B1",` +
		`"period":{"start_date_time":"2025-01-01T10:00:00Z","end_date_time":"2025-01-01T11:00:00Z"},"authorization_reference":"R1"}`)
	mustBeSound(t, ocpi.V230, "BookingRequest", request)
	reply, err := emsp.Do(ctx, ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodPost, To: cedar, Body: request})
	booking := mustOK(t, reply, err).Envelope.Data
	mustBeSound(t, ocpi.V230, "Booking", booking)
	reply, err = emsp.Do(ctx, ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodPost, To: cedar, Body: request})
	again := mustOK(t, reply, err).Envelope.Data
	asked, _ := ocpi.Find(again, "booking_requests")
	if ocpi.FindString(again, "id") != ocpi.FindString(booking, "id") || len(slices.Collect(ocpi.Elements(asked.Value))) != 2 {
		t.Errorf("asked once more it is %s", again)
	}
	reply, err = cpo.Push(ctx, ocpi.Bookings, drive, booking)
	mustOK(t, reply, err)
	change := ocpitest.Change{
		Key: cpo.KeyOf(ocpi.Bookings, booking), To: drive,
		Body: []byte(`{"reservation_status":"RESERVED","booking_terms":{"noshow_fee":true},"last_updated":"2099-01-01T00:00:00Z"}`),
	}
	reply, err = cpo.Patch(ctx, change)
	mustOK(t, reply, err)
	got, _ := emsp.Object(change.Key, drive)
	mustBeSound(t, ocpi.V230, "Booking", ocpi.SetMember(got.Raw, "last_updated", ocpi.Quote("2025-01-01T00:00:00Z")))
	if s := ocpi.FindString(got.Raw, "reservation_status"); s != "RESERVED" {
		t.Errorf("the eMSP has it as %s", s)
	}
}

func TestACalendarIsAPartOfItsBookingLocation(t *testing.T) {
	cpo, emsp := newest(t, ocpitest.Party{Role: ocpi.EMSP, ID: drive})
	ctx := within(t)
	place := []byte(`{"country_code":"NL","party_id":"CDR","id":"B1","location_id":"LOC1","last_updated":"2025-01-01T00:00:00Z"}`)
	reply, err := cpo.Push(ctx, ocpi.Bookings, drive, place)
	mustOK(t, reply, err)
	calendar := `{"id":"K1","begin_from":"2025-01-02T00:00:00Z","end_before":"2025-01-03T00:00:00Z","available_timeslots":[` +
		`{"start_date_time":"2025-01-02T10:00:00Z","end_date_time":"2025-01-02T11:00:00Z"}],"last_updated":"2025-01-01T00:00:00Z"}`
	of := cpo.KeyOf(ocpi.Bookings, place)
	reply, err = cpo.Put(ctx, ocpitest.Change{Key: of, Parts: []string{"K1"}, To: drive, Body: []byte(calendar)})
	mustOK(t, reply, err)
	got, _ := emsp.Object(of, drive)
	mustBeSound(t, ocpi.V230, "BookingLocation", got.Raw)
	for asker, req := range map[*ocpitest.Platform]ocpitest.Request{
		cpo:  {Interface: ocpi.Receiver, Path: "NL/CDR/booking_locations/B1/K1", To: drive},
		emsp: {Interface: ocpi.Sender, Path: "booking_locations/B1/K1", To: cedar},
	} {
		req.Module, req.Method = ocpi.Bookings, http.MethodGet
		reply, err := asker.Do(ctx, req)
		if mustOK(t, reply, err); string(reply.Envelope.Data) != calendar {
			t.Errorf("%s is %s", req.Path, reply.Envelope.Data)
		}
	}
}

func TestInvoicesGoToOneParty(t *testing.T) {
	cpo, emsp := newest(t, ocpitest.Party{Role: ocpi.EMSP, ID: drive})
	ctx := within(t)
	record := []byte(`{"country_code":"NL","party_id":"CDR","id":"I1","invoice_id":"2025-17","cdrs":["C1"],"last_updated":"2025-01-01T00:00:00Z"}`)
	mustBeSound(t, ocpi.V230, "InvoiceReconciliationRecord", record)
	reply, err := cpo.Do(ctx, ocpitest.Request{
		Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver, Method: http.MethodPost, From: cedar, To: drive, Body: record,
	})
	mustOK(t, reply, err)
	of := cpo.KeyOf(ocpi.InvoiceReconciliation, record)
	if got, ok := emsp.Object(of, drive); !ok || string(got.Raw) != string(record) {
		t.Errorf("the eMSP has %s", got.Raw)
	}
	reply, err = cpo.Push(ctx, ocpi.InvoiceReconciliation, drive, record)
	mustOK(t, reply, err)
	reply, err = cpo.Delete(ctx, of, drive)
	mustOK(t, reply, err)
	if got := emsp.Objects(ocpi.InvoiceReconciliation, nil); len(got) != 0 {
		t.Errorf("after DELETE the eMSP has %v", got)
	}
}

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// bookings offers a place to book, and lets an eMSP book it, change its mind and
// give it up.
func (w *world) bookings(t *testing.T) {
	cpo, emsp := w.newest()
	w.bookable(t, cpo, emsp)
	for i, way := range [][2]ocpi.PartyID{{cpo.id, emsp.id}, {}} { // as OCPI-to names them, and by the content
		w.book(t, cpo, emsp, fmt.Sprint("Q", i), way)
	}
	listed, err := emsp.GetAll(soon(t), ocpitest.List{Module: ocpi.Bookings, To: cpo.id}, nil)
	if err != nil || listed.Objects != 2 {
		t.Errorf("the CPO lists %+v, %v", listed, err)
	}
	w.refused(t, emsp, ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodGet, To: emsp.Hub()}, ocpi.StatusInvalidParameters)
	w.unbooked(t, cpo, emsp)
	w.without(t, ocpi.Bookings, "booking_locations")
}

// bookable pushes a place and its calendar to all, who have it in the hub's list
// and at its owner.
func (w *world) bookable(t *testing.T, cpo, emsp *resident) {
	t.Helper()
	place := w.stamped(fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":"B1","location_id":%q}`, cpo.id.Country, cpo.id.ID, cpo.place()))
	wantSound(t, "BookingLocation", place)
	key := cpo.KeyOf(ocpi.Bookings, place)
	for _, c := range []ocpitest.Change{
		{Body: place},
		{Parts: []string{"K1"}, Body: w.stamped(`{"id":"K1","begin_from":"2026-01-02T00:00:00Z","end_before":"2026-01-03T00:00:00Z",` +
			`"available_timeslots":[{"start_date_time":"2026-01-02T10:00:00Z","end_date_time":"2026-01-02T11:00:00Z"}]}`)},
	} {
		c.Key, c.To = key, cpo.Hub()
		reply, err := cpo.Put(soon(t), c)
		ok(t, "PUT of a place to book", reply, err)
	}
	reply, err := cpo.Patch(soon(t), ocpitest.Change{Key: key, To: cpo.Hub(), Body: w.stamped(`{"policy":{"reservation_required":true}}`)})
	ok(t, "PATCH of a place to book", reply, err)
	own, _ := cpo.Offered(key)
	holds(t, emsp.Platform, "the place to book is there", func() bool {
		got, _ := emsp.Object(key, emsp.id)
		return bytes.Equal(got.Raw, own.Raw)
	})
	listed := map[string]int{}
	_, err = emsp.GetAll(soon(t), ocpitest.List{Module: ocpi.Bookings, Path: "booking_locations", To: emsp.Hub()}, func(raw []byte) error {
		listed[string(raw)]++
		return nil
	})
	if err != nil || len(listed) != 1 || listed[string(own.Raw)] != 1 {
		t.Errorf("the hub lists %v, %v; want %s", listed, err, own.Raw)
	}
	at := ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodGet, Path: "booking_locations/B1/K1"}
	if got := emsp.tell(t, cpo, at); dig(got, "id") != "K1" {
		t.Errorf("its owner gives the calendar as %s", got)
	}
	at.Interface, at.Path, at.To = ocpi.Receiver, fmt.Sprintf("%s/%s/booking_locations/B1", cpo.id.Country, cpo.id.ID), emsp.id
	if got := cpo.tell(t, emsp, at); !bytes.Equal(got, own.Raw) {
		t.Errorf("the eMSP gives it back as %s", got)
	}
	if dig(own.Raw, "calendars.0.id") != "K1" {
		t.Errorf("the place is %s", own.Raw)
	}
}

func (w *world) wish(cpo, emsp *resident, request string) []byte {
	return fmt.Appendf(nil, `{"country_code":%q,"party_id":%q,"request_id":%q,"location_id":%q,"booking_location_id":"B1",`+
		`"period":{"start_date_time":"2026-01-02T10:00:00Z","end_date_time":"2026-01-02T11:00:00Z"},"authorization_reference":"R1"}`,
		emsp.id.Country, emsp.id.ID, request, cpo.place())
}

// book asks for a booking, which is pending, until the CPO has said what becomes
// of it; way is whom the messages to CPO and eMSP name.
func (w *world) book(t *testing.T, cpo, emsp *resident, request string, way [2]ocpi.PartyID) {
	t.Helper()
	ask := ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodPost, To: way[0], Body: w.wish(cpo, emsp, request)}
	wantSound(t, "BookingRequest", ask.Body)
	booking := emsp.tell(t, cpo, ask)
	wantSound(t, "Booking", booking)
	below := fmt.Sprintf("%s/%s/%s", cpo.id.Country, cpo.id.ID, dig(booking, "id"))
	say := func(method string, body []byte) {
		t.Helper()
		cpo.tell(t, emsp, ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Receiver, Method: method, Path: below, To: way[1], Body: body})
	}
	wants := func(status string) {
		t.Helper()
		got, _ := emsp.Object(cpo.KeyOf(ocpi.Bookings, booking), emsp.id)
		if dig(got.Raw, "reservation_status") != status || dig(got.Raw, "request_id") != request {
			t.Errorf("the eMSP has the booking as %s, want it %s", got.Raw, status)
		}
	}
	booking = w.stamped(string(booking))
	say(http.MethodPut, booking)
	wants("PENDING")
	say(http.MethodPatch, w.stamped(`{"reservation_status":"RESERVED"}`))
	wants("RESERVED")
	ask.Body = ocpi.SetMember(ask.Body, "power_required", []byte("50")) // a change has the same request_id (H-180)
	if got := emsp.tell(t, cpo, ask); dig(got, "id") != dig(booking, "id") || dig(got, "booking_requests.1.booking_request.power_required") != "50" {
		t.Errorf("the booking is changed to %s", got)
	}
	ask.Body = ocpi.SetMember(ask.Body, "canceled", []byte(`{"cancellation_reason":"UNKNOWN","who_canceled":"EMSP"}`))
	if request != "Q1" { // the other one stays
		return
	}
	emsp.tell(t, cpo, ask)
	say(http.MethodPatch, w.stamped(`{"reservation_status":"CANCELED","canceled":{"cancellation_reason":"UNKNOWN","who_canceled":"EMSP"}}`))
	wants("CANCELED")
}

// unbooked asks parties of older versions for bookings, or tells them of one.
func (w *world) unbooked(t *testing.T, cpo, emsp *resident) {
	t.Helper()
	for _, older := range w.cpos {
		if older.v == ocpi.V230 {
			continue
		}
		for _, to := range emsp.ways(older) {
			w.refused(t, emsp, ocpitest.Request{
				Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodPost, To: to, Body: ocpi.SetMember(w.wish(older, emsp, "Q9"), "booking_location_id", ocpi.Quote("B9")),
			}, ocpi.StatusHubError)
		}
	}
	for _, older := range w.emsps {
		if older.v == ocpi.V230 {
			continue
		}
		if got := older.Calls(ocpitest.Is(ocpi.Bookings, "")); len(got) > 0 {
			t.Errorf("%s was called %v", older.Name(), got)
		}
		booking := w.stamped(fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":"BK9","request_id":"Q9","location_id":%q,`+
			`"period":{"start_date_time":"2026-01-02T10:00:00Z","end_date_time":"2026-01-02T11:00:00Z"},"reservation_status":"PENDING","authorization_reference":"R1",`+
			`"booking_terms":{"supported_access_methods":["OPEN"],"change_until_minutes":60,"cancel_until_minutes":60},`+
			`"booking_requests":[{"request_status":"PENDING","request_received":"2026-01-01T00:00:00Z","booking_request":%s}]}`,
			cpo.id.Country, cpo.id.ID, cpo.place(), w.wish(cpo, older, "Q9")))
		wantSound(t, "Booking", booking)
		for _, to := range cpo.ways(older) {
			w.refused(t, cpo, ocpitest.Request{
				Module: ocpi.Bookings, Interface: ocpi.Receiver, Method: http.MethodPut, Path: fmt.Sprintf("%s/%s/BK9", cpo.id.Country, cpo.id.ID), To: to, Body: booking,
			}, ocpi.StatusHubError)
		}
	}
}

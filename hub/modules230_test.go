package hub_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

var provider = ocpi.NewPartyID("SE", "PAY")

// newest is a hub with a CPO and an eMSP that speak 2.3.0.
func newest(t *testing.T, edit ...func(*hub.Config)) (h *hub.Hub, c, e *ocpitest.Platform) {
	t.Helper()
	h = startHub(t, append([]func(*hub.Config){ofBoth}, edit...)...)
	return h, join(t, h, in230(of(ocpi.CPO, cpo))), join(t, h, in230(of(ocpi.EMSP, emsp)))
}

// taken expects 1000, with whatever HTTP status of success.
func taken(t *testing.T, reply ocpitest.Reply) {
	t.Helper()
	if !reply.OK() {
		t.Errorf("got HTTP %d with %d %q", reply.Status, reply.Code(), reply.Envelope.StatusMessage)
	}
}

const (
	bookable = `{"country_code":"DE","party_id":"ABC","id":"B1","location_id":"L1","last_updated":"2026-01-01T00:00:00Z"}`
	days     = `{"id":"K1","begin_from":"2026-01-02T00:00:00Z","end_before":"2026-01-03T00:00:00Z","available_timeslots":[` +
		`{"start_date_time":"2026-01-02T10:00:00Z","end_date_time":"2026-01-02T11:00:00Z"}],"last_updated":"2026-01-01T00:00:01Z"}`
	wish = `{"country_code":"NL","party_id":"TNM","request_id":"Q1","location_id":"L1","booking_location_id":"B1",` +
		`"period":{"start_date_time":"2026-01-02T10:00:00Z","end_date_time":"2026-01-02T11:00:00Z"},"authorization_reference":"R1"}`
)

func TestH180_BookingsOf230GoToAllAndThenBetweenTheTwo(t *testing.T) {
	_, c, e := newest(t)
	place := c.KeyOf(ocpi.Bookings, []byte(bookable))
	put := func(parts []string, body string) {
		t.Helper()
		reply, err := c.Put(patient(t), ocpitest.Change{Key: place, Parts: parts, To: hubParty, Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		want(t, reply, 200, 1000)
	}
	put(nil, bookable)
	put([]string{"K1"}, days)
	until(t, e, "the calendar", func() bool {
		o, _ := e.Object(place, emsp)
		return strings.Contains(string(o.Raw), `"K1"`)
	})
	ask := func(p *ocpitest.Platform, req ocpitest.Request) ocpitest.Reply {
		t.Helper()
		req.Module = ocpi.Bookings
		reply := send(t, p, req)
		taken(t, reply)
		return reply
	}
	list := ask(e, ocpitest.Request{Interface: ocpi.Sender, Method: http.MethodGet, Path: "booking_locations", To: hubParty})
	if !strings.Contains(string(list.Envelope.Data), days) {
		t.Errorf("the hub lists %s", list.Envelope.Data)
	}
	booking := ask(e, ocpitest.Request{Interface: ocpi.Sender, Method: http.MethodPost, Body: []byte(wish)}).Envelope.Data
	id := ocpi.FindString(booking, "id")
	ask(c, ocpitest.Request{Interface: ocpi.Receiver, Method: http.MethodPut, Path: "DE/ABC/" + id, Body: booking})
	ask(c, ocpitest.Request{
		Interface: ocpi.Receiver, Method: http.MethodPatch, Path: "DE/ABC/" + id, From: cpo,
		Body: []byte(`{"reservation_status":"RESERVED","last_updated":"2099-01-01T00:00:00Z"}`),
	})
	got, _ := e.Object(c.KeyOf(ocpi.Bookings, booking), emsp)
	if ocpi.FindString(got.Raw, "reservation_status") != "RESERVED" || got.From != cpo {
		t.Errorf("the eMSP has %s from %s", got.Raw, got.From)
	}
	want(t, send(t, e, ocpitest.Request{Module: ocpi.Bookings, Interface: ocpi.Sender, Method: http.MethodGet, To: hubParty}), 200, 2001)
}

func TestH212_H213_AProviderOfTerminalsIsReachedByOCPIToAlone(t *testing.T) {
	h, c, _ := newest(t)
	pay := join(t, h, in230(of(ocpi.PTP, provider)))
	order := `{"customer_reference":"K1","party_id":"ABC","country_code":"DE","last_updated":"2026-01-01T00:00:00Z"}`
	activate := ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Sender, Method: http.MethodPost, Path: "terminals/activate", To: provider, Body: []byte(order)}
	taken(t, send(t, c, activate))
	list := send(t, c, ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Sender, Method: http.MethodGet, Path: "terminals", To: provider})
	if want(t, list, 200, 1000); !strings.Contains(string(list.Envelope.Data), `"K1"`) {
		t.Errorf("its terminals are %s", list.Envelope.Data)
	}
	back := activate
	back.Path, back.Body = "terminals/"+pay.Offers(ocpi.Payments)[0].ID+"/deactivate", nil // it has no body
	taken(t, send(t, c, back))
	if left := pay.Offers(ocpi.Payments); len(left) > 0 {
		t.Errorf("a terminal that was given back is still there: %v", left)
	}
	activate.To = hubParty
	want(t, send(t, c, activate), 200, 2001)
}

func TestH215_ARecordOfAnInvoiceToTheHubIsRefused(t *testing.T) {
	_, c, _ := newest(t)
	want(t, send(t, c, ocpitest.Request{
		Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver, Method: http.MethodPost, To: hubParty, Body: []byte(`{"country_code":"DE","party_id":"ABC","id":"I1"}`),
	}), 200, 2001)
}

func TestH078_ValuesOutsideAnOpenEnumAreForwardedIn230(t *testing.T) {
	_, c, e := newest(t)
	body := strings.Replace(location(cpo, "L1", t0), "IEC_62196_T2", "FOO", 1)
	taken(t, send(t, c, putLocation(emsp, cpo, "L1", body)))
	if o, _ := e.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, emsp); string(o.Raw) != body {
		t.Errorf("it arrived as %s", o.Raw)
	}
}

func TestAnObjectOfAnotherVersionIsRefusedAtTheDoorUnlessTheHubOnlyReports(t *testing.T) {
	older := `{"country_code":"DE","party_id":"ABC","id":"T1","currency":"EUR","min_price":{"excl_vat":1,"incl_vat":1.21},` +
		`"elements":[{"price_components":[{"type":"FLAT","price":2.5,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`
	req := ocpitest.Request{Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: http.MethodPut, Path: "DE/ABC/T1", To: emsp, Body: []byte(older)}
	_, c, _ := newest(t)
	reply := send(t, c, req)
	if want(t, reply, 200, 2001); !strings.Contains(reply.Envelope.StatusMessage, "min_price.excl_vat") {
		t.Errorf("it says %s", reply.Envelope.StatusMessage)
	}
	_, c, e := newest(t, func(c *hub.Config) { c.Validation.Mode = hub.ValidationReport })
	taken(t, send(t, c, req))
	if o, _ := e.Object(ocpitest.Key{Module: ocpi.Tariffs, Owner: cpo, ID: "T1"}, emsp); string(o.Raw) != older {
		t.Errorf("it arrived as %s", o.Raw)
	}
}

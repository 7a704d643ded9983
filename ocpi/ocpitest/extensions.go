package ocpitest

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/ocpi"
)

// What 2.3.0 has beside the modules of 2.2.1: invoices, payments and bookings.

// receiveLoose serves what comes without its owner in the path, as Receiver:
// terminals and confirmations of payments, and new invoice records.
func (p *Platform) receiveLoose(in *incoming) answer {
	if in.Method == http.MethodGet {
		found, ok := p.held.get(Key{Module: in.Module, ID: in.segments[1], Type: in.segments[0]}, p.addressee(in))
		if !ok {
			return notFound()
		}
		return done(found.Raw)
	}
	if !isObject(in.Body) {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "want a JSON object")
	}
	if p.opts.Forget {
		return done(nil)
	}
	return p.keep(p.changeBy(in, ownKey(in.Module, in.Body)))
}

// sendPayment serves the terminals and confirmations that the platform offers.
// Others say where terminals stand, and order them (payments, Sender).
func (p *Platform) sendPayment(in *incoming) answer {
	key := Key{Module: in.Module, Type: in.segments[0], ID: in.segments[1]}
	switch {
	case in.Method == http.MethodGet:
		return p.giveOwn(in, key.Type, in.segments[1:])
	case in.Method == http.MethodPost && len(in.segments) == 2: // activate
		return p.activate(in)
	case in.Method == http.MethodPost: // deactivate
		if _, known := p.own.get(key, ocpi.PartyID{}); !known {
			return notFound()
		}
		p.Withdraw(key)
		return done(nil)
	}
	return kept(p.own.apply(change{version: in.Version, method: in.Method, key: key, body: in.Body}))
}

// activate gives a terminal that somebody orders its id, if it has none yet.
func (p *Platform) activate(in *incoming) answer {
	if !isObject(in.Body) {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "want a Terminal")
	}
	terminal := in.Body
	if ocpi.FindString(terminal, "terminal_id") == "" {
		terminal = ocpi.SetMember(terminal, "terminal_id", ocpi.Quote(uuid.NewString()))
	}
	if p.opts.Forget {
		return done(nil)
	}
	return kept(p.own.apply(change{version: in.Version, method: in.Method, key: ownKey(in.Module, terminal), body: terminal}))
}

// book takes a request for a booking, and answers with the booking, which is
// pending: its owner goes on by Push and Patch (bookings, POST). A request with the
// request_id of a booking asks to change it (H-180).
func (p *Platform) book(in *incoming) answer {
	if !isObject(in.Body) {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "want a BookingRequest")
	}
	booking := p.booked(in)
	if booking == nil {
		booking = p.booking(in)
	}
	booking = p.noteRequest(booking, in.Body)
	if !p.opts.Forget {
		_, _ = p.own.apply(change{version: in.Version, method: http.MethodPut, key: ownKey(in.Module, booking), body: booking}) // a whole object always fits
	}
	return done(booking)
}

// booked finds the booking that a request is about once more; nil for a new one.
func (p *Platform) booked(in *incoming) []byte {
	id, owner := ocpi.FindString(in.Body, "request_id"), p.addressee(in)
	found := p.own.all(in.Module, func(o Object) bool {
		return o.Type == "" && o.Owner == owner && ocpi.FindString(o.Raw, "request_id") == id
	})
	if len(found) == 0 {
		return nil
	}
	return found[0].Raw
}

// booking makes a booking of a request.
func (p *Platform) booking(in *incoming) []byte {
	owner := p.addressee(in)
	out := mustJSON(map[string]any{
		"country_code": owner.Country, "party_id": owner.ID, "id": uuid.NewString(),
		"reservation_status": "PENDING",
		"booking_terms": map[string]any{
			"supported_access_methods": []string{"OPEN"}, "change_until_minutes": 60, "cancel_until_minutes": 60,
		},
	})
	for _, name := range []string{"request_id", "location_id", "period", "authorization_reference"} {
		if asked, ok := ocpi.Find(in.Body, name); ok {
			out = ocpi.SetMember(out, name, asked.Value)
		}
	}
	return out
}

// noteRequest adds a request to those of a booking.
func (p *Platform) noteRequest(booking, asked []byte) []byte {
	now := ocpi.Quote(ocpi.FormatDateTime(p.opts.Now()))
	request := ocpi.SetMember([]byte("{}"), "request_status", ocpi.Quote("PENDING"))
	request = ocpi.SetMember(request, "booking_request", asked)
	request = ocpi.SetMember(request, "request_received", now)
	before, _ := ocpi.Find(booking, "booking_requests")
	booking = ocpi.SetMember(booking, "booking_requests", join(append(slices.Collect(ocpi.Elements(before.Value)), request)))
	return ocpi.SetMember(booking, "last_updated", now)
}

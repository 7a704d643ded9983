package routing

import (
	"context"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// bookingLife is how long the hub remembers between whom a booking is. Each
// message about it begins that time anew.
const bookingLife = 180 * 24 * time.Hour

// books says whether a message is about a booking: the request for one, or its
// state. The hub keeps none of them, only between whom they are: a booking holds
// what opens a gate.
func books(rule *ocpi.Rule) bool {
	return rule.Module == ocpi.Bookings && !rule.Opaque && (rule.Open == ocpi.OpenBooking || rule.Open == ocpi.OpenLocation)
}

// keepBooking remembers which eMSP a booking is for, so that what its CPO has to
// say of it later finds the way without OCPI-to. The answer to a request holds the
// booking that came of it (H-180).
func (r *Router) keepBooking(ctx context.Context, m *Message, plan Plan, p passage) error {
	cpo, emsp, id := plan.From.Party, plan.To, m.id()
	if m.Rule.Open == ocpi.OpenLocation {
		cpo, emsp, id = plan.To, plan.From.Party, ocpi.FindString(p.env.Data, "id")
	}
	if id == "" {
		return nil
	}
	return r.remember(ctx, trail.Booking, bookingKey(cpo, id), r.Now().Add(bookingLife), [2]trail.End{{Party: emsp}, {Party: cpo}})
}

// bookingKey: booking ids are unique per CPO only.
func bookingKey(cpo ocpi.PartyID, id string) string { return cpo.String() + "/" + strings.ToLower(id) }

// byBooking takes the eMSP that asked for a booking from its requests or, where
// the message has none, from what the hub remembers of the booking.
func (r *Router) byBooking(ctx context.Context, m *Message) (ocpi.PartyID, error) {
	var found ocpi.PartyID
	requests, _ := ocpi.Find(m.Body, "booking_requests")
	for status := range ocpi.Elements(requests.Value) {
		request := ocpi.FindObject(status, "booking_request")
		party := ocpi.NewPartyID(ocpi.FindString(request, "country_code"), ocpi.FindString(request, "party_id"))
		switch {
		case !party.Valid():
		case !found.IsZero() && found != party:
			return ocpi.PartyID{}, fault.New(fault.UnknownReceiver, "the requests of this booking are of several parties: name the receiver in OCPI-to")
		default:
			found = party
		}
	}
	if !found.IsZero() {
		return found, nil
	}
	return r.byTrail(ctx, trail.Booking, bookingKey(m.owner(), m.id()), func(t trail.Trail) ocpi.PartyID { return t.Asked.Party })
}

// byBookedLocation takes the owner of the booking location that a request names
// or, where the hub holds none of this id, of the location.
func (r *Router) byBookedLocation(ctx context.Context, m *Message, from Speaker) (ocpi.PartyID, error) {
	if id := ocpi.FindString(m.Body, "booking_location_id"); id != "" {
		owner, err := r.byOwner(ctx, m, ocpi.Bookings, id, from)
		if err == nil || !fault.Is(err, fault.UnknownReceiver) {
			return owner, err
		}
	}
	return r.byOwner(ctx, m, ocpi.Locations, ocpi.FindString(m.Body, "location_id"), from)
}

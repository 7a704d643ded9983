package routing

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// profileLife is how long the hub remembers who set a charging profile.
const profileLife = 30 * 24 * time.Hour

// keep notes what a message that the receiver took tells for later ones:
// objects that were sent to this party alone, reservations, charging profiles.
func (r *Router) keep(ctx context.Context, m *Message, plan Plan, p passage) error {
	if fateOf(p, nil) != catalog.Taken {
		return nil
	}
	switch {
	case books(m.Rule):
		return r.keepBooking(ctx, m, plan, p)
	case pushes(m.Rule):
		return r.keepObject(ctx, m, plan)
	case m.Rule.Module == ocpi.Commands && m.Rule.Path == "RESERVE_NOW":
		key := reservationKey(plan.From.Party, ocpi.FindString(m.Body, "reservation_id"))
		return r.remember(ctx, trail.Reservation, key, r.callbackExpiry(m), ends(m, plan, p.target))
	case m.Rule.Module == ocpi.ChargingProfiles && m.Rule.Method == http.MethodPut && m.Rule.Interface == ocpi.Receiver:
		key := profileKey(plan.To, m.id())
		return r.remember(ctx, trail.Profile, key, r.Now().Add(profileLife), ends(m, plan, p.target))
	}
	return nil
}

// keepObject keeps what one party was sent, for that party alone. The party has
// it, so that nobody waits until the hub's copy is written.
func (r *Router) keepObject(ctx context.Context, m *Message, plan Plan) error {
	change := r.keepable(m, plan)
	err := r.Copies.Later(ctx, change, func(outcome catalog.Outcome) {
		if outcome == catalog.Stale {
			r.inspectStale(m, change.Key.Owner)
		}
	})
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// atOnce writes copies without delay.
type atOnce struct{ catalog catalog.Store }

func (a atOnce) Later(ctx context.Context, c catalog.Change, then func(catalog.Outcome)) error {
	outcome, err := a.catalog.Apply(ctx, c)
	if err != nil && !errors.Is(err, catalog.ErrUnknown) {
		return err
	}
	then(outcome)
	return nil
}

// ends names the two ends of a message.
func ends(m *Message, plan Plan, target Target) [2]trail.End {
	return [2]trail.End{
		{Party: plan.From.Party, Platform: m.Sender.ID},
		{Party: plan.To, Platform: target.Platform.ID},
	}
}

func (r *Router) remember(ctx context.Context, kind trail.Kind, key string, expires time.Time, e [2]trail.End) error {
	err := r.Trails.Remember(ctx, trail.Trail{Kind: kind, Key: key, Asked: e[0], Answers: e[1], Expires: expires})
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// reservationKey: reservation ids are unique per eMSP only (H-179).
func reservationKey(emsp ocpi.PartyID, id string) string { return emsp.String() + "/" + id }

// profileKey: session ids are unique per CPO only.
func profileKey(cpo ocpi.PartyID, session string) string { return cpo.String() + "/" + session }

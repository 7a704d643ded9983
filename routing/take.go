package routing

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Pulled is an object that the hub read from a list of a platform.
type Pulled struct {
	Platform *parties.Platform
	Module   ocpi.ModuleID
	// Body is the object, checked as the body of a push is at the door.
	Body []byte
	// Asked is the time before the list was asked for.
	Asked         time.Time
	CorrelationID string
	// Repeat fans the object out although it is unchanged: the hub may have
	// stopped between storing it and publishing it.
	Repeat bool
}

// Take does with a pulled object what would be done with the owner's push of
// it to the hub, and says what came of it. Two things differ: nobody repeats
// it, so what is unchanged, apart from last_updated, goes no further; and what
// its party cannot be given now is kept for that party's own GET. Errors are
// faults; of kinds other than Unavailable and Internal they concern this object
// alone.
func (r *Router) Take(ctx context.Context, p Pulled) (catalog.Outcome, error) {
	m, err := p.message(r.Self.Party)
	if err != nil {
		return "", err
	}
	plan, err := Address(m, r.Self.Party)
	if err == nil {
		err = r.admit(m, plan.From)
	}
	switch {
	case err != nil:
		return "", err
	case plan.Way == Broadcast:
		return r.takeForAll(ctx, m, plan.From, p)
	case plan.Way == Open && personal(m):
		return r.takeForOne(ctx, m, plan)
	}
	return "", fault.New(fault.Invalid, "%s cannot be pulled", p.Module)
}

// message makes the push that the object could have come by.
func (p Pulled) message(hub ocpi.PartyID) (*Message, error) {
	country, party := p.owner()
	owner := ocpi.NewPartyID(country, party)
	if !p.Platform.Holds(owner) {
		return nil, fault.New(fault.ForeignOwner, "/country_code and /party_id name %s, which is no party of this platform", owner)
	}
	at := ocpi.Address{Version: p.Platform.Version, Module: p.Module, Interface: ocpi.Receiver}
	method, path := http.MethodPost, ""
	if p.Module != ocpi.CDRs {
		method, path = http.MethodPut, country+"/"+party+"/"+url.PathEscape(p.id())
	}
	rule, segments, _, why := ocpi.Match(at, method, path)
	if why != ocpi.Matched || p.id() == "" {
		return nil, fault.New(fault.Invalid, "the object has no id that can stand in a URL")
	}
	return &Message{
		Rule: rule, Sender: p.Platform, Routing: ocpi.Routing{To: hub, From: owner},
		Path: path, Segments: segments, Query: p.query(), Body: p.Body,
		RequestID: newRequestID(), CorrelationID: p.CorrelationID,
	}, nil
}

// owner is what the object says of it, as it is spelled there. An object of 2.1.1
// belongs to the one party of its platform.
func (p Pulled) owner() (country, party string) {
	if p.Platform.Version == ocpi.V211 && len(p.Platform.Parties) > 0 {
		only := p.Platform.Parties[0].Party
		return only.Country, only.ID
	}
	return ocpi.FindString(p.Body, "country_code"), ocpi.FindString(p.Body, "party_id")
}

func (p Pulled) id() string {
	if p.Module == ocpi.Tokens {
		return ocpi.FindString(p.Body, "uid")
	}
	return ocpi.FindString(p.Body, "id")
}

// query names the type of a token where it is not the one that is meant
// without (tokens, type parameter).
func (p Pulled) query() string {
	if kind := ocpi.FindString(p.Body, "type"); p.Module == ocpi.Tokens && kind != "" && kind != "RFID" {
		return "type=" + url.QueryEscape(kind)
	}
	return ""
}

// takeForAll is broadcast for an object that nobody waits for.
func (r *Router) takeForAll(ctx context.Context, m *Message, from Speaker, p Pulled) (catalog.Outcome, error) {
	change := r.change(m, catalog.Everyone)
	change.Asked = p.Asked
	r.Herald.Announced(ctx, from.Party)
	leave := r.lanes.enter(change.Key)
	defer leave()
	v, withdrawn, err := r.Guard.consider(ctx, change, r.heldEntry(m, change, from))
	switch {
	case err != nil:
		return "", err
	case v == holdBack:
		return catalog.Unchanged, nil
	case v == overtaken:
		return catalog.Stale, nil
	}
	held, err := r.Catalog.Get(ctx, change.Key, catalog.Part{})
	if err != nil && !errors.Is(err, catalog.ErrUnknown) {
		return "", unavailable(err)
	}
	outcome, err := r.store(ctx, change)
	if err != nil {
		return "", unavailable(err)
	}
	if outcome == catalog.Updated && sameContent(held.Body, m.Body) {
		outcome = catalog.Unchanged
	}
	if outcome == catalog.Stale {
		return outcome, nil
	}
	if outcome != catalog.Unchanged || p.Repeat {
		if err := r.Feed.Accept(ctx, entry(m, change, from)); err != nil {
			return outcome, err
		}
	}
	return outcome, r.Guard.withdraw(ctx, from.Party, withdrawn)
}

// takeForOne sends a session or a CDR to the party of its driver, unless the
// hub has it already.
func (r *Router) takeForOne(ctx context.Context, m *Message, plan Plan) (catalog.Outcome, error) {
	to, err := r.find(ctx, m, plan.From)
	if err != nil {
		return "", err
	}
	plan.To, plan.Reason = to, ByContent
	key := r.keepable(m, plan).Key
	leave := r.turns.alone(key)
	defer leave()
	held, err := r.Catalog.Get(ctx, key, catalog.Part{})
	switch {
	case errors.Is(err, catalog.ErrUnknown):
		return catalog.Created, r.hand(ctx, m, plan)
	case err != nil:
		return "", unavailable(err)
	case m.Rule.Module == ocpi.CDRs || !newer(m.Body, held.Body) || sameContent(held.Body, m.Body):
		return catalog.Unchanged, nil // a CDR does not change once it is sent
	}
	return catalog.Updated, r.hand(ctx, m, plan)
}

// newer says whether one object has a later last_updated than another.
func newer(object, than []byte) bool {
	a, ok := ocpi.LastUpdated(object)
	b, given := ocpi.LastUpdated(than)
	return !ok || !given || a.After(b)
}

// hand brings an object to its party, and keeps it for that party. One that
// cannot be reached, or takes no pushes of the module, finds it in the hub's
// list: that is where it looks when it is back (transport and format, Offline
// behaviour).
func (r *Router) hand(ctx context.Context, m *Message, plan Plan) error {
	began := r.Now()
	target, err := Permit(r.Registry.Directory(), plan.From, plan.To, m.Rule, r.Now())
	if fault.Is(err, fault.UnknownReceiver) {
		return err
	}
	p, err := r.convey(ctx, m, plan, target, err)
	r.Observe(ctx, r.record(m, &course{plan: plan}, p.answer, err, began))
	switch {
	case fault.Is(err, fault.Unavailable):
		return err
	case fateOf(p, err) == catalog.Refused:
		return fault.New(fault.Invalid, "%s refused it with %d: %.200q", plan.To, p.env.StatusCode, p.env.StatusMessage)
	}
	return nil
}

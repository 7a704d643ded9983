package routing

import (
	"context"
	"errors"
	"net/http"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/held"
)

// broadcast accepts a push for all: state first, then stream, then 1000. The
// receivers get their copies from the stream, whatever becomes of this process.
func (r *Router) broadcast(ctx context.Context, m *Message, co *course) (Answer, error) {
	from := co.plan.From
	change := r.change(m, catalog.Everyone)
	r.Herald.Announced(ctx, from.Party)
	leave := r.lanes.enter(change.Key)
	defer leave()
	v, withdrawn, err := r.Guard.consider(ctx, change, r.heldEntry(m, change, from))
	if err != nil {
		return Answer{}, err
	}
	if v == holdBack {
		co.plan.Reason = ByGuard
		return r.own(from.Party, nil), nil
	}
	outcome, err := r.store(ctx, change)
	if err != nil {
		return Answer{}, applyFault(err, m.Rule.Module)
	}
	if outcome == catalog.Stale {
		r.inspectStale(m, from.Party)
		return r.own(from.Party, nil), nil
	}
	// What is unchanged goes on as well: the sender repeats a push that was
	// stored, and got no answer because the stream failed.
	if err := r.Feed.Accept(ctx, entry(m, change, from)); err != nil {
		return Answer{}, err
	}
	if err := r.Guard.withdraw(ctx, from.Party, withdrawn); err != nil {
		return Answer{}, err
	}
	return r.taken(ctx, m, from), nil
}

// heldEntry is what is kept of a push that waits for the operator.
func (r *Router) heldEntry(m *Message, change catalog.Change, from Speaker) held.Entry {
	return held.Entry{Since: r.Now(), Push: entry(m, change, from)}
}

// entry is what the stream holds of a change.
func entry(m *Message, change catalog.Change, from Speaker) fanout.Change {
	return fanout.Change{
		Key: change.Key, Part: change.Part,
		Method: m.Rule.Method, Path: m.Path, Query: m.Query, Body: m.Body,
		Role: from.Role, Platform: m.Sender.ID, Version: m.Rule.Version,
		CorrelationID: m.CorrelationID,
	}
}

// change turns a push into a change of the catalog.
func (r *Router) change(m *Message, audience ocpi.PartyID) catalog.Change {
	c := catalog.Change{Key: objectKey(m, audience), Op: catalog.Op(m.Rule.Method), Version: m.Rule.Version, TimeZone: r.Interpreter.Choices.TimeZone, Body: m.Body, At: r.Now()}
	c.Part = partOf(m)
	if m.Rule.Method == http.MethodPost {
		c.Op = catalog.Put
	}
	return c
}

// objectKey names the object of a push. A CDR has its id in the body alone.
func objectKey(m *Message, audience ocpi.PartyID) catalog.Key {
	k := catalog.Key{Module: m.Rule.Module, Audience: audience}
	if !m.Rule.Owned() {
		k.Owner = ocpi.NewPartyID(ocpi.FindString(m.Body, "country_code"), ocpi.FindString(m.Body, "party_id"))
		k.ID = ocpi.FindString(m.Body, "id")
		return k
	}
	k.Owner, k.ID = m.owner(), m.id()
	if k.Module == ocpi.Tokens {
		k.ID = catalog.TokenID(m.id(), m.tokenType())
	}
	return k
}

// partOf is the part of an object that a message is about.
func partOf(m *Message) (part catalog.Part) {
	var below []string
	if at := m.Rule.IDAt() + 1; at < len(m.Segments) {
		below = m.Segments[at:]
	}
	switch {
	case len(below) == 0:
	case m.Rule.Module == ocpi.Bookings:
		part.Calendar = below[0]
	case m.Rule.Module == ocpi.Locations:
		part.EVSE = below[0]
		if len(below) > 1 {
			part.Connector = below[1]
		}
	}
	return part
}

// applyFault tells the sender why the catalog did not take a change.
func applyFault(err error, module ocpi.ModuleID) error {
	switch {
	case !errors.Is(err, catalog.ErrUnknown):
		return fault.Wrap(fault.Unavailable, err, "the hub cannot store now: try again")
	case module == ocpi.Locations:
		return fault.New(fault.UnknownLocation, "the hub does not hold this object: PUT the whole of it first")
	}
	return fault.New(fault.Invalid, "the hub does not hold this object: PUT the whole of it first")
}

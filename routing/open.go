package routing

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// open finds the receiver of a message without OCPI-to by its content, and
// forwards it there. What the content does not tell stays unknown (H-115); an
// id that several owners use is not guessed (H-116).
func (r *Router) open(ctx context.Context, m *Message, plan *Plan) (Answer, error) {
	switch m.Rule.Open {
	case ocpi.OpenNone:
		return r.hubsCopy(ctx, m, plan)
	case ocpi.OpenCDR:
		return r.fetchCDR(ctx, m, plan)
	case ocpi.OpenToken, ocpi.OpenCDRToken, ocpi.OpenLocation, ocpi.OpenSession, ocpi.OpenReservation, ocpi.OpenProfile,
		ocpi.OpenTerminal, ocpi.OpenConfirmation, ocpi.OpenParty, ocpi.OpenReference, ocpi.OpenBookingLocation, ocpi.OpenBooking:
	}
	to, err := r.find(ctx, m, plan.From)
	if err != nil {
		return Answer{}, err
	}
	plan.To, plan.Reason = to, ByContent
	return r.direct(ctx, m, *plan)
}

// find returns the party that the content of a message names.
func (r *Router) find(ctx context.Context, m *Message, from Speaker) (ocpi.PartyID, error) {
	switch m.Rule.Open {
	case ocpi.OpenCDRToken:
		return r.byCDRToken(ctx, m, from)
	case ocpi.OpenLocation:
		if m.Rule.Module == ocpi.Bookings {
			return r.byBookedLocation(ctx, m, from)
		}
		return r.byOwner(ctx, m, ocpi.Locations, contentID(m, "location_id"), from)
	case ocpi.OpenSession:
		return r.byOwner(ctx, m, ocpi.Sessions, contentID(m, "session_id"), from)
	case ocpi.OpenReservation:
		key := reservationKey(from.Party, ocpi.FindString(m.Body, "reservation_id"))
		return r.byTrail(ctx, trail.Reservation, key, func(t trail.Trail) ocpi.PartyID { return t.Answers.Party })
	case ocpi.OpenProfile:
		key := profileKey(from.Party, m.id())
		return r.byTrail(ctx, trail.Profile, key, func(t trail.Trail) ocpi.PartyID { return t.Asked.Party })
	case ocpi.OpenBookingLocation:
		return r.byOwner(ctx, m, ocpi.Bookings, m.id(), from)
	case ocpi.OpenBooking:
		return r.byBooking(ctx, m)
	case ocpi.OpenNone, ocpi.OpenToken, ocpi.OpenCDR:
	case ocpi.OpenTerminal, ocpi.OpenConfirmation, ocpi.OpenParty, ocpi.OpenReference: // these go by OCPI-to alone (H-213)
	}
	return ocpi.PartyID{}, notFound()
}

// contentID takes an id from the path where it holds one, else from the body.
func contentID(m *Message, member string) string {
	if m.Rule.Module == ocpi.Commands {
		return ocpi.FindString(m.Body, member)
	}
	return m.id()
}

// byCDRToken takes the eMSP from the cdr_token of the body, or, where a PATCH
// or GET has none, from the session that the hub saw before.
func (r *Router) byCDRToken(ctx context.Context, m *Message, from Speaker) (ocpi.PartyID, error) {
	party, err := r.tokenParty(ctx, m, from)
	if err != nil || party.Valid() {
		return party, err
	}
	if m.Rule.Module != ocpi.Sessions {
		return ocpi.PartyID{}, notFound()
	}
	held, err := r.Catalog.Owners(ctx, ocpi.Sessions, m.id(), catalog.Everyone)
	if err != nil {
		return ocpi.PartyID{}, unavailable(err)
	}
	return only(held, func(k catalog.Key) (ocpi.PartyID, bool) { return k.Audience, k.Owner == m.owner() })
}

// tokenParty is the eMSP that the body of a session or CDR names. In 2.1.1 it
// names a contract, whose token an eMSP gave to the hub.
func (r *Router) tokenParty(ctx context.Context, m *Message, from Speaker) (ocpi.PartyID, error) {
	if m.Rule.Version != ocpi.V211 {
		token := ocpi.FindObject(m.Body, "cdr_token")
		return ocpi.NewPartyID(ocpi.FindString(token, "country_code"), ocpi.FindString(token, "party_id")), nil
	}
	contract := ocpi.FindString(m.Body, "auth_id")
	if contract == "" {
		return ocpi.PartyID{}, nil
	}
	token, _, err := r.Interpreter.TokenOf(ctx, contract, from.Party)
	if err != nil {
		return ocpi.PartyID{}, unavailable(err)
	}
	return token.Party, nil
}

// byOwner takes the owner of an object that the sender may see, and may send
// the message to.
func (r *Router) byOwner(ctx context.Context, m *Message, module ocpi.ModuleID, id string, from Speaker) (ocpi.PartyID, error) {
	if id == "" {
		return ocpi.PartyID{}, fault.New(fault.UnknownReceiver, "without OCPI-to the body must name the object: add OCPI-to")
	}
	if m.Rule.Version == ocpi.V211 {
		return r.byOutsideID(ctx, m, module, id, from)
	}
	held, err := r.Catalog.Owners(ctx, module, id, from.Party)
	if err != nil {
		return ocpi.PartyID{}, unavailable(err)
	}
	dir, now := r.Registry.Directory(), r.Now()
	return only(held, func(k catalog.Key) (ocpi.PartyID, bool) { return k.Owner, known(dir, from, k.Owner, m.Rule, now) })
}

// byOutsideID takes the owner that the hub wrote into an id when it gave it to a
// party of 2.1.1.
func (r *Router) byOutsideID(ctx context.Context, m *Message, module ocpi.ModuleID, id string, from Speaker) (ocpi.PartyID, error) {
	owner, _, ok, err := r.Interpreter.Inside(ctx, module, id, from.Party)
	switch {
	case err != nil:
		return ocpi.PartyID{}, unavailable(err)
	case !ok || !known(r.Registry.Directory(), from, owner, m.Rule, r.Now()):
		return ocpi.PartyID{}, notFound()
	}
	return owner, nil
}

// only returns the one party that the keys lead to.
func only(held []catalog.Key, party func(catalog.Key) (ocpi.PartyID, bool)) (ocpi.PartyID, error) {
	var found ocpi.PartyID
	for _, k := range held {
		p, ok := party(k)
		if !ok || p == found {
			continue
		}
		if !found.IsZero() {
			return ocpi.PartyID{}, fault.New(fault.UnknownReceiver, "several parties use this id: name the receiver in OCPI-to")
		}
		found = p
	}
	if found.IsZero() {
		return ocpi.PartyID{}, notFound()
	}
	return found, nil
}

func (r *Router) byTrail(ctx context.Context, kind trail.Kind, key string, end func(trail.Trail) ocpi.PartyID) (ocpi.PartyID, error) {
	t, err := r.Trails.Recall(ctx, kind, key, r.Now())
	if errors.Is(err, trail.ErrUnknown) {
		return ocpi.PartyID{}, notFound()
	}
	if err != nil {
		return ocpi.PartyID{}, unavailable(err)
	}
	return end(t), nil
}

func notFound() error {
	return fault.New(fault.UnknownReceiver, "the content does not tell for whom this is: name the receiver in OCPI-to")
}

// hubsCopy answers an owner that asks for its object without naming a
// receiver: the hub's own copy is the only one that it can mean.
func (r *Router) hubsCopy(ctx context.Context, m *Message, plan *Plan) (Answer, error) {
	if m.Rule.Method != http.MethodGet || !m.Rule.Owned() {
		return Answer{}, notFound()
	}
	if m.owner() != plan.From.Party {
		return Answer{}, notFound()
	}
	plan.Reason = ByHubsCopy
	key := objectKey(m, catalog.Everyone)
	o, err := r.Catalog.Get(ctx, key, partOf(m))
	switch {
	case errors.Is(err, catalog.ErrUnknown):
		return Answer{}, fault.New(fault.NotFound, "the hub does not hold this object")
	case err != nil:
		return Answer{}, unavailable(err)
	}
	talk := interpret.HeldTalk(o, m.Rule.Version, plan.From.Party)
	talk.Class = interpret.Held(key.Module, partOf(m))
	bodies, did, err := carryEach(ctx, r.Interpreter, slices.Values([]catalog.Object{o}), func(o catalog.Object) (interpret.Talk, []byte) { return talk, o.Body })
	if err != nil {
		return Answer{}, err
	}
	if len(bodies) == 0 {
		return Answer{}, fault.New(fault.NotFound, "the hub holds this object in OCPI %s, and cannot show it in %s", o.Version, m.Rule.Version)
	}
	answer := r.own(plan.From.Party, bodies[0])
	answer.Bridged = did
	return answer, nil
}

// fetchCDR takes the Location that the hub gave for a CDR back to the one that
// the receiver gave. Only the platform that sent the CDR may.
func (r *Router) fetchCDR(ctx context.Context, m *Message, plan *Plan) (Answer, error) {
	t, err := r.Trails.Recall(ctx, trail.CDR, m.id(), r.Now())
	elsewhere := !plan.To.IsZero() && plan.To != r.Self.Party && plan.To != t.Answers.Party
	if err != nil || t.Asked.Platform != m.Sender.ID || elsewhere {
		return Answer{}, recallFault(err, "no CDR is known under this URL")
	}
	plan.To, plan.Reason = t.Answers.Party, ByContent
	if !known(r.Registry.Directory(), plan.From, plan.To, m.Rule, r.Now()) {
		return Answer{}, unknownReceiver(plan.To)
	}
	p, err := r.connected(t.Answers)
	if err != nil {
		return Answer{}, err
	}
	if !registeredLink(Target{Platform: p, Endpoint: t.URL}, t.URL) {
		return Answer{}, fault.New(fault.BadAnswer, "the receiver gave a Location outside its own platform")
	}
	p = asItSpoke(p, t.Version)
	l := leg{platform: p, module: m.Rule.Module, way: plan.Way, object: m.object(), attempt: 1, bodies: m.bodies(nil, nil)}
	settled := *plan // a copy: what a closure holds would cost every message an allocation
	l.hear = func(env *ocpi.Envelope) ([]bridge.Crossing, error) {
		return r.read(ctx, m, settled, Target{Platform: p, Party: settled.To}, env)
	}
	_, answer, _, err := r.exchange(ctx, l, peer.Call{
		Method: http.MethodGet, URL: t.URL,
		Routing:   ocpi.Routing{To: plan.To, From: plan.From.Party},
		RequestID: newRequestID(), CorrelationID: m.CorrelationID, Timeout: r.Timeouts.Of(m.Rule.Module),
		Platform: p.ID, Module: m.Rule.Module,
	})
	answer.Routing = ocpi.Routing{To: plan.From.Party, From: plan.To}
	return answer, err
}

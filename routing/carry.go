package routing

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// letter is a message as its receiver gets it: as it came where both speak the
// same version, else carried into the receiver's.
type letter struct {
	rule  *ocpi.Rule // of the receiver's version
	path  string
	query string
	body  []byte
	// bridged is the translation that it took; nil when it took none.
	bridged []bridge.Crossing
	// told is what its sender is to know besides the answer.
	told string
}

// write makes the letter of a message; came is the message itself, with the hub's
// own response_url. Faults: NoInterface when the receiver's version does
// not have the message, Invalid when the object may not be sent there.
func (r *Router) write(ctx context.Context, m *Message, plan Plan, target Target, came letter) (letter, error) {
	out := came
	version := target.Platform.Version
	if m.Rule.Module.Custom() || !r.Interpreter.Needed(m.Rule.Version, version) {
		return out, nil
	}
	talk := r.talk(m, plan)
	talk.From, talk.To = m.Rule.Version, version
	talk.PlainFrom, talk.PlainTo = plain(m.Sender), plain(target.Platform)
	method, err := r.translate(ctx, m, talk, &out)
	if err != nil {
		return out, err
	}
	segments, err := r.Interpreter.Path(ctx, talk, m.Rule.Module, m.Segments)
	if err != nil {
		return out, err
	}
	out.path = respelled(m.Path, m.Segments, segments)
	rule, _, _, why := ocpi.Match(ocpi.Address{Version: version, Module: m.Rule.Module, Interface: m.Rule.Interface}, method, out.path)
	if why != ocpi.Matched {
		return out, fault.New(fault.NoInterface, "%s speaks OCPI %s, which has no %s of %s %s", target.Party, version, method, m.Rule.Module, m.Rule.Path)
	}
	out.rule = rule
	if rule.Module == ocpi.Tokens {
		out.query = tokenQuery(version, rule.Owned(), out.query)
	}
	return out, nil
}

// talk says between whom a message goes, and about whose object: the CPO's, but
// tokens are the eMSP's.
func (r *Router) talk(m *Message, plan Plan) interpret.Talk {
	cpo, emsp := sides(m.Rule, plan.From.Party, plan.To)
	t := interpret.Talk{
		Class: interpret.Asked(m.Rule, m.Segments), Partial: m.Rule.Method == http.MethodPatch,
		Owner: cpo, EMSP: emsp, Reader: plan.To, Writer: plan.From.Party,
	}
	switch {
	case m.Rule.Owned():
		t.Owner = m.owner()
	case m.Rule.Module == ocpi.Tokens && m.Rule.Open != ocpi.OpenToken:
		t.Owner = emsp
	}
	return t
}

// plain says whether ids need no owner on a connection: the hub stands for one party
// there.
func plain(p *parties.Platform) bool { return !p.As.IsZero() }

// sides tells who of two parties stands as CPO, and who as eMSP, when one calls
// an interface of the other.
func sides(rule *ocpi.Rule, caller, called ocpi.PartyID) (cpo, emsp ocpi.PartyID) {
	if ocpi.CPO.Plays(rule.Module, rule.Interface) {
		return called, caller
	}
	return caller, called
}

// translate carries the body, and returns the method that it is sent with: what
// cannot be said as a PATCH goes as a PUT.
func (r *Router) translate(ctx context.Context, m *Message, talk interpret.Talk, out *letter) (method string, err error) {
	if len(out.body) == 0 || talk.Class == "" {
		return m.Rule.Method, nil
	}
	method = m.Rule.Method
	if m.Rule.Owned() {
		if hidden, err := r.Interpreter.Hidden(ctx, talk, m.id()); err != nil || hidden {
			return method, cmp.Or(err, withheld(talk, bridge.NotPublished))
		}
	}
	result, err := r.Interpreter.Carry(ctx, talk, out.body)
	if err == nil && result.AsPut != "" {
		method, talk.Partial = http.MethodPut, false
		if out.body, talk.From, err = r.whole(ctx, m, talk.Reader); err == nil {
			result, err = r.Interpreter.Carry(ctx, talk, out.body)
		}
	}
	if err != nil {
		return method, noObject(err, fault.Invalid, "the body", talk.Class)
	}
	if interpret.Hides(talk, result) {
		taken, ok, err := r.takeAway(ctx, m, talk, out.body)
		if err != nil {
			return method, err
		}
		if ok {
			result, out.told = taken, result.Withheld.Reason.Why()+"; "+takenAway
		}
	}
	out.body, out.bridged = result.Body, []bridge.Crossing{result.Crossing(talk.Class, talk.From, talk.To)}
	if result.Withheld != nil {
		return method, withheld(talk, result.Withheld.Reason)
	}
	return method, nil
}

// noObject tells whose fault it is that something cannot be carried, for it is no
// object. Other errors, and nil, stay what they are.
func noObject(err error, kind fault.Kind, what string, class bridge.Class) error {
	if !errors.Is(err, bridge.ErrNotJSON) {
		return err
	}
	return fault.Wrap(kind, err, "%s is no %s: want a JSON object", what, class)
}

// withheld tells a sender why its object does not go on.
func withheld(t interpret.Talk, why bridge.Reason) error {
	if why == bridge.NotInVersion {
		return fault.New(fault.NoInterface, "%s speaks OCPI %s, which has no %s", t.Reader, t.To, t.Class)
	}
	return fault.New(fault.Invalid, "the %s cannot be sent to %s, which speaks OCPI %s: %s (%s)", t.Class, t.Reader, t.To, why.Why(), why)
}

// whole is the object, or the part, that a PATCH is about, as it will be after
// it.
func (r *Router) whole(ctx context.Context, m *Message, reader ocpi.PartyID) ([]byte, ocpi.Version, error) {
	change := r.change(m, reader)
	held, err := r.Catalog.Get(ctx, change.Key, catalog.Part{})
	if errors.Is(err, catalog.ErrUnknown) {
		change.Key.Audience = catalog.Everyone
		held, err = r.Catalog.Get(ctx, change.Key, catalog.Part{})
	}
	if err == nil {
		held, err = catalog.After(ctx, held, change)
	}
	if err != nil {
		return nil, "", applyFault(err, m.Rule.Module)
	}
	return held.Body, held.Version, nil
}

// respelled is a path with other segments in place of its own, as many. What stays
// goes on escaped as it came (H-080).
func respelled(path string, before, after []string) string {
	if slices.Equal(before, after) {
		return path
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i := range parts {
		if before[i] != after[i] {
			parts[i] = strings.ReplaceAll(url.PathEscape(after[i]), "%2A", "*") // as ids with their owner are written
		}
	}
	return strings.Join(parts, "/")
}

// read carries the data of an answer back into the version in which it was asked
// for, and tells of the translations that it took.
func (r *Router) read(ctx context.Context, m *Message, plan Plan, target Target, env *ocpi.Envelope) ([]bridge.Crossing, error) {
	from, to := target.Platform.Version, m.Rule.Version
	if m.Rule.Module.Custom() || len(env.Data) == 0 || !r.Interpreter.Needed(from, to) {
		return nil, nil
	}
	class, isList := interpret.Answered(m.Rule, m.Segments)
	if class == "" || string(env.Data) == "null" { // some say so that there is nothing
		return nil, nil
	}
	talk := r.talk(m, plan)
	talk.Reader, talk.Writer = talk.Writer, talk.Reader
	talk.PlainFrom, talk.PlainTo = plain(target.Platform), plain(m.Sender)
	talk.Class, talk.From, talk.To, talk.Partial = class, from, to, false
	if class == bridge.AuthorizationInfo {
		talk.Asked = r.asked(ctx, m, plan)
	}
	if err := r.published(ctx, m, talk); err != nil {
		return nil, err
	}
	if isList {
		objects, did, err := carryEach(ctx, r.Interpreter, ocpi.Elements(env.Data), func(o []byte) (interpret.Talk, []byte) { return talk, o })
		if err == nil {
			env.Data = list(objects)
		}
		return did, noObject(err, fault.BadAnswer, "the receiver's answer", class)
	}
	result, err := r.Interpreter.Carry(ctx, talk, env.Data)
	if err != nil {
		return nil, noObject(err, fault.BadAnswer, "the receiver's answer", class)
	}
	did := []bridge.Crossing{result.Crossing(class, from, to)}
	if result.Withheld != nil {
		return did, notShown(talk, result.Withheld.Reason)
	}
	env.Data = result.Body
	return did, nil
}

// published refuses to show a party of 2.1.1 an EVSE or connector of a location that
// it may not see.
func (r *Router) published(ctx context.Context, m *Message, talk interpret.Talk) error {
	if talk.To != ocpi.V211 || talk.Class != bridge.EVSE && talk.Class != bridge.Connector {
		return nil
	}
	id := m.id()
	_, inside, ok, err := r.Interpreter.Inside(ctx, ocpi.Locations, id, talk.Reader)
	if err != nil {
		return err
	}
	if ok && !m.Rule.Owned() {
		id = inside
	}
	hidden, err := r.Interpreter.Hidden(ctx, talk, id)
	if err == nil && hidden {
		err = notShown(talk, bridge.NotPublished)
	}
	return err
}

// notShown tells who asks for an object why there is nothing to show.
func notShown(t interpret.Talk, why bridge.Reason) error {
	kind := fault.NotFound
	if t.Class == bridge.AuthorizationInfo {
		kind = fault.UnknownToken
	}
	return fault.New(kind, "the %s is not for a party that speaks OCPI %s: %s", t.Class, t.To, why.Why())
}

// mostTold bounds of how many objects of a list it is told what their
// translation lost.
const mostTold = 100

// carryEach carries the objects of a list: what may not go on is left out.
func carryEach[O any](ctx context.Context, i *interpret.Interpreter, all iter.Seq[O], of func(O) (interpret.Talk, []byte)) (out [][]byte, did []bridge.Crossing, err error) {
	for o := range all {
		talk, body := of(o)
		if !i.Needed(talk.From, talk.To) {
			out = append(out, body)
			continue
		}
		result, err := i.Carry(ctx, talk, body)
		if err != nil {
			return nil, nil, err
		}
		if result.Withheld == nil {
			out = append(out, result.Body)
		}
		if told := result.Crossing(talk.Class, talk.From, talk.To); len(did) < mostTold && (told.Withheld != "" || len(told.Findings) > 0) {
			did = append(did, told)
		}
	}
	return out, did, nil
}

// notSupported answers for a receiver whose version does not have what is asked
// of it, where the answer can say so; else the failure stays what it is.
func (r *Router) notSupported(m *Message, plan Plan, failure error) (Answer, error) {
	if !supportable(m) || !fault.Is(failure, fault.NoInterface) || !r.lacks(m, plan) {
		return Answer{}, failure
	}
	answer := `{"result":"NOT_SUPPORTED"}`
	if m.Rule.Version != ocpi.V211 {
		answer = `{"result":"NOT_SUPPORTED","timeout":0}`
	}
	return r.own(plan.From.Party, []byte(answer)), nil
}

// supportable says whether the answer to a message can say NOT_SUPPORTED.
func supportable(m *Message) bool {
	class, _ := interpret.Answered(m.Rule, m.Segments)
	return class == bridge.CommandResponse || class == bridge.ChargingProfileResponse
}

// lacks says whether the receiver is connected, in a version that does not have a
// message.
func (r *Router) lacks(m *Message, plan Plan) bool {
	return slices.ContainsFunc(r.Registry.Directory().Homes(plan.To), func(h parties.Home) bool {
		at := ocpi.Address{Version: h.Platform.Version, Module: m.Rule.Module, Interface: m.Rule.Interface}
		_, _, _, why := ocpi.Match(at, m.Rule.Method, m.Path)
		return h.Status == parties.Connected && h.Platform.StandsFor(plan.From.Party) && h.Role.Plays(m.Rule.Module, m.Rule.Interface) && why != ocpi.Matched
	})
}

// asked is the token that an authorisation is about, as the hub holds it; nil
// when it does not.
func (r *Router) asked(ctx context.Context, m *Message, plan Plan) *bridge.Stored {
	held, err := r.heldToken(ctx, m, plan)
	if err != nil {
		return nil // then the answer is withheld: a token is never made up
	}
	return &bridge.Stored{Version: held.Version, Body: held.Body}
}

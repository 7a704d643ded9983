package catalog

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// state is one object as a change finds it, and as it leaves it.
type state struct {
	held   bool // a record is there, be it a tombstone
	record Record
	evses  []EVSE // of a location, when the change is of the whole
}

// alive says whether the object is there for readers.
func (s *state) alive() bool { return s.held && !s.record.Deleted }

// whole applies a change of a whole object.
func (s *state) whole(c Change) (Outcome, error) {
	if s.alive() && c.Op != Delete && stale(s.record.Frame, c.Body) || s.overtook(c) {
		return Stale, nil
	}
	before := *s
	switch c.Op {
	case Put:
		s.put(c)
	case Patch:
		if !s.alive() {
			return "", ErrUnknown
		}
		s.patch(c)
	case Delete:
		if !s.held {
			return "", ErrUnknown
		}
		if s.record.Deleted {
			return Unchanged, nil
		}
		s.record.Deleted, s.evses = true, nil
	}
	return s.outcome(&before), nil
}

// overtook says whether the object changed while the list that c was read from
// was under way, and c does not claim to be newer.
func (s *state) overtook(c Change) bool {
	if !s.held || c.Asked.IsZero() || s.record.Stored.Before(c.Asked) {
		return false
	}
	return s.record.Deleted || !stale(c.Body, s.record.Frame)
}

func (s *state) put(c Change) {
	if !s.alive() {
		s.record.ID = c.Key.ID
	}
	s.record.Deleted = false
	s.record.Version = cmp.Or(c.Version, unstated)
	s.set(c.Key.Module, c.Body)
}

func (s *state) patch(c Change) {
	switch m := c.Key.Module; {
	case m == ocpi.Locations:
		s.set(ocpi.Locations, merge(join(&s.record, s.evses), c.Body))
	case m == ocpi.Sessions && s.record.Version == ocpi.V211:
		s.record.Frame = mergeSession211(s.record.Frame, c.Body)
	default:
		s.record.Frame = mergeOf(c.Key.Module)(s.record.Frame, c.Body)
	}
}

func (s *state) set(m ocpi.ModuleID, body []byte) {
	s.record.Frame, s.record.Gap, s.evses = body, 0, nil
	if m == ocpi.Locations {
		s.record.Frame, s.record.Gap, s.evses = split(body)
	}
}

func (s *state) outcome(before *state) Outcome {
	switch {
	case !before.alive():
		return Created
	case s.alive() && before.record.Version == s.record.Version && before.record.Gap == s.record.Gap &&
		bytes.Equal(before.record.Frame, s.record.Frame) && sameEVSEs(before.evses, s.evses):
		return Unchanged
	}
	return Updated
}

func sameEVSEs(a, b []EVSE) bool {
	return slices.EqualFunc(a, b, func(x, y EVSE) bool {
		return x.UID == y.UID && x.Lead == y.Lead && bytes.Equal(x.Body, y.Body)
	})
}

// part applies a change of an EVSE or a connector to the EVSE that it names,
// nil when the location has none of this uid, and lifts last_updated of the
// location.
func (s *state) part(c Change, held *EVSE) (next EVSE, out Outcome, err error) {
	if !s.alive() || c.Op == Delete {
		return EVSE{}, "", ErrUnknown
	}
	if c.Part.Connector != "" {
		next, out, err = changeConnector(c, held)
	} else {
		next, out, err = changeEVSE(c, held)
	}
	if err == nil && out.changes() {
		s.record.lift(c.Body)
	}
	return next, out, err
}

// partInPiece applies a change of an EVSE or a connector to a location that
// stays in one piece.
func (s *state) partInPiece(c Change) (Outcome, error) {
	is := hasMember("uid", c.Part.EVSE)
	var held *EVSE
	if body, ok := findIn(s.record.Frame, "evses", is); ok {
		held = &EVSE{UID: c.Part.EVSE, Body: body}
	}
	next, out, err := s.part(c, held)
	if err != nil || !out.changes() {
		return out, err
	}
	list, _ := ocpi.Find(s.record.Frame, "evses")
	s.record.Frame = ocpi.SetMember(s.record.Frame, "evses", setElement(list.Value, next.Body, is))
	return out, nil
}

// changes says whether there is something new to store.
func (o Outcome) changes() bool { return o == Created || o == Updated }

// changeEVSE makes the new state of an EVSE.
func changeEVSE(c Change, held *EVSE) (EVSE, Outcome, error) {
	switch {
	case held == nil && c.Op == Patch:
		return EVSE{}, "", ErrUnknown
	case held == nil:
		return EVSE{UID: c.Part.EVSE, Body: c.Body}, Created, nil
	case stale(held.Body, c.Body):
		return *held, Stale, nil
	case c.Op == Patch:
		return held.with(merge(held.Body, c.Body))
	}
	return held.with(c.Body)
}

// changeConnector makes the new state of an EVSE one of whose connectors
// changes.
func changeConnector(c Change, held *EVSE) (EVSE, Outcome, error) {
	if held == nil {
		return EVSE{}, "", ErrUnknown
	}
	is := hasMember("id", c.Part.Connector)
	connector, found := findIn(held.Body, "connectors", is)
	body := c.Body
	switch {
	case found && stale(connector, c.Body):
		return *held, Stale, nil
	case !found && c.Op == Patch:
		return EVSE{}, "", ErrUnknown
	case c.Op == Patch:
		body = merge(connector, c.Body)
	}
	list, _ := ocpi.Find(held.Body, "connectors")
	changed := ocpi.SetMember(held.Body, "connectors", setElement(list.Value, body, is))
	next, out, err := held.with(lift(changed, c.Body))
	if !found {
		out = Created
	}
	return next, out, err
}

// with returns the EVSE with another body, and whether that is a change.
func (e *EVSE) with(body []byte) (EVSE, Outcome, error) {
	if bytes.Equal(e.Body, body) {
		return *e, Unchanged, nil
	}
	return EVSE{e.UID, e.Lead, body}, Updated, nil
}

package catalog

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// state is one object as a change finds it, and as it leaves it.
type state struct {
	held   bool
	record Record
	evses  []EVSE // those that the change needs: all, or the one that it names
}

// whole applies a change of a whole object.
func (s *state) whole(c Change) (Outcome, error) {
	if s.held && !s.record.Deleted && stale(s.record.Frame, c.Body) {
		return Stale, nil
	}
	before := *s
	switch c.Op {
	case Put:
		s.put(c)
	case Patch:
		if !s.held || s.record.Deleted {
			return "", ErrUnknown
		}
		s.patch(c)
	case Delete:
		if !s.held || s.record.Deleted {
			return "", ErrUnknown
		}
		s.record.Deleted = true
		s.evses = nil
	}
	return s.outcome(&before), nil
}

func (s *state) put(c Change) {
	if !s.held || s.record.Deleted {
		s.record.ID = c.Key.ID
	}
	s.record.Deleted = false
	if c.Key.Module == ocpi.Locations {
		s.record.Frame, s.record.Gap, s.evses = split(c.Body)
		return
	}
	s.record.Frame, s.record.Gap = c.Body, 0
}

// patch replaces the members that are given. EVSEs in a patch of a location
// replace all of them.
func (s *state) patch(c Change) {
	object := s.record.Frame
	if c.Key.Module == ocpi.Locations {
		object = join(&s.record, s.evses)
	}
	object = merge(object, c.Body, c.Key.Module == ocpi.Sessions)
	if c.Key.Module == ocpi.Locations {
		s.record.Frame, s.record.Gap, s.evses = split(object)
		return
	}
	s.record.Frame = object
}

func (s *state) outcome(before *state) Outcome {
	switch {
	case !before.held || before.record.Deleted:
		return Created
	case before.record.Deleted == s.record.Deleted && bytes.Equal(before.record.Frame, s.record.Frame) &&
		before.record.Gap == s.record.Gap && sameEVSEs(before.evses, s.evses):
		return Unchanged
	}
	return Updated
}

func sameEVSEs(a, b []EVSE) bool {
	return slices.EqualFunc(a, b, func(x, y EVSE) bool { return x.UID == y.UID && bytes.Equal(x.Body, y.Body) })
}

// part applies a change of an EVSE or a connector. evse is the one that the
// change names, if it is held.
func (s *state) part(c Change, evse *EVSE) (next EVSE, out Outcome, err error) {
	if !s.held || s.record.Deleted || c.Op == Delete {
		return EVSE{}, "", ErrUnknown
	}
	old := EVSE{UID: c.Part.EVSE}
	if evse != nil {
		old = *evse
	}
	next, out, err = changeEVSE(c, old, evse != nil)
	if err == nil && out != Stale {
		s.record.Frame = s.liftFrame(c.Body)
	}
	return next, out, err
}

// liftFrame lifts last_updated of the location. A frame is cut where its EVSEs
// go: a longer last_updated in front of the cut moves it.
func (s *state) liftFrame(child []byte) []byte {
	lifted := lift(s.record.Frame, child)
	if m, ok := ocpi.Find(s.record.Frame, "last_updated"); ok && m.Start < s.record.Gap {
		s.record.Gap += len(lifted) - len(s.record.Frame)
	}
	return lifted
}

// changeEVSE makes the new state of an EVSE.
func changeEVSE(c Change, old EVSE, held bool) (EVSE, Outcome, error) {
	if c.Part.Connector != "" {
		return changeConnector(c, old, held)
	}
	next := EVSE{UID: old.UID, Body: c.Body}
	switch {
	case held && stale(old.Body, c.Body):
		return old, Stale, nil
	case !held && c.Op == Patch:
		return old, "", ErrUnknown
	case !held:
		return next, Created, nil
	case c.Op == Patch:
		next.Body = merge(old.Body, c.Body, false)
	}
	if bytes.Equal(next.Body, old.Body) {
		return old, Unchanged, nil
	}
	return next, Updated, nil
}

func changeConnector(c Change, old EVSE, held bool) (EVSE, Outcome, error) {
	if !held {
		return old, "", ErrUnknown
	}
	connector, found := findConnector(old.Body, c.Part.Connector)
	body := c.Body
	switch {
	case found && stale(connector, c.Body):
		return old, Stale, nil
	case !found && c.Op == Patch:
		return old, "", ErrUnknown
	case c.Op == Patch:
		body = merge(connector, c.Body, false)
	}
	next := EVSE{UID: old.UID, Body: lift(setConnector(old.Body, c.Part.Connector, body), c.Body)}
	switch {
	case !found:
		return next, Created, nil
	case bytes.Equal(next.Body, old.Body):
		return old, Unchanged, nil
	}
	return next, Updated, nil
}

// pick returns the part of a location that is asked for.
func pick(r *Record, evses []EVSE, part Part) ([]byte, bool) {
	if part.EVSE == "" {
		return join(r, evses), true
	}
	for _, e := range evses {
		if !strings.EqualFold(e.UID, part.EVSE) {
			continue
		}
		if part.Connector == "" {
			return e.Body, true
		}
		return findConnector(e.Body, part.Connector)
	}
	return nil, false
}

package catalog

import (
	"bytes"

	"github.com/ocpihub/ocpihub/ocpi"
)

// calendar applies a change of a calendar to its booking location, and lifts
// last_updated of it. Booking locations are few and small: they stay in one piece.
func (s *state) calendar(c Change) (Outcome, error) {
	if !s.alive() || c.Op == Delete {
		return "", ErrUnknown
	}
	is := hasMember("id", c.Part.Calendar)
	held, found := findIn(s.record.Frame, calendars, is)
	body, out := c.Body, Updated
	switch {
	case found && stale(held, c.Body):
		return Stale, nil
	case found && c.Op == Patch:
		body = merge(held, c.Body)
	case !found && c.Op == Patch:
		return "", ErrUnknown
	case !found:
		out = Created
	}
	if found && bytes.Equal(held, body) {
		return Unchanged, nil
	}
	list, _ := ocpi.Find(s.record.Frame, calendars)
	s.record.Frame = lift(ocpi.SetMember(s.record.Frame, calendars, setElement(list.Value, body, is)), c.Body)
	return out, nil
}

const calendars = "calendars"

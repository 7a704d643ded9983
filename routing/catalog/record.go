package catalog

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Record is one object as it is stored: everything but the EVSEs of a
// location, which are entries of their own (see EVSE), so that the status of
// one EVSE does not rewrite the others.
type Record struct {
	ID          string // as it was first written
	LastUpdated time.Time
	Stored      time.Time // the hub's time of the last change
	Deleted     bool      // a tombstone: not listed, but a change all the same
	// Frame is the object; of a location, with the content of evses cut out
	// at Gap. A Gap of 0 means that the location has no list of EVSEs.
	Frame []byte
	Gap   int
}

// EVSE is one EVSE of a location.
type EVSE struct {
	UID  string
	Body []byte
}

// split takes a location apart.
func split(body []byte) (frame []byte, gap int, evses []EVSE) {
	m, ok := ocpi.Find(body, "evses")
	if !ok || m.Value[0] != '[' {
		return body, 0, nil
	}
	seen := map[string]bool{"": true}
	for e := range ocpi.Elements(m.Value) {
		uid := ocpi.FindString(e, "uid")
		if seen[fold(uid)] {
			return body, 0, nil // cannot be told apart: the location stays in one piece
		}
		seen[fold(uid)] = true
		evses = append(evses, EVSE{uid, bytes.Clone(e)})
	}
	return slices.Concat(body[:m.Start+1], body[m.End-1:]), m.Start + 1, evses
}

// join puts a location together again.
func join(r *Record, evses []EVSE) []byte {
	if len(evses) == 0 {
		return r.Frame
	}
	var list []byte
	for i, e := range evses {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, e.Body...)
	}
	if r.Gap == 0 {
		return ocpi.SetMember(r.Frame, "evses", slices.Concat([]byte("["), list, []byte("]")))
	}
	return slices.Concat(r.Frame[:r.Gap], list, r.Frame[r.Gap:])
}

// merge replaces in object the members that patch gives. charging_periods of
// a session are appended (H-144); an empty list or null of them is no change.
func merge(object, patch []byte, sessions bool) []byte {
	for m := range ocpi.Members(patch) {
		value := m.Value
		if sessions && m.Name == "charging_periods" {
			stored, _ := ocpi.Find(object, m.Name)
			if value = appendList(stored.Value, value); value == nil {
				continue
			}
		}
		object = ocpi.SetMember(object, m.Name, value)
	}
	return object
}

// appendList returns the list of all elements of two JSON lists; nil when the
// second has none.
func appendList(stored, more []byte) []byte {
	out := []byte{'['}
	added := false
	for _, list := range [][]byte{stored, more} {
		added = false
		for e := range ocpi.Elements(list) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, e...)
			added = true
		}
	}
	if !added {
		return nil
	}
	return append(out, ']')
}

// lift raises last_updated of a parent to that of its changed child (H-143),
// touching only these bytes.
func lift(parent []byte, child []byte) []byte {
	was, ok := updated(parent)
	now, given := updated(child)
	if ok && given && now.After(was) {
		m, _ := ocpi.Find(child, "last_updated")
		return ocpi.SetMember(parent, "last_updated", m.Value)
	}
	return parent
}

// updated reads last_updated of an object.
func updated(object []byte) (time.Time, bool) {
	t, err := ocpi.ParseDateTime(ocpi.FindString(object, "last_updated"))
	return t, err == nil
}

// stale says whether a change is older than what is stored.
func stale(stored, change []byte) bool {
	was, ok := updated(stored)
	now, given := updated(change)
	return ok && given && now.Before(was)
}

// connectors of an EVSE.

// setConnector puts a connector into an EVSE, replacing the one with its id.
func setConnector(evse []byte, id string, connector []byte) []byte {
	list, _ := ocpi.Find(evse, "connectors")
	out, done := []byte{'['}, false
	add := func(c []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, c...)
	}
	for c := range ocpi.Elements(list.Value) {
		if strings.EqualFold(ocpi.FindString(c, "id"), id) {
			c, done = connector, true
		}
		add(c)
	}
	if !done {
		add(connector)
	}
	return ocpi.SetMember(evse, "connectors", append(out, ']'))
}

// findConnector returns the connector with this id.
func findConnector(evse []byte, id string) ([]byte, bool) {
	list, _ := ocpi.Find(evse, "connectors")
	for c := range ocpi.Elements(list.Value) {
		if strings.EqualFold(ocpi.FindString(c, "id"), id) {
			return c, true
		}
	}
	return nil, false
}

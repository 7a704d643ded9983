package ocpitest

import (
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// level is a list of parts inside an object: its member, and the member of a
// part that holds its id.
type level struct{ list, id string }

// levels are the parts of a location, calendars those of a booking location.
var (
	levels    = []level{{"evses", "uid"}, {"connectors", "id"}}
	calendars = []level{{"calendars", "id"}}
)

// levels returns what an object has parts of.
func (k Key) levels() []level {
	if k.Module == ocpi.Bookings {
		return calendars
	}
	return levels
}

// edited returns the object after a change; of what does not change, the bytes
// stay.
func edited(c change, object []byte) ([]byte, error) {
	levels := c.key.levels()
	if len(c.parts) > len(levels) {
		return nil, errUnknownObject
	}
	return edit(c, object, c.parts, levels)
}

// edit goes down the parts of an object, makes the change, and lifts its
// last_updated to all that it lies in (H-143).
func edit(c change, object []byte, parts []string, levels []level) ([]byte, error) {
	if len(parts) == 0 {
		if c.method == http.MethodPatch {
			return merge(c.key.Module, object, c.body), nil
		}
		return slices.Clone(c.body), nil
	}
	at := levels[0]
	list, index := split(object, at, parts[0])
	if index < 0 && (c.method == http.MethodPatch || len(parts) > 1) {
		return nil, errUnknownObject
	}
	var old []byte
	if index >= 0 {
		old = list[index]
	}
	part, err := edit(c, old, parts[1:], levels[1:])
	if err != nil {
		return nil, err
	}
	if index >= 0 {
		list[index] = part
	} else {
		list = append(list, part)
	}
	return lift(ocpi.SetMember(object, at.list, join(list)), c.body), nil
}

// split returns the parts in a list, and where the one with this id is, or -1.
func split(object []byte, at level, id string) (list [][]byte, index int) {
	index = -1
	member, _ := ocpi.Find(object, at.list)
	for part := range ocpi.Elements(member.Value) {
		if strings.EqualFold(ocpi.FindString(part, at.id), id) {
			index = len(list)
		}
		list = append(list, part)
	}
	return list, index
}

func join(list [][]byte) []byte {
	out := []byte{'['}
	for i, part := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, part...)
	}
	return append(out, ']')
}

// merge puts the members of a patch in place of those of the object. The
// charging periods of a session are added (sessions, PATCH), the terms of a
// booking merged (H-216).
func merge(m ocpi.ModuleID, object, patch []byte) []byte {
	for member := range ocpi.Members(patch) {
		value := member.Value
		if m == ocpi.Sessions && member.Name == "charging_periods" {
			held, _ := ocpi.Find(object, member.Name)
			all := slices.AppendSeq(slices.Collect(ocpi.Elements(held.Value)), ocpi.Elements(value))
			value = join(all)
		}
		if m == ocpi.Bookings && member.Name == "booking_terms" {
			if held, ok := ocpi.Find(object, member.Name); ok && isObject(held.Value) {
				value = merge("", held.Value, value)
			}
		}
		object = ocpi.SetMember(object, member.Name, value)
	}
	return object
}

// lift raises last_updated to that of the change.
func lift(object, change []byte) []byte {
	if member, ok := ocpi.Find(change, "last_updated"); ok && lastUpdated(change).After(lastUpdated(object)) {
		return ocpi.SetMember(object, "last_updated", member.Value)
	}
	return object
}

// evses yields the EVSEs of a location.
func evses(location []byte) iter.Seq[[]byte] {
	member, _ := ocpi.Find(location, levels[0].list)
	return ocpi.Elements(member.Value)
}

// findEVSE returns an EVSE of a location, or nil.
func findEVSE(location []byte, uid string) []byte {
	list, index := split(location, levels[0], uid)
	if index < 0 {
		return nil
	}
	return list[index]
}

// EVSE returns an EVSE of a location, or nil.
func (o Object) EVSE(uid string) []byte { return findEVSE(o.Raw, uid) }

// Statuses returns the status of each EVSE of a location, by its uid.
func (o Object) Statuses() map[string]string {
	out := map[string]string{}
	for evse := range evses(o.Raw) {
		out[ocpi.FindString(evse, "uid")] = ocpi.FindString(evse, "status")
	}
	return out
}

// Statuses returns the status of every EVSE of some locations, by owner,
// location and EVSE: DE*ABC/LOC1/EVSE1.
func Statuses(locations []Object) map[string]string {
	out := map[string]string{}
	for _, o := range locations {
		for uid, status := range o.Statuses() {
			out[o.Owner.String()+"/"+o.ID+"/"+uid] = status
		}
	}
	return out
}

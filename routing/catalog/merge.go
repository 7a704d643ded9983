package catalog

import (
	"bytes"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// merge replaces in object the members that patch gives; an explicit null or
// [] is a value like others (H-222).
func merge(object, patch []byte) []byte {
	for m := range ocpi.Members(patch) {
		object = ocpi.SetMember(object, m.Name, m.Value)
	}
	return object
}

// mergeSession is merge for sessions, whose charging_periods are appended
// (H-144).
func mergeSession(session, patch []byte) []byte {
	out := session
	for m := range ocpi.Members(patch) {
		value := m.Value
		if m.Name == "charging_periods" {
			stored, _ := ocpi.Find(session, m.Name)
			start, end := extent(value)
			more := value[start:end]
			if len(more) == 0 || isRepeat(session, patch, stored.Value, more) {
				continue
			}
			value = extend(stored.Value, more)
		}
		out = ocpi.SetMember(out, m.Name, value)
	}
	return out
}

// mergeBooking is merge for booking locations: a PATCH gives those of their
// booking_terms that change (H-216).
func mergeBooking(location, patch []byte) []byte {
	was, now := ocpi.FindObject(location, bookingTerms), ocpi.FindObject(patch, bookingTerms)
	if was != nil && now != nil {
		patch = ocpi.SetMember(patch, bookingTerms, merge(was, now))
	}
	return merge(location, patch)
}

const bookingTerms = "booking_terms"

// mergeOf is how a PATCH of a module is merged.
func mergeOf(m ocpi.ModuleID) func(object, patch []byte) []byte {
	if m == ocpi.Sessions {
		return mergeSession
	}
	if m == ocpi.Bookings {
		return mergeBooking
	}
	return merge
}

// mergeSession211 is mergeSession for 2.1.1, which does not say what becomes of
// the periods: some send those that are new, and some all.
func mergeSession211(session, patch []byte) []byte {
	out := merge(session, patch)
	if sent, has := ocpi.Find(patch, "charging_periods"); has {
		held, _ := ocpi.Find(session, "charging_periods")
		out = ocpi.SetMember(out, "charging_periods", bridge.MergePeriods(held.Value, sent.Value))
	}
	return out
}

// isRepeat says whether a PATCH brings the charging periods that it brought
// before: a sender repeats what got no answer, and that must not double them.
func isRepeat(session, patch, stored, more []byte) bool {
	was, ok := updated(session)
	now, given := updated(patch)
	if !ok || !given || !was.Equal(now) {
		return false
	}
	_, end := extent(stored)
	for at := range elements(stored) {
		if bytes.Equal(stored[at:end], more) {
			return true
		}
	}
	return false
}

// lift raises last_updated of a parent to that of its changed child, touching
// only these bytes.
func lift(parent, child []byte) []byte {
	if !stale(child, parent) {
		return parent
	}
	m, _ := ocpi.Find(child, "last_updated")
	return ocpi.SetMember(parent, "last_updated", m.Value)
}

// stale says whether change is older than what is stored. What has no
// readable last_updated is never older nor newer.
func stale(stored, change []byte) bool {
	was, ok := updated(stored)
	now, given := updated(change)
	return ok && given && now.Before(was)
}

// updated reads last_updated of an object.
func updated(object []byte) (time.Time, bool) {
	t, err := ocpi.ParseDateTime(ocpi.FindString(object, "last_updated"))
	return t, err == nil
}

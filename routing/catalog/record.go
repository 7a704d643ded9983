package catalog

import (
	"bytes"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Record is one object as it is stored: everything but the EVSEs of a
// location, which are entries of their own (see EVSE), so that the status of
// one EVSE does not rewrite the others.
type Record struct {
	ID          string // as it was first written
	Version     ocpi.Version
	LastUpdated time.Time
	Stored      time.Time // the hub's time of the last change
	Deleted     bool      // a tombstone: not listed, but a change all the same
	Missed      bool      // the party that it is for has taken no change of it so far
	// Frame is the object; of a location, with the EVSEs cut out at Gap. A Gap
	// of 0 means that nothing was cut out: the object is no location, has no
	// list of EVSEs, or one that stays in one piece.
	Frame []byte
	Gap   int
}

// EVSE is one EVSE of a location.
type EVSE struct {
	UID string
	// Lead is what stands between the EVSE and the one before: comma, blanks.
	Lead string
	Body []byte
}

// split takes a location apart. One whose EVSEs cannot be told apart by their
// uid stays in one piece.
func split(body []byte) (frame []byte, gap int, evses []EVSE) {
	m, ok := ocpi.Find(body, "evses")
	if !ok || m.Value[0] != '[' {
		return body, 0, nil
	}
	seen := map[string]bool{"": true}
	end := 1
	for at, e := range elements(m.Value) {
		uid := ocpi.FindString(e, "uid")
		if seen[fold(uid)] {
			return body, 0, nil
		}
		seen[fold(uid)] = true
		evses = append(evses, EVSE{uid, string(m.Value[end:at]), bytes.Clone(e)})
		end = at + len(e)
	}
	return slices.Concat(body[:m.Start+1], body[m.Start+end:]), m.Start + 1, evses
}

// join puts a location together again, byte by byte as it was.
func join(r *Record, evses []EVSE) []byte {
	if len(evses) == 0 {
		return r.Frame
	}
	size := len(r.Frame)
	for _, e := range evses {
		size += len(e.Lead) + len(e.Body)
	}
	out := append(make([]byte, 0, size), r.Frame[:r.Gap]...)
	for _, e := range evses {
		out = append(append(out, e.Lead...), e.Body...)
	}
	return append(out, r.Frame[r.Gap:]...)
}

// onePiece says whether a location has EVSEs that are not cut out.
func (r *Record) onePiece() bool {
	if r.Gap > 0 {
		return false
	}
	m, ok := ocpi.Find(r.Frame, "evses")
	return ok && m.Value[0] == '['
}

// openList gives a location that has no list of EVSEs an empty one.
func (r *Record) openList() {
	r.Frame = ocpi.SetMember(r.Frame, "evses", []byte("[]"))
	m, _ := ocpi.Find(r.Frame, "evses")
	r.Gap = m.Start + 1
}

// lift raises last_updated of the location to that of a changed part (H-143).
// A longer last_updated in front of the gap moves the gap.
func (r *Record) lift(part []byte) {
	lifted := lift(r.Frame, part)
	if m, ok := ocpi.Find(r.Frame, "last_updated"); ok && m.Start < r.Gap {
		r.Gap += len(lifted) - len(r.Frame)
	}
	r.Frame = lifted
}

// pick returns the part of a location that is asked for. evse is the EVSE that
// it names, nil when that is not an entry of its own.
func (r *Record) pick(evse *EVSE, part Part) ([]byte, bool) {
	var body []byte
	switch {
	case evse != nil:
		body = evse.Body
	case r.onePiece():
		body, _ = findIn(r.Frame, "evses", hasMember("uid", part.EVSE))
	}
	if body == nil || part.Connector == "" {
		return body, body != nil
	}
	return findIn(body, "connectors", hasMember("id", part.Connector))
}

package bridge

import (
	"bytes"
	"strconv"

	"github.com/ocpihub/ocpihub/ocpi"
)

// TakenAway is a location, as it was published last, with all of its EVSEs
// REMOVED: what takes it away from those of 2.1.1 who have it. changed is the
// last_updated of the location that is not published any more. Pointers lead into
// the location as it was. Without an EVSE there is nothing to be REMOVED: ok is
// false.
func TakenAway(location []byte, changed string) (body []byte, findings []Finding, ok bool) {
	evses, _ := ocpi.Find(location, "evses")
	var list [][]byte
	for e := range ocpi.Elements(evses.Value) {
		if ocpi.FindString(e, "status") != "REMOVED" {
			pointer := "/evses/" + strconv.Itoa(len(list)) + "/status"
			findings = append(findings, Finding{Kind: GoneFrom211.Kind(), Reason: GoneFrom211, Pointer: pointer})
			e = updated(ocpi.SetMember(e, "status", []byte(`"REMOVED"`)), changed)
		}
		list = append(list, e)
	}
	if len(list) == 0 {
		return nil, nil, false
	}
	whole := append(append([]byte{'['}, bytes.Join(list, []byte{','})...), ']')
	return updated(ocpi.SetMember(location, "evses", whole), changed), findings, true
}

// updated gives an object a time of its last update, unless it has a later one.
func updated(object []byte, at string) []byte {
	is, known := ocpi.LastUpdated(object)
	to, err := ocpi.ParseDateTime(at)
	if err != nil || known && is.After(to) {
		return object
	}
	return ocpi.SetMember(object, "last_updated", ocpi.Quote(at))
}

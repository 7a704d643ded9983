package bridge

import (
	"bytes"
	"encoding/json"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Names are what the ids in an object of 2.1.1 are called on its two sides.
type Names struct {
	In  IDs // reads ids as the writer wrote them; nil where they are the owner's own
	Out IDs // writes ids for the reader; nil where that is the owner
	// Reservation is as in Surroundings; nil: reservations keep their numbers.
	Reservation func(id string) (int, bool)
}

// Rename gives the ids in an object of 2.1.1, or in the body of a PATCH, the
// names that a reader of 2.1.1 knows, and changes nothing else. Uids of tokens
// and EVSEs and the ids of connectors and CDRs have one name everywhere.
func Rename(class Class, body []byte, owner ocpi.PartyID, by Names) (Result, error) {
	if !json.Valid(body) || bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return Result{}, ErrNotJSON
	}
	steps := named[class]
	numbers := by.Reservation != nil && class == ReserveNow
	if len(steps) == 0 || by.In == nil && by.Out == nil && !numbers {
		return Result{Body: body}, nil
	}
	t := &walk{owner: owner, arena: arenas.Get().(*arena)} // the pool holds nothing else
	defer t.arena.release()
	root := t.arena.parse(body, true)
	for _, ids := range []struct {
		ids    IDs
		rename func(string, ocpi.ModuleID) step
	}{{by.In, inside}, {by.Out, outside}} {
		t.s.IDs = ids.ids
		t.follow(root, steps.with(ids.rename))
	}
	if numbers {
		t.follow(root, []step{renumbered(by.Reservation)})
	}
	return t.result(root, body), nil
}

// names are the ids of a class: fields of it, and classes in which there are
// more.
type names []name

type name struct {
	field string
	of    ocpi.ModuleID // whose id the field is
	holds Class         // or what is in the field
	list  bool
}

// named are the ids of 2.1.1 that get their owner's name.
var named = map[Class]names{
	Location:           {{field: "id", of: ocpi.Locations}, {field: "evses", holds: EVSE, list: true}},
	EVSE:               {{field: "connectors", holds: Connector, list: true}},
	Connector:          {{field: "tariff_id", of: ocpi.Tariffs}},
	Session:            {{field: "id", of: ocpi.Sessions}, {field: "location", holds: Location}},
	CDR:                {{field: "location", holds: Location}, {field: "tariffs", holds: Tariff, list: true}},
	Tariff:             {{field: "id", of: ocpi.Tariffs}},
	LocationReferences: {{field: "location_id", of: ocpi.Locations}},
	AuthorizationInfo:  {{field: "location", holds: LocationReferences}},
	StartSession:       {{field: "location_id", of: ocpi.Locations}},
	ReserveNow:         {{field: "location_id", of: ocpi.Locations}},
	UnlockConnector:    {{field: "location_id", of: ocpi.Locations}},
	StopSession:        {{field: "session_id", of: ocpi.Sessions}},
}

// with makes the rules by which ids are read or written.
func (all names) with(rename func(string, ocpi.ModuleID) step) (steps []step) {
	for _, n := range all {
		switch {
		case n.holds == "":
			steps = append(steps, rename(n.field, n.of))
		case n.list:
			steps = append(steps, each(n.field, named[n.holds].with(rename)...))
		default:
			steps = append(steps, in(n.field, named[n.holds].with(rename)...))
		}
	}
	return steps
}

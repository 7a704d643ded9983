package bridge

import (
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// The location of a session: ids in later versions, an object in 2.1.1.

// sessionLocation puts the location itself in the place of its ids, cut to the
// EVSE and connector. It is taken from what the hub holds.
func sessionLocation(t *walk, n *node) {
	if t.partial {
		return
	}
	id, uid, connector := n.get("location_id"), n.get("evse_uid"), n.get("connector_id")
	location := t.stored(id.str())
	if !hasPlace(location, uid, connector) {
		t.withhold(NoLocation)
		return
	}
	t.to211(location)
	t.cut(location, uid, connector)
	t.putBack(location.node, "id", id)
	t.remove(n, "evse_uid")
	t.remove(n, "connector_id")
	t.rename(n, "location_id", "location")
	t.replace(n, "location", location.node)
}

// held is a location as the hub holds it.
type held struct {
	*node
	version ocpi.Version
}

// stored is a location that the hub holds; without a node when it holds none.
func (t *walk) stored(id string) held {
	found, ok := t.s.location(id)
	if !ok || id == "" {
		return held{}
	}
	return held{t.read(found), found.Version}
}

// to211 brings such a location into the form of 2.1.1.
func (t *walk) to211(location held) {
	embedded := t.embedded
	t.embedded = true
	t.carry(Location, location.node, location.version, ocpi.V211)
	t.embedded = embedded
}

// hasPlace says whether a location has the EVSE and the connector that are named.
// #NA names none: a reservation for any of them.
func hasPlace(location held, uid, connector *node) bool {
	if !location.isObject() || uid.str() == notAvailable {
		return location.isObject()
	}
	evse := withID(location.get("evses"), "uid", uid)
	if evse == nil || connector.str() == notAvailable {
		return evse != nil
	}
	return withID(evse.get("connectors"), "id", connector) != nil
}

// withID is the element of a list that has this id; nil when there is none.
func withID(list *node, name string, id *node) *node {
	for _, item := range list.elements() {
		if id.isString() && strings.EqualFold(item.get(name).str(), id.str()) {
			return item
		}
	}
	return nil
}

// cut leaves of a location the EVSE and the connector that are named, and no EVSE
// where 2.1.1 does not know the connector.
func (t *walk) cut(location held, uid, connector *node) {
	why := ConnectorGone
	if uid.str() == notAvailable {
		why = AnyEVSE
	} else if evse := t.only(location.get("evses"), "uid", uid); evse != nil {
		if connector.str() == notAvailable {
			t.note(connector, AnyConnector)
			return
		}
		if t.only(evse.get("connectors"), "id", connector) != nil {
			return
		}
	}
	t.remove(location.node, "evses")
	t.lose(uid, why)
	t.lose(connector, why)
}

// only leaves the one element of a list that has this id, spelled as the
// session does.
func (t *walk) only(list *node, name string, id *node) *node {
	item := withID(list, name, id)
	if item != nil {
		list.members, list.changed = []member{{value: item}}, true
		t.replace(item, name, id)
	}
	return item
}

// putBack sets an id as the source spells it, for a party that sees many owners
// with its own.
func (t *walk) putBack(location *node, name string, id *node) {
	if !id.isString() {
		return
	}
	if t.s.IDs != nil {
		id = t.outsideID(ocpi.Locations, id)
	}
	t.replace(location, name, id)
}

// ownLocation reads the id of a location that is in a session or CDR.
var ownLocation = []step{inside("id", ocpi.Locations)}

// sessionPlace puts ids in the place of the location.
func sessionPlace(t *walk, n *node) {
	location := n.get("location")
	if t.partial || !location.isObject() {
		return
	}
	t.into(location, ownLocation)
	evse, connector := t.first(location)
	place := []struct {
		name  string
		value *node
	}{{"location_id", location.get("id")}, {"evse_uid", evse.get("uid")}, {"connector_id", connector.get("id")}}
	t.loseOthers(location, "id", "evses")
	t.loseOthers(evse, "uid", "connectors")
	t.loseOthers(connector, "id")
	t.rename(n, "location", "location_id")
	after := ""
	for i, p := range place {
		if p.value.empty() {
			p.value = made(quoted(notAvailable))
			t.note(p.value, NoPlace)
		}
		if i == 0 {
			t.replace(n, p.name, p.value)
		} else {
			t.put(n, after, p.name, p.value)
		}
		after = p.name
	}
}

// first is the EVSE and connector of a location that was cut to them. More of
// them are a loss.
func (t *walk) first(location *node) (evse, connector *node) {
	for i, e := range location.get("evses").elements() {
		if i == 0 {
			evse = e
			continue
		}
		t.lose(e, LocationDetails)
	}
	for i, c := range evse.get("connectors").elements() {
		if i == 0 {
			connector = c
			continue
		}
		t.lose(c, LocationDetails)
	}
	return evse, connector
}

// loseOthers reports what of an object does not go on.
func (t *walk) loseOthers(n *node, stays ...string) {
	for _, m := range n.fields() {
		if !slices.ContainsFunc(stays, m.called) {
			t.lose(m.value, LocationDetails)
		}
	}
}

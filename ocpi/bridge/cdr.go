package bridge

import (
	"slices"
	"unicode/utf8"
)

// CDRs. They are money: a price is never computed anew, a billing id
// never changed.

var cdrTo230 = []step{
	priceTo230(append([]string{"total_cost"}, partCosts...)...),
	each("tariffs", tariffTo230...),
}

var cdrTo221 = []step{
	dropping("booking_id", Bookings),
	priceTo221(append([]string{"total_cost"}, partCosts...)...),
	in("cdr_token", tokenTypeTo221),
	eachThatMay("tariffs", CDRTariff, tariffTo221...),
	periodsTo221,
}

var cdrTo211 = []step{
	noCredit,
	disowned,
	longBillingID,
	renaming("end_date_time", "stop_date_time"),
	authID,
	instead("auth_method", map[string]string{"COMMAND": "AUTH_REQUEST"}, AuthMethod),
	cdrLocation,
	priceTo211("total_cost"),
	func(t *walk, n *node) {
		for _, name := range partCosts {
			t.drop(n, name, CostSplit)
		}
	},
	dropping("session_id", CDRReferences), dropping("invoice_reference_id", CDRReferences),
	dropping("authorization_reference", AuthorizationReference),
	dropping("signed_data", SignedData),
	dropping("credit", Credit), dropping("credit_reference_id", Credit),
	dropping("home_charging_compensation", HomeCharging),
	asExplanation(eachThatMay("tariffs", CDRTariff, tariffTo211...)),
	periodsTo211,
	times("start_date_time", "stop_date_time", "last_updated"),
}

var cdrFrom211 = []step{
	owned,
	renaming("stop_date_time", "end_date_time"),
	cdrToken,
	cdrPlace,
	priceFrom211("total_cost"),
	asExplanation(eachThatMay("tariffs", CDRTariff, tariffFrom211...)),
	periodsFrom211,
}

// longBillingID tells that an id is longer than 2.1.1 allows.
func longBillingID(t *walk, n *node) {
	if id := n.get("id"); utf8.RuneCountInString(id.str()) > mostID211 {
		t.note(id, LongBillingID)
	}
}

// noCredit withholds credit CDRs: 2.1.1 would bill them once more.
func noCredit(t *walk, n *node) {
	if n.get("credit").isTrue() && !t.s.CreditCDRs {
		t.withhold(CreditCDR)
	}
}

// asExplanation marks what is in the object as no object of its own.
func asExplanation(inner step) step {
	return func(t *walk, n *node) {
		embedded := t.embedded
		t.embedded = true
		inner(t, n)
		t.embedded = embedded
	}
}

// moves are the members of the EVSE and connector in a Location of 2.1.1, and
// their names in a CdrLocation.
var (
	evseMoves      = [][2]string{{"evse_uid", "uid"}, {"evse_id", "evse_id"}}
	connectorMoves = [][2]string{
		{"connector_id", "id"},
		{"connector_standard", "standard"},
		{"connector_format", "format"},
		{"connector_power_type", "power_type"},
	}
)

// cdrLocation makes a Location of the flat CdrLocation. What it must say besides
// comes from the location that the hub holds, or is made up.
func cdrLocation(t *walk, n *node) {
	location := n.get("cdr_location")
	if !location.isObject() {
		return
	}
	t.rename(n, "cdr_location", "location")
	updated, _ := secondsOf(n.get("last_updated").str())
	held, connector := t.heldFor(location)
	t.drop(location, "state", State)
	address(t, location)
	placeholder("postal_code", PostalCode)(t, location)
	t.into(location.get("coordinates"), []step{sixDecimals})

	t.evseOfCDR(location, connector, updated)
	t.complete(location, held, "type", quoted("UNKNOWN"))
	if operator := held.get("operator"); operator != nil {
		t.put(location, "coordinates", "operator", operator)
	}
	t.complete(location, nil, "last_updated", quoted(updated))
	t.putBack(location, "id", location.get("id"))
}

// evseOfCDR makes the EVSE and its connector. A type of connector that 2.1.1 does
// not know takes both away.
func (t *walk) evseOfCDR(location, held *node, updated string) {
	evse, connector := madeObject(), madeObject()
	t.move(location, evse, evseMoves)
	t.move(location, connector, connectorMoves)
	t.into(connector, connectorOfCDR)
	if t.withheld != nil {
		t.withheld = nil
		for _, m := range slices.Concat(evse.fields(), connector.fields()) {
			t.lose(m.value, ConnectorGone)
		}
		return
	}
	t.complete(connector, held, "voltage", "0")
	t.complete(connector, held, "amperage", "0")
	t.complete(connector, nil, "last_updated", quoted(updated))
	t.complete(evse, nil, "status", quoted("UNKNOWN"))
	t.add(evse, "connectors", madeArray(connector))
	t.complete(evse, nil, "last_updated", quoted(updated))
	t.put(location, "coordinates", "evses", madeArray(evse))
}

// connectorOfCDR are the rules of connectors for the fields that a CdrLocation
// has.
var connectorOfCDR = []step{connectorTo211[0], connectorTo211[1]}

// heldFor is what the hub holds of the place of a CDR, in the form of 2.1.1.
func (t *walk) heldFor(cdrLocation *node) (location, connector *node) {
	found := t.stored(cdrLocation.get("id").str())
	if !found.isObject() {
		return nil, nil
	}
	t.to211(found)
	evse := withID(found.get("evses"), "uid", cdrLocation.get("evse_uid"))
	return found.node, withID(evse.get("connectors"), "id", cdrLocation.get("connector_id"))
}

// move takes members into another object, under other names.
func (t *walk) move(from, to *node, moves [][2]string) {
	for _, m := range moves {
		if v := from.get(m[0]); v != nil {
			t.add(to, m[1], v)
			t.remove(from, m[0])
		}
	}
}

// complete adds what an object of 2.1.1 must say: as the hub holds it, else made
// up.
func (t *walk) complete(n, held *node, name, instead string) {
	if v := held.get(name); !v.empty() {
		t.put(n, name, name, v)
		return
	}
	v := made(instead)
	t.put(n, name, name, v)
	t.note(v, CDRLocationParts)
}

// cdrPlace makes the flat CdrLocation of a Location.
func cdrPlace(t *walk, n *node) {
	location := n.get("location")
	if !location.isObject() {
		return
	}
	t.into(location, ownLocation)
	evse, connector := t.first(location)
	if connector == nil {
		t.withhold(NoConnector)
		return
	}
	t.rename(n, "location", "cdr_location")
	for _, name := range notInCdrLocation {
		t.drop(location, name, LocationDetails)
	}
	t.loseOthers(evse, "uid", "evse_id", "connectors")
	t.loseOthers(connector, "id", "standard", "format", "power_type")
	t.remove(location, "evses")
	for _, m := range evseMoves {
		v := evse.get(m[1])
		if v.empty() {
			v = made(quoted(notAvailable))
			t.note(v, NoPlace)
		}
		t.add(location, m[0], v)
	}
	for _, m := range connectorMoves {
		if v := connector.get(m[1]); !v.empty() {
			t.add(location, m[0], v)
		}
	}
}

// notInCdrLocation is what a Location of 2.1.1 has beside the fields of a
// CdrLocation. What is no field of either goes along.
var notInCdrLocation = []string{
	"type", "related_locations", "directions", "operator", "suboperator", "owner", "facilities", "time_zone",
	"opening_times", "charging_when_closed", "images", "energy_mix", "last_updated",
}

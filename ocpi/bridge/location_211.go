package bridge

import (
	"strings"
	"unicode/utf8"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Locations between 2.1.1 and 2.2.1.

var locationTo211 = []step{
	published,
	disowned, outside("id", ocpi.Locations),
	dropping("state", State),
	locationType, address,
	placeholder("postal_code", PostalCode),
	wholeIfEmptied("postal_code"),
	in("coordinates", sixDecimals), each("related_locations", sixDecimals),
	in("opening_times", hoursTo211...),
	listed("facilities", facilities211, Facilities),
	in("energy_mix", energyMixTo211...),
	images, logos,
	eachThatMay("evses", EVSEWithoutConnectors, evseTo211...),
	times("last_updated"),
}

var locationFrom211 = []step{
	owned, inside("id", ocpi.Locations),
	longIDs("id"),
	publishing, parkingType, timeZone,
	wholeIfEmptied("time_zone"),
	openingTimes,
	in("energy_mix", energyMixFrom211...),
	each("evses", evseFrom211...),
	anew,
}

var evseTo211 = []step{
	listed("capabilities", capabilities211, Capabilities),
	listed("parking_restrictions", parkingRestrictions221, ParkingRestrictions),
	in("coordinates", sixDecimals),
	each("status_schedule", times("period_begin", "period_end")),
	images,
	connectorsThatMay(connectorTo211),
	times("last_updated"),
}

var evseFrom211 = []step{
	longIDs("uid"),
	each("connectors", connectorFrom211...),
	anew,
}

var energyMixTo211 = []step{
	unlistedItems("environ_impact", "category", environmentalImpacts, EnvironmentalImpacts),
	each("environ_impact", renaming("category", "source")),
}

var energyMixFrom211 = []step{
	each("environ_impact", renaming("source", "category")),
}

var hoursTo211 = []step{
	oneOfHours,
	each("exceptional_openings", times("period_begin", "period_end")),
	each("exceptional_closings", times("period_begin", "period_end")),
}

// published withholds what may not be shown to all: 2.1.1 cannot say so, and to
// send it would be to publish it.
func published(t *walk, n *node) {
	if t.embedded {
		t.remove(n, "publish")
		t.remove(n, "publish_allowed_to")
		return
	}
	publish := n.get("publish")
	if t.partial && publish == nil && n.get("publish_allowed_to") == nil {
		return
	}
	t.needWhole(PatchPublish)
	if !publish.isTrue() {
		t.withhold(NotPublished)
		return
	}
	t.remove(n, "publish")
	t.drop(n, "publish_allowed_to", PublishAllowedTo)
}

// publishing says of a location from 2.1.1 what it is by nature.
func publishing(t *walk, n *node) {
	if !t.partial && n.get("publish").empty() {
		v := made("true")
		t.put(n, "id", "publish", v)
		t.note(v, Publish)
	}
}

// locationType is what 2.1.1 has in the place of parking_type, and requires.
func locationType(t *walk, n *node) {
	parking := n.get("parking_type")
	if parking != nil && parking.empty() {
		t.needWhole(PatchEmptied)
		t.remove(n, "parking_type")
		parking = nil
	}
	switch {
	case parking != nil:
		unlisted("parking_type", parkingTypes211, "OTHER", ParkingTypes)(t, n)
		t.rename(n, "parking_type", "type")
	case !t.partial:
		v := made(quoted("UNKNOWN"))
		t.put(n, "id", "type", v)
		t.note(v, LocationType)
	}
}

// parkingType is what 2.2.1 has in the place of type. OTHER and UNKNOWN say
// nothing there.
func parkingType(t *walk, n *node) {
	kind := n.get("type")
	switch {
	case kind == nil:
	case parkingTypes211[kind.str()]:
		t.rename(n, "type", "parking_type")
	default:
		t.needWhole(PatchEmptied)
		if kind.str() != "UNKNOWN" {
			t.lose(kind, OtherType)
		}
		t.remove(n, "type")
	}
}

// notAvailable stands for what is required and not known (types, chapter on
// #NA, from 2.2 on).
const notAvailable = "#NA"

// placeholder fills a required text that is not known.
func placeholder(name string, why Reason) step {
	return func(t *walk, n *node) {
		if !t.partial && n.get(name).empty() {
			v := made(quoted(notAvailable))
			t.put(n, name, name, v)
			t.note(v, why)
		}
	}
}

// mostAddress is how many characters 2.1.1 has for an address.
const mostAddress = 45

func address(t *walk, n *node) {
	v := n.get("address")
	if t.s.KeepAddresses || utf8.RuneCountInString(v.str()) <= mostAddress {
		return
	}
	t.note(v, Address)
	t.replace(n, "address", v.as(quoted(string([]rune(v.str())[:mostAddress]))))
}

// sixDecimals writes coordinates as 2.1.1 wants them.
func sixDecimals(t *walk, n *node) {
	for _, name := range []string{"latitude", "longitude"} {
		v := n.get(name)
		was, ok := parseDecimal(v.str())
		if !v.isString() || !ok || was.scale == 6 || strings.ContainsAny(v.str(), "eE") {
			continue
		}
		is := was.round(6)
		if !is.equal(was) {
			t.note(v, CoordinateDigits)
		}
		t.replace(n, name, v.as(quoted(decimal{is.atScale(6), 6}.String())))
	}
}

// oneOfHours leaves one of regular_hours and twentyfourseven: 2.1.1 wants
// either.
func oneOfHours(t *walk, n *node) {
	always, regular := n.get("twentyfourseven"), n.get("regular_hours")
	switch {
	case always.isTrue():
		t.drop(n, "regular_hours", RegularHours)
	case always.isFalse() && !regular.empty():
		t.remove(n, "twentyfourseven")
	}
}

// openingTimes says twentyfourseven, which 2.2.1 requires.
func openingTimes(t *walk, n *node) {
	hours := n.get("opening_times")
	if !hours.isObject() || !hours.get("twentyfourseven").empty() {
		return
	}
	if regular := hours.get("regular_hours"); !regular.empty() {
		t.put(hours, "", "twentyfourseven", regular.as("false"))
		return
	}
	t.needWhole(PatchEmptied)
	t.drop(n, "opening_times", OpeningTimes)
}

// timeZone adds what 2.2.1 requires: by the country, else that of the CPO.
func timeZone(t *walk, n *node) {
	if !n.get("time_zone").empty() {
		return
	}
	if wholeIf(PatchCountry, "country")(t, n); t.partial {
		return
	}
	zone := zones[strings.ToUpper(n.get("country").str())]
	if zone == "" {
		zone = t.s.TimeZone
	}
	if zone == "" {
		zone = "Etc/UTC"
	}
	v := made(quoted(zone))
	t.put(n, "coordinates", "time_zone", v)
	t.note(v, TimeZone)
}

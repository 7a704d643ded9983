package bridge

// Locations between 2.2.1 and 2.3.0: 2.3.0 has more fields and open
// enums.

var locationTo221 = []step{
	dropping("parking_places", ParkingPlaces),
	dropping("help_phone", HelpPhone),
	unlistedGoes("parking_type", parkingTypes221, OpenParkingType),
	listed("facilities", facilities221, Facilities),
	in("energy_mix", energyMixTo221...),
	each("publish_allowed_to", unlisted("type", tokenTypes221, "OTHER", TokenTypes)),
	images, logos,
	eachThatMay("evses", EVSEWithoutConnectors, evseTo221...),
}

var evseTo221 = []step{
	dropping("parking", EVSEParking),
	dropping("accepted_service_providers", AcceptedProviders),
	listed("capabilities", capabilities221, Capabilities),
	restrictions,
	images,
	connectorsThatMay(connectorTo221),
}

var energyMixTo221 = []step{
	unlistedItems("environ_impact", "category", environmentalImpacts, EnvironmentalImpacts),
}

// unlistedGoes takes away an optional value that the target version does not
// know.
func unlistedGoes(name string, known map[string]bool, why Reason) step {
	return func(t *walk, n *node) {
		if v := n.get(name); v.isString() && !v.among(known) {
			t.needWhole(PatchEmptied)
			t.drop(n, name, why)
		}
	}
}

// unlistedItems takes away those objects of a list which are of a kind that the
// target version does not know.
func unlistedItems(name, kind string, known map[string]bool, why Reason) step {
	return func(t *walk, n *node) {
		t.keep(n.get(name), why, func(item *node) bool {
			v := item.get(kind)
			return !v.isString() || v.among(known)
		})
	}
}

// Images of another category are OTHER ones.
var (
	imageCategory = unlisted("category", imageCategories, "OTHER", ImageCategories)
	images        = each("images", imageCategory)
)

// logos are the images inside BusinessDetails.
func logos(t *walk, n *node) {
	for _, name := range []string{"operator", "suboperator", "owner"} {
		t.into(n.get(name).get("logo"), []step{imageCategory})
	}
}

// restrictions takes away those that 2.2.1 does not know. Without them an EVSE
// for employees looks public, so a connection may have them as CUSTOMERS.
func restrictions(t *walk, n *node) {
	list := n.get("parking_restrictions")
	if t.s.ClosedToCustomers {
		for i, item := range list.elements() {
			if closedToOthers[item.str()] {
				t.note(item, Customers)
				list.members[i].value, list.changed = item.as(quoted("CUSTOMERS")), true
			}
		}
	}
	listed("parking_restrictions", parkingRestrictions221, ParkingRestrictions)(t, n)
}

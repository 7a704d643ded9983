package bridge

import "github.com/ocpihub/ocpihub/ocpi"

// Connectors.

var connectorTo221 = []step{
	dropping("capabilities", ConnectorCapabilities),
	teslaForJ3400,
	func(t *walk, n *node) {
		if v := n.get("standard"); t.s.DropConnectorTypes && v.isString() && !v.among(connectorTypes221) {
			t.withhold(ConnectorUnknown)
		}
	},
}

var connectorTo211 = []step{
	func(t *walk, n *node) {
		if v := n.get("standard"); !t.s.KeepConnectorTypes && v.isString() && !v.among(connectorTypes211) {
			t.withhold(ConnectorUnknown)
		}
	},
	instead("power_type", map[string]string{"AC_2_PHASE": "AC_1_PHASE", "AC_2_PHASE_SPLIT": "AC_1_PHASE"}, PowerTypes),
	renaming("max_voltage", "voltage"),
	renaming("max_amperage", "amperage"),
	dropping("max_electric_power", MaxElectricPower),
	oneTariff, outside("tariff_id", ocpi.Tariffs),
	times("last_updated"),
}

var connectorFrom211 = []step{
	renaming("voltage", "max_voltage"),
	renaming("amperage", "max_amperage"),
	inside("tariff_id", ocpi.Tariffs), tariffs,
	anew,
}

func teslaForJ3400(t *walk, n *node) {
	if t.s.TeslaForJ3400 {
		instead("standard", map[string]string{"SAE_J3400": "TESLA_S"}, SamePlug)(t, n)
	}
}

// connectorsThatMay takes away the connectors that cannot be expressed; an EVSE
// that has none left is not sent.
func connectorsThatMay(steps []step) step {
	filter := eachThatMay("connectors", ConnectorTypes, steps...)
	return func(t *walk, n *node) {
		before := n.get("connectors").empty()
		filter(t, n)
		if !before && n.get("connectors").empty() {
			t.withhold(EVSEUnknown)
		}
	}
}

// oneTariff picks the tariff of a connector: 2.1.1 has one.
func oneTariff(t *walk, n *node) {
	ids := n.get("tariff_ids")
	if ids == nil {
		return
	}
	picked := t.pick(ids)
	if picked == nil && !t.partial {
		t.drop(n, "tariff_ids", TariffIDs)
		return
	}
	for _, id := range ids.elements() {
		if id != picked {
			t.lose(id, TariffIDs)
		}
	}
	if picked == nil {
		picked = ids.as("null") // a PATCH that takes the tariffs away
	}
	t.rename(n, "tariff_ids", "tariff_id")
	t.replace(n, "tariff_id", picked)
}

// pick takes the first tariff that is known to hold now for everybody, else the
// first of which nothing is known. One for ad hoc payment or a profile is never
// taken.
func (t *walk) pick(ids *node) (picked *node) {
	for _, id := range ids.elements() {
		facts, known := t.s.tariff(id.str())
		if known && facts.regular() && facts.validAt(t.s.Now) {
			return id
		}
		if !known && picked == nil {
			picked = id
		}
	}
	return picked
}

// tariffs are those of a connector: one, from 2.1.1.
func tariffs(t *walk, n *node) {
	id := n.get("tariff_id")
	switch {
	case id == nil:
	case id.empty():
		t.rename(n, "tariff_id", "tariff_ids")
	default:
		t.rename(n, "tariff_id", "tariff_ids")
		t.replace(n, "tariff_ids", madeArray(id))
	}
}

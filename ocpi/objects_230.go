package ocpi

import "slices"

// model230 is the data model of OCPI 2.3.0, edition 2, with its extensions for
// payments and bookings. What it does not list is as in 2.2.1. Where the
// extensions differ from the core in what both have, the core holds: they were
// written on an older one (H-217).
var model230 = model{
	objects: append(slices.Clone(model221.objects),
		locations230, tariffs230, cdrs230, credentials230, invoicereconciliation230, types230, payments230, bookings230),
	enums: enums230,
	open:  open230,
	// Payments says nothing of PATCH (mod_payments): there no date is asked for.
	stamped: append(slices.Clone(model221.stamped), "BookingLocation", "Calendar", "Booking"),
	leaves:  leaves230,
}

// The classes that 2.2.1 has in another form, or not at all. See objects_221.go.

var locations230 = objects{
	"Location": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"id", "CiString(36)", '1'},
		{"publish", "boolean", '1'},
		{"publish_allowed_to", "PublishTokenType", '*'},
		{"name", "string(255)", '?'},
		{"address", "string(255)", '1'},
		{"city", "string(45)", '1'},
		{"postal_code", "string(10)", '?'},
		{"state", "string(45)", '?'},
		{"country", "string(3)", '1'},
		{"coordinates", "GeoLocation", '1'},
		{"related_locations", "AdditionalGeoLocation", '*'},
		{"parking_type", "ParkingType", '?'},
		{"evses", "EVSE", '*'},
		{"parking_places", "Parking", '*'},
		{"directions", "DisplayText", '*'},
		{"operator", "BusinessDetails", '?'},
		{"suboperator", "BusinessDetails", '?'},
		{"owner", "BusinessDetails", '?'},
		{"facilities", "Facility", '*'},
		{"time_zone", "string(255)", '1'},
		{"opening_times", "Hours", '?'},
		{"charging_when_closed", "boolean", '?'},
		{"images", "Image", '*'},
		{"energy_mix", "EnergyMix", '?'},
		{"help_phone", "CiString(25)", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"EVSE": {
		{"uid", "CiString(36)", '1'},
		{"evse_id", "CiString(48)", '?'},
		{"status", "Status", '1'},
		{"status_schedule", "StatusSchedule", '*'},
		{"capabilities", "Capability", '*'},
		{"connectors", "Connector", '+'},
		{"floor_level", "string(4)", '?'},
		{"coordinates", "GeoLocation", '?'},
		{"physical_reference", "string(16)", '?'},
		{"directions", "DisplayText", '*'},
		{"parking_restrictions", "ParkingRestriction", '*'},
		{"parking", "EVSEParking", '*'},
		{"images", "Image", '*'},
		{"accepted_service_providers", "string(50)", '*'},
		{"last_updated", "DateTime", '1'},
	},
	"Connector": {
		{"id", "CiString(36)", '1'},
		{"standard", "ConnectorType", '1'},
		{"format", "ConnectorFormat", '1'},
		{"power_type", "PowerType", '1'},
		{"max_voltage", "int", '1'},
		{"max_amperage", "int", '1'},
		{"max_electric_power", "int", '?'},
		{"tariff_ids", "CiString(36)", '*'},
		{"terms_and_conditions", "URL", '?'},
		{"capabilities", "ConnectorCapability", '*'},
		{"last_updated", "DateTime", '1'},
	},
	"EVSEParking": {{"parking_id", "CiString(36)", '1'}, {"evse_position", "EVSEPosition", '?'}},
	"Parking": {
		{"id", "CiString(36)", '1'},
		{"physical_reference", "string(12)", '?'},
		{"vehicle_types", "VehicleType", '+'},
		{"max_vehicle_weight", "number", '?'},
		{"max_vehicle_height", "number", '?'},
		{"max_vehicle_length", "number", '?'},
		{"max_vehicle_width", "number", '?'},
		{"parking_space_length", "number", '?'},
		{"parking_space_width", "number", '?'},
		{"dangerous_goods_allowed", "boolean", '?'},
		{"direction", "ParkingDirection", '?'},
		{"drive_through", "boolean", '?'},
		{"restricted_to_type", "boolean", '1'},
		{"reservation_required", "boolean", '1'},
		{"time_limit", "number", '?'},
		{"roofed", "boolean", '?'},
		{"images", "Image", '*'},
		{"lighting", "boolean", '?'},
		{"refrigeration_outlet", "boolean", '?'},
		{"standards", "CiString(36)", '*'},
		{"apds_reference", "CiString", '?'},
	},
}

var tariffs230 = objects{
	"Tariff": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"id", "CiString(36)", '1'},
		{"currency", "string(3)", '1'},
		{"type", "TariffType", '?'},
		{"tariff_alt_text", "DisplayText", '*'},
		{"tariff_alt_url", "URL", '?'},
		{"min_price", "PriceLimit", '?'},
		{"max_price", "PriceLimit", '?'},
		{"elements", "TariffElement", '+'},
		{"tax_included", "TaxIncluded", '1'},
		{"start_date_time", "DateTime", '?'},
		{"end_date_time", "DateTime", '?'},
		{"energy_mix", "EnergyMix", '?'},
		{"last_updated", "DateTime", '1'},
		{"preauthorize_amount", "number", '?'}, // of payments
	},
	// Of bookings.
	"TariffRestrictions": slices.Concat(tariffs221["TariffRestrictions"], []property{{"booking", "BookingRestrictionType", '?'}}),
	"PriceLimit":         {{"before_taxes", "number", '1'}, {"after_taxes", "number", '?'}},
}

var cdrs230 = objects{
	// Of bookings.
	"CDR": slices.Concat(cdrs221["CDR"], []property{{"booking_id", "CiString(36)", '?'}}),
}

var credentials230 = objects{
	"Credentials": {
		{"token", "string(64)", '1'},
		{"url", "URL", '1'},
		{"hub_party_id", "CiString(5)", '?'},
		{"roles", "CredentialsRole", '+'},
	},
}

var invoicereconciliation230 = objects{
	"InvoiceReconciliationRecord": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"id", "CiString(36)", '1'},
		{"invoice_id", "CiString(255)", '1'},
		{"cdrs", "CiString(36)", '+'},
		{"last_updated", "DateTime", '1'},
	},
}

var types230 = objects{
	"Price": {{"before_taxes", "number", '1'}, {"taxes", "TaxAmount", '*'}},
	"TaxAmount": {
		{"name", "string", '1'},
		{"account_number", "string", '?'},
		{"percentage", "number", '?'},
		{"amount", "number", '1'},
	},
}

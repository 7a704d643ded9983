package ocpi

// model211 is the data model of OCPI 2.1.1. It has no parties in its objects,
// no prices but numbers, and a whole location in each session and CDR.
var model211 = model{
	objects: []objects{
		locations211, tariffs211, sessions211, cdrs211, tokens211, commands211, credentials211,
		locations221.only("AdditionalGeoLocation", "BusinessDetails", "EnergyMix", "EnergySource",
			"ExceptionalPeriod", "GeoLocation", "RegularHours", "StatusSchedule"),
		tariffs221.only("TariffElement"),
		cdrs221.only("CdrDimension"),
		types221.only("DisplayText"),
	},
	enums: enums211,
	forms: forms211,
	leaves: map[string]leave{
		"EVSE.connectors": {missing: isRemoved},
		// One of the two is given: regular_hours or twentyfourseven.
		"Hours.twentyfourseven": {missing: func(hours []byte) bool { return has(hours, "regular_hours") }},
	},
	ascii: true,
}

// The classes that 2.2.1 has in another form, or not at all. See objects_221.go.

var locations211 = objects{
	"Location": {
		{"id", "string(39)", '1'},
		{"type", "LocationType", '1'},
		{"name", "string(255)", '?'},
		{"address", "string(45)", '1'},
		{"city", "string(45)", '1'},
		{"postal_code", "string(10)", '1'},
		{"country", "string(3)", '1'},
		{"coordinates", "GeoLocation", '1'},
		{"related_locations", "AdditionalGeoLocation", '*'},
		{"evses", "EVSE", '*'},
		{"directions", "DisplayText", '*'},
		{"operator", "BusinessDetails", '?'},
		{"suboperator", "BusinessDetails", '?'},
		{"owner", "BusinessDetails", '?'},
		{"facilities", "Facility", '*'},
		{"time_zone", "string(255)", '?'},
		{"opening_times", "Hours", '?'},
		{"charging_when_closed", "boolean", '?'},
		{"images", "Image", '*'},
		{"energy_mix", "EnergyMix", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"EVSE": {
		{"uid", "string(39)", '1'},
		{"evse_id", "string(48)", '?'},
		{"status", "Status", '1'},
		{"status_schedule", "StatusSchedule", '*'},
		{"capabilities", "Capability", '*'},
		{"connectors", "Connector", '+'},
		{"floor_level", "string(4)", '?'},
		{"coordinates", "GeoLocation", '?'},
		{"physical_reference", "string(16)", '?'},
		{"directions", "DisplayText", '*'},
		{"parking_restrictions", "ParkingRestriction", '*'},
		{"images", "Image", '*'},
		{"last_updated", "DateTime", '1'},
	},
	"Connector": {
		{"id", "string(36)", '1'},
		{"standard", "ConnectorType", '1'},
		{"format", "ConnectorFormat", '1'},
		{"power_type", "PowerType", '1'},
		{"voltage", "int", '1'},
		{"amperage", "int", '1'},
		{"tariff_id", "string(36)", '?'},
		{"terms_and_conditions", "URL", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"EnvironmentalImpact": {{"source", "EnvironmentalImpactCategory", '1'}, {"amount", "number", '1'}},
	"Hours": {
		{"regular_hours", "RegularHours", '*'},
		{"twentyfourseven", "boolean", '1'},
		{"exceptional_openings", "ExceptionalPeriod", '*'},
		{"exceptional_closings", "ExceptionalPeriod", '*'},
	},
	"Image": {
		{"url", "URL", '1'},
		{"thumbnail", "URL", '?'},
		{"category", "ImageCategory", '1'},
		{"type", "string(4)", '1'},
		{"width", "int(5)", '?'},
		{"height", "int(5)", '?'},
	},
}

var tariffs211 = objects{
	"Tariff": {
		{"id", "string(36)", '1'},
		{"currency", "string(3)", '1'},
		{"tariff_alt_text", "DisplayText", '*'},
		{"tariff_alt_url", "URL", '?'},
		{"elements", "TariffElement", '+'},
		{"energy_mix", "EnergyMix", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"PriceComponent": {{"type", "TariffDimensionType", '1'}, {"price", "number", '1'}, {"step_size", "int", '1'}},
	"TariffRestrictions": {
		{"start_time", "string(5)", '?'},
		{"end_time", "string(5)", '?'},
		{"start_date", "string(10)", '?'},
		{"end_date", "string(10)", '?'},
		{"min_kwh", "number", '?'},
		{"max_kwh", "number", '?'},
		{"min_power", "number", '?'},
		{"max_power", "number", '?'},
		{"min_duration", "int", '?'},
		{"max_duration", "int", '?'},
		{"day_of_week", "DayOfWeek", '*'},
	},
}

var sessions211 = objects{
	"Session": {
		{"id", "string(36)", '1'},
		{"start_datetime", "DateTime", '1'},
		{"end_datetime", "DateTime", '?'},
		{"kwh", "number", '1'},
		{"auth_id", "string(36)", '1'},
		{"auth_method", "AuthMethod", '1'},
		{"location", "Location", '1'},
		{"meter_id", "string(255)", '?'},
		{"currency", "string(3)", '1'},
		{"charging_periods", "ChargingPeriod", '*'},
		{"total_cost", "number", '?'},
		{"status", "SessionStatus", '1'},
		{"last_updated", "DateTime", '1'},
	},
}

var cdrs211 = objects{
	"CDR": {
		{"id", "CiString(36)", '1'},
		{"start_date_time", "DateTime", '1'},
		{"stop_date_time", "DateTime", '1'},
		{"auth_id", "string(36)", '1'},
		{"auth_method", "AuthMethod", '1'},
		{"location", "Location", '1'},
		{"meter_id", "string(255)", '?'},
		{"currency", "string(3)", '1'},
		{"tariffs", "Tariff", '*'},
		{"charging_periods", "ChargingPeriod", '+'},
		{"total_cost", "number", '1'},
		{"total_energy", "number", '1'},
		{"total_time", "number", '1'},
		{"total_parking_time", "number", '?'},
		{"remark", "string(255)", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"ChargingPeriod": {{"start_date_time", "DateTime", '1'}, {"dimensions", "CdrDimension", '+'}},
}

var tokens211 = objects{
	"Token": {
		{"uid", "string(36)", '1'},
		{"type", "TokenType", '1'},
		{"auth_id", "string(36)", '1'},
		{"visual_number", "string(64)", '?'},
		{"issuer", "string(64)", '1'},
		{"valid", "boolean", '1'},
		{"whitelist", "WhitelistType", '1'},
		{"language", "string(2)", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"AuthorizationInfo": {
		{"allowed", "Allowed", '1'},
		{"location", "LocationReferences", '?'},
		{"info", "DisplayText", '?'},
	},
	"LocationReferences": {
		{"location_id", "string(39)", '1'},
		{"evse_uids", "string(39)", '*'},
		{"connector_ids", "string(36)", '*'},
	},
}

var commands211 = objects{
	"CommandResponse": {{"result", "CommandResponseType", '1'}},
	"ReserveNow": {
		{"response_url", "URL", '1'},
		{"token", "Token", '1'},
		{"expiry_date", "DateTime", '1'},
		{"reservation_id", "int", '1'},
		{"location_id", "string(39)", '1'},
		{"evse_uid", "string(39)", '?'},
	},
	"StartSession": {
		{"response_url", "URL", '1'},
		{"token", "Token", '1'},
		{"location_id", "string(39)", '1'},
		{"evse_uid", "string(39)", '?'},
	},
	"StopSession": {{"response_url", "URL", '1'}, {"session_id", "string(36)", '1'}},
	"UnlockConnector": {
		{"response_url", "URL", '1'},
		{"location_id", "string(39)", '1'},
		{"evse_uid", "string(39)", '1'},
		{"connector_id", "string(36)", '1'},
	},
}

var credentials211 = objects{
	"Credentials": {
		{"token", "string(64)", '1'},
		{"url", "URL", '1'},
		{"business_details", "BusinessDetails", '1'},
		{"party_id", "string(3)", '1'},
		{"country_code", "string(2)", '1'},
	},
}

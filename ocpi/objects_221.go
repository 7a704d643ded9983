package ocpi

// model221 is the data model of OCPI 2.2.1: every class that a party can send.
var model221 = model{
	objects: []objects{
		locations221, tariffs221, sessions221, cdrs221, tokens221,
		commands221, chargingprofiles221, credentials221, hubclientinfo221, types221,
	},
	enums:   enums221,
	stamped: []string{"Location", "EVSE", "Connector", "Session", "Token"},
	leaves:  leaves221,
}

// leaves221: an EVSE that is REMOVED often comes without its connectors.
var leaves221 = map[string]leave{"EVSE.connectors": {missing: isRemoved}}

func isRemoved(evse []byte) bool { return FindString(evse, "status") == "REMOVED" }

// The classes as the specification lists them, module by module: the fields in
// its order, each with its type, its greatest length and cardinality. A type
// that is neither a base type nor a class is an enum. Of the lengths that
// differ between prints the longest holds: 255 for an address, 45 for a state,
// 5000 for signed data (H-206).

var locations221 = objects{
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
		{"images", "Image", '*'},
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
		{"last_updated", "DateTime", '1'},
	},
	"AdditionalGeoLocation": {{"latitude", "string(10)", '1'}, {"longitude", "string(11)", '1'}, {"name", "DisplayText", '?'}},
	"BusinessDetails":       {{"name", "string(100)", '1'}, {"website", "URL", '?'}, {"logo", "Image", '?'}},
	"EnergyMix": {
		{"is_green_energy", "boolean", '1'},
		{"energy_sources", "EnergySource", '*'},
		{"environ_impact", "EnvironmentalImpact", '*'},
		{"supplier_name", "string(64)", '?'},
		{"energy_product_name", "string(64)", '?'},
	},
	"EnergySource":        {{"source", "EnergySourceCategory", '1'}, {"percentage", "number", '1'}},
	"EnvironmentalImpact": {{"category", "EnvironmentalImpactCategory", '1'}, {"amount", "number", '1'}},
	"ExceptionalPeriod":   {{"period_begin", "DateTime", '1'}, {"period_end", "DateTime", '1'}},
	"GeoLocation":         {{"latitude", "string(10)", '1'}, {"longitude", "string(11)", '1'}},
	"Hours": {
		{"twentyfourseven", "boolean", '1'},
		{"regular_hours", "RegularHours", '*'},
		{"exceptional_openings", "ExceptionalPeriod", '*'},
		{"exceptional_closings", "ExceptionalPeriod", '*'},
	},
	"Image": {
		{"url", "URL", '1'},
		{"thumbnail", "URL", '?'},
		{"category", "ImageCategory", '1'},
		{"type", "CiString(4)", '1'},
		{"width", "int(5)", '?'},
		{"height", "int(5)", '?'},
	},
	"PublishTokenType": {
		{"uid", "CiString(36)", '?'},
		{"type", "TokenType", '?'},
		{"visual_number", "string(64)", '?'},
		{"issuer", "string(64)", '?'},
		{"group_id", "CiString(36)", '?'},
	},
	"RegularHours":   {{"weekday", "int(1)", '1'}, {"period_begin", "string(5)", '1'}, {"period_end", "string(5)", '1'}},
	"StatusSchedule": {{"period_begin", "DateTime", '1'}, {"period_end", "DateTime", '?'}, {"status", "Status", '1'}},
}

var tariffs221 = objects{
	"Tariff": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"id", "CiString(36)", '1'},
		{"currency", "string(3)", '1'},
		{"type", "TariffType", '?'},
		{"tariff_alt_text", "DisplayText", '*'},
		{"tariff_alt_url", "URL", '?'},
		{"min_price", "Price", '?'},
		{"max_price", "Price", '?'},
		{"elements", "TariffElement", '+'},
		{"start_date_time", "DateTime", '?'},
		{"end_date_time", "DateTime", '?'},
		{"energy_mix", "EnergyMix", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"PriceComponent": {
		{"type", "TariffDimensionType", '1'}, {"price", "number", '1'}, {"vat", "number", '?'}, {"step_size", "int", '1'},
	},
	"TariffElement": {{"price_components", "PriceComponent", '+'}, {"restrictions", "TariffRestrictions", '?'}},
	"TariffRestrictions": {
		{"start_time", "string(5)", '?'},
		{"end_time", "string(5)", '?'},
		{"start_date", "string(10)", '?'},
		{"end_date", "string(10)", '?'},
		{"min_kwh", "number", '?'},
		{"max_kwh", "number", '?'},
		{"min_current", "number", '?'},
		{"max_current", "number", '?'},
		{"min_power", "number", '?'},
		{"max_power", "number", '?'},
		{"min_duration", "int", '?'},
		{"max_duration", "int", '?'},
		{"day_of_week", "DayOfWeek", '*'},
		{"reservation", "ReservationRestrictionType", '?'},
	},
}

var sessions221 = objects{
	"Session": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"id", "CiString(36)", '1'},
		{"start_date_time", "DateTime", '1'},
		{"end_date_time", "DateTime", '?'},
		{"kwh", "number", '1'},
		{"cdr_token", "CdrToken", '1'},
		{"auth_method", "AuthMethod", '1'},
		{"authorization_reference", "CiString(36)", '?'},
		{"location_id", "CiString(36)", '1'},
		{"evse_uid", "CiString(36)", '1'},
		{"connector_id", "CiString(36)", '1'},
		{"meter_id", "string(255)", '?'},
		{"currency", "string(3)", '1'},
		{"charging_periods", "ChargingPeriod", '*'},
		{"total_cost", "Price", '?'},
		{"status", "SessionStatus", '1'},
		{"last_updated", "DateTime", '1'},
	},
	"ChargingPreferences": {
		{"profile_type", "ProfileType", '1'},
		{"departure_time", "DateTime", '?'},
		{"energy_need", "number", '?'},
		{"discharge_allowed", "boolean", '?'},
	},
}

var cdrs221 = objects{
	"CDR": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"id", "CiString(39)", '1'},
		{"start_date_time", "DateTime", '1'},
		{"end_date_time", "DateTime", '1'},
		{"session_id", "CiString(36)", '?'},
		{"cdr_token", "CdrToken", '1'},
		{"auth_method", "AuthMethod", '1'},
		{"authorization_reference", "CiString(36)", '?'},
		{"cdr_location", "CdrLocation", '1'},
		{"meter_id", "string(255)", '?'},
		{"currency", "string(3)", '1'},
		{"tariffs", "Tariff", '*'},
		{"charging_periods", "ChargingPeriod", '+'},
		{"signed_data", "SignedData", '?'},
		{"total_cost", "Price", '1'},
		{"total_fixed_cost", "Price", '?'},
		{"total_energy", "number", '1'},
		{"total_energy_cost", "Price", '?'},
		{"total_time", "number", '1'},
		{"total_time_cost", "Price", '?'},
		{"total_parking_time", "number", '?'},
		{"total_parking_cost", "Price", '?'},
		{"total_reservation_cost", "Price", '?'},
		{"remark", "string(255)", '?'},
		{"invoice_reference_id", "CiString(39)", '?'},
		{"credit", "boolean", '?'},
		{"credit_reference_id", "CiString(39)", '?'},
		{"home_charging_compensation", "boolean", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"CdrDimension": {{"type", "CdrDimensionType", '1'}, {"volume", "number", '1'}},
	"CdrLocation": {
		{"id", "CiString(36)", '1'},
		{"name", "string(255)", '?'},
		{"address", "string(255)", '1'},
		{"city", "string(45)", '1'},
		{"postal_code", "string(10)", '?'},
		{"state", "string(45)", '?'},
		{"country", "string(3)", '1'},
		{"coordinates", "GeoLocation", '1'},
		{"evse_uid", "CiString(36)", '1'},
		{"evse_id", "CiString(48)", '1'},
		{"connector_id", "CiString(36)", '1'},
		{"connector_standard", "ConnectorType", '1'},
		{"connector_format", "ConnectorFormat", '1'},
		{"connector_power_type", "PowerType", '1'},
	},
	"CdrToken": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"uid", "CiString(36)", '1'},
		{"type", "TokenType", '1'},
		{"contract_id", "CiString(36)", '1'},
	},
	"ChargingPeriod": {
		{"start_date_time", "DateTime", '1'}, {"dimensions", "CdrDimension", '+'}, {"tariff_id", "CiString(36)", '?'},
	},
	"SignedData": {
		{"encoding_method", "CiString(36)", '1'},
		{"encoding_method_version", "int", '?'},
		{"public_key", "string(512)", '?'},
		{"signed_values", "SignedValue", '+'},
		{"url", "string(512)", '?'},
	},
	"SignedValue": {{"nature", "CiString(32)", '1'}, {"plain_data", "string(5000)", '1'}, {"signed_data", "string(5000)", '1'}},
}

var tokens221 = objects{
	"Token": {
		{"country_code", "CiString(2)", '1'},
		{"party_id", "CiString(3)", '1'},
		{"uid", "CiString(36)", '1'},
		{"type", "TokenType", '1'},
		{"contract_id", "CiString(36)", '1'},
		{"visual_number", "string(64)", '?'},
		{"issuer", "string(64)", '1'},
		{"group_id", "CiString(36)", '?'},
		{"valid", "boolean", '1'},
		{"whitelist", "WhitelistType", '1'},
		{"language", "string(2)", '?'},
		{"default_profile_type", "ProfileType", '?'},
		{"energy_contract", "EnergyContract", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"AuthorizationInfo": {
		{"allowed", "AllowedType", '1'},
		{"token", "Token", '1'},
		{"location", "LocationReferences", '?'},
		{"authorization_reference", "CiString(36)", '?'},
		{"info", "DisplayText", '?'},
	},
	"EnergyContract":     {{"supplier_name", "string(64)", '1'}, {"contract_id", "string(64)", '?'}},
	"LocationReferences": {{"location_id", "CiString(36)", '1'}, {"evse_uids", "CiString(36)", '*'}},
}

var commands221 = objects{
	"CancelReservation": {{"response_url", "URL", '1'}, {"reservation_id", "CiString(36)", '1'}},
	"CommandResponse":   {{"result", "CommandResponseType", '1'}, {"timeout", "int", '1'}, {"message", "DisplayText", '*'}},
	"CommandResult":     {{"result", "CommandResultType", '1'}, {"message", "DisplayText", '*'}},
	"ReserveNow": {
		{"response_url", "URL", '1'},
		{"token", "Token", '1'},
		{"expiry_date", "DateTime", '1'},
		{"reservation_id", "CiString(36)", '1'},
		{"location_id", "CiString(36)", '1'},
		{"evse_uid", "CiString(36)", '?'},
		{"authorization_reference", "CiString(36)", '?'},
	},
	"StartSession": {
		{"response_url", "URL", '1'},
		{"token", "Token", '1'},
		{"location_id", "CiString(36)", '1'},
		{"evse_uid", "CiString(36)", '?'},
		{"connector_id", "CiString(36)", '?'},
		{"authorization_reference", "CiString(36)", '?'},
	},
	"StopSession": {{"response_url", "URL", '1'}, {"session_id", "CiString(36)", '1'}},
	"UnlockConnector": {
		{"response_url", "URL", '1'},
		{"location_id", "CiString(36)", '1'},
		{"evse_uid", "CiString(36)", '1'},
		{"connector_id", "CiString(36)", '1'},
	},
}

var chargingprofiles221 = objects{
	"SetChargingProfile":    {{"charging_profile", "ChargingProfile", '1'}, {"response_url", "URL", '1'}},
	"ActiveChargingProfile": {{"start_date_time", "DateTime", '1'}, {"charging_profile", "ChargingProfile", '1'}},
	"ChargingProfile": {
		{"start_date_time", "DateTime", '?'},
		{"duration", "int", '?'},
		{"charging_rate_unit", "ChargingRateUnit", '1'},
		{"min_charging_rate", "number", '?'},
		{"charging_profile_period", "ChargingProfilePeriod", '*'},
	},
	"ChargingProfilePeriod":       {{"start_period", "int", '1'}, {"limit", "number", '1'}},
	"ChargingProfileResponse":     {{"result", "ChargingProfileResponseType", '1'}, {"timeout", "int", '1'}},
	"ActiveChargingProfileResult": {{"result", "ChargingProfileResultType", '1'}, {"profile", "ActiveChargingProfile", '?'}},
	"ChargingProfileResult":       {{"result", "ChargingProfileResultType", '1'}},
	"ClearProfileResult":          {{"result", "ChargingProfileResultType", '1'}},
}

var credentials221 = objects{
	"Credentials": {{"token", "string(64)", '1'}, {"url", "URL", '1'}, {"roles", "CredentialsRole", '+'}},
	"CredentialsRole": {
		{"role", "Role", '1'},
		{"business_details", "BusinessDetails", '1'},
		{"party_id", "CiString(3)", '1'},
		{"country_code", "CiString(2)", '1'},
	},
}

var hubclientinfo221 = objects{
	"ClientInfo": {
		{"party_id", "CiString(3)", '1'},
		{"country_code", "CiString(2)", '1'},
		{"role", "Role", '1'},
		{"status", "ConnectionStatus", '1'},
		{"last_updated", "DateTime", '1'},
	},
}

var types221 = objects{
	"DisplayText": {{"language", "string(2)", '1'}, {"text", "string(512)", '1'}},
	"Price":       {{"excl_vat", "number", '1'}, {"incl_vat", "number", '?'}},
}

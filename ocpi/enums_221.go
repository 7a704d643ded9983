package ocpi

// enums221 holds the values of every enum that occurs in an object of OCPI
// 2.2.1. Others travel as well (H-078): the list tells which are worth a word.
var enums221 = map[string][]string{
	"Role": {"CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"},
	"Capability": {
		"CHARGING_PROFILE_CAPABLE", "CHARGING_PREFERENCES_CAPABLE", "CHIP_CARD_SUPPORT",
		"CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE", "PED_TERMINAL",
		"REMOTE_START_STOP_CAPABLE", "RESERVABLE", "RFID_READER", "START_SESSION_CONNECTOR_REQUIRED",
		"TOKEN_GROUP_CAPABLE", "UNLOCK_CAPABLE",
	},
	"ConnectorFormat": {"SOCKET", "CABLE"},
	"ConnectorType": {
		"CHADEMO", "CHAOJI", "DOMESTIC_A", "DOMESTIC_B", "DOMESTIC_C", "DOMESTIC_D", "DOMESTIC_E", "DOMESTIC_F",
		"DOMESTIC_G", "DOMESTIC_H", "DOMESTIC_I", "DOMESTIC_J", "DOMESTIC_K", "DOMESTIC_L", "DOMESTIC_M",
		"DOMESTIC_N", "DOMESTIC_O", "GBT_AC", "GBT_DC", "IEC_60309_2_single_16", "IEC_60309_2_three_16",
		"IEC_60309_2_three_32", "IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO", "IEC_62196_T2",
		"IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50",
		"NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50", "PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN",
		"TESLA_R", "TESLA_S",
	},
	"EnergySourceCategory": {
		"NUCLEAR", "GENERAL_FOSSIL", "COAL", "GAS", "GENERAL_GREEN", "SOLAR", "WIND", "WATER",
	},
	"EnvironmentalImpactCategory": {"NUCLEAR_WASTE", "CARBON_DIOXIDE"},
	"Facility": {
		"HOTEL", "RESTAURANT", "CAFE", "MALL", "SUPERMARKET", "SPORT", "RECREATION_AREA", "NATURE", "MUSEUM",
		"BIKE_SHARING", "BUS_STOP", "TAXI_STAND", "TRAM_STOP", "METRO_STATION", "TRAIN_STATION", "AIRPORT",
		"PARKING_LOT", "CARPOOL_PARKING", "FUEL_STATION", "WIFI",
	},
	"ImageCategory":      {"CHARGER", "ENTRANCE", "LOCATION", "NETWORK", "OPERATOR", "OTHER", "OWNER"},
	"ParkingRestriction": {"EV_ONLY", "PLUGGED", "DISABLED", "CUSTOMERS", "MOTORCYCLES"},
	"ParkingType": {
		"ALONG_MOTORWAY", "PARKING_GARAGE", "PARKING_LOT", "ON_DRIVEWAY", "ON_STREET", "UNDERGROUND_GARAGE",
	},
	"PowerType": {"AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"},
	"Status": {
		"AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED", "RESERVED",
		"UNKNOWN",
	},
	"ProfileType":   {"CHEAP", "FAST", "GREEN", "REGULAR"},
	"SessionStatus": {"ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION"},
	"AuthMethod":    {"AUTH_REQUEST", "COMMAND", "WHITELIST"},
	"CdrDimensionType": {
		"CURRENT", "ENERGY", "ENERGY_EXPORT", "ENERGY_IMPORT", "MAX_CURRENT", "MIN_CURRENT", "MAX_POWER",
		"MIN_POWER", "PARKING_TIME", "POWER", "RESERVATION_TIME", "STATE_OF_CHARGE", "TIME",
	},
	"DayOfWeek":                  {"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"},
	"ReservationRestrictionType": {"RESERVATION", "RESERVATION_EXPIRES"},
	"TariffDimensionType":        {"ENERGY", "FLAT", "PARKING_TIME", "TIME"},
	"TariffType":                 {"AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR"},
	"AllowedType":                {"ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"},
	"TokenType":                  {"AD_HOC_USER", "APP_USER", "OTHER", "RFID"},
	"WhitelistType":              {"ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"},
	"CommandResponseType":        {"NOT_SUPPORTED", "REJECTED", "ACCEPTED", "UNKNOWN_SESSION"},
	"CommandResultType": {
		"ACCEPTED", "CANCELED_RESERVATION", "EVSE_OCCUPIED", "EVSE_INOPERATIVE", "FAILED", "NOT_SUPPORTED",
		"REJECTED", "TIMEOUT", "UNKNOWN_RESERVATION",
	},
	"ChargingRateUnit":            {"W", "A"},
	"ChargingProfileResponseType": {"ACCEPTED", "NOT_SUPPORTED", "REJECTED", "TOO_OFTEN", "UNKNOWN_SESSION"},
	"ChargingProfileResultType":   {"ACCEPTED", "REJECTED", "UNKNOWN"},
	"ConnectionStatus":            {"CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED"},
}

// enumSets are the same values, to be looked up.
var enumSets = sets(enums221)

func sets(lists map[string][]string) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for name, values := range lists {
		out[name] = map[string]bool{}
		for _, v := range values {
			out[name][v] = true
		}
	}
	return out
}

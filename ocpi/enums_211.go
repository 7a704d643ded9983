package ocpi

// enums211 holds the values of every enum that occurs in an object of OCPI
// 2.1.1. It has no roles: a party is a CPO or an eMSP by its endpoints.
var enums211 = enums221.only(
	"ConnectorFormat", "DayOfWeek", "EnergySourceCategory", "EnvironmentalImpactCategory", "ImageCategory",
	"ParkingRestriction", "Status", "TariffDimensionType", "WhitelistType",
).with(enums{
	"Capability": {
		"CHARGING_PROFILE_CAPABLE", "CREDIT_CARD_PAYABLE", "REMOTE_START_STOP_CAPABLE", "RESERVABLE", "RFID_READER",
		"UNLOCK_CAPABLE",
	},
	"ConnectorType": {
		"CHADEMO", "DOMESTIC_A", "DOMESTIC_B", "DOMESTIC_C", "DOMESTIC_D", "DOMESTIC_E", "DOMESTIC_F", "DOMESTIC_G",
		"DOMESTIC_H", "DOMESTIC_I", "DOMESTIC_J", "DOMESTIC_K", "DOMESTIC_L", "IEC_60309_2_single_16",
		"IEC_60309_2_three_16", "IEC_60309_2_three_32", "IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO",
		"IEC_62196_T2", "IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C", "TESLA_R", "TESLA_S",
	},
	"Facility": {
		"HOTEL", "RESTAURANT", "CAFE", "MALL", "SUPERMARKET", "SPORT", "RECREATION_AREA", "NATURE", "MUSEUM",
		"BUS_STOP", "TAXI_STAND", "TRAIN_STATION", "AIRPORT", "CARPOOL_PARKING", "FUEL_STATION", "WIFI",
	},
	"LocationType":        {"ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT", "OTHER", "UNKNOWN"},
	"PowerType":           {"AC_1_PHASE", "AC_3_PHASE", "DC"},
	"SessionStatus":       {"ACTIVE", "COMPLETED", "INVALID", "PENDING"},
	"AuthMethod":          {"AUTH_REQUEST", "WHITELIST"},
	"CdrDimensionType":    {"ENERGY", "FLAT", "MAX_CURRENT", "MIN_CURRENT", "PARKING_TIME", "TIME"},
	"Allowed":             {"ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"},
	"TokenType":           {"OTHER", "RFID"},
	"CommandResponseType": {"NOT_SUPPORTED", "REJECTED", "ACCEPTED", "TIMEOUT", "UNKNOWN_SESSION"},
})

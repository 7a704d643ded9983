package ocpi

import "slices"

// enums230 holds the values of the enums that 2.3.0 does not share with 2.2.1,
// and those of its extensions. A role HUB is gone: a hub names itself in
// hub_party_id. PTP came with payments, though the list of roles lacks it
// (H-212).
var enums230 = enums221.with(enums{
	"Role":                {"CPO", "EMSP", "NAP", "NSP", "OTHER", "SCSP", "PTP"},
	"ConnectorCapability": {"ISO_15118_2_PLUG_AND_CHARGE", "ISO_15118_20_PLUG_AND_CHARGE"},
	"ConnectorType": {
		"CHADEMO", "CHAOJI", "DOMESTIC_A", "DOMESTIC_B", "DOMESTIC_C", "DOMESTIC_D", "DOMESTIC_E", "DOMESTIC_F",
		"DOMESTIC_G", "DOMESTIC_H", "DOMESTIC_I", "DOMESTIC_J", "DOMESTIC_K", "DOMESTIC_L", "DOMESTIC_M",
		"DOMESTIC_N", "DOMESTIC_O", "GBT_AC", "GBT_DC", "IEC_60309_2_single_16", "IEC_60309_2_three_16",
		"IEC_60309_2_three_32", "IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO", "IEC_62196_T2",
		"IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C", "MCS", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50",
		"NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50", "PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN",
		"SAE_J3400", "TESLA_R", "TESLA_S",
	},
	"EVSEPosition":     {"LEFT", "RIGHT", "CENTER"},
	"ParkingDirection": {"PARALLEL", "PERPENDICULAR", "ANGLE"},
	"ParkingRestriction": {
		"CUSTOMERS", "DISABLED", "EMPLOYEES", "EV_ONLY", "MOTORCYCLES", "PLUGGED", "TAXIS", "TENANTS",
	},
	"VehicleType": {
		"MOTORCYCLE", "PERSONAL_VEHICLE", "PERSONAL_VEHICLE_WITH_TRAILER", "VAN", "SEMI_TRACTOR", "RIGID",
		"TRUCK_WITH_TRAILER", "BUS", "DISABLED",
	},
	"TaxIncluded": {"YES", "NO", "N/A"},
	"TokenType":   {"AD_HOC_USER", "APP_USER", "EMAID", "OTHER", "RFID"},
}, enums{ // of payments
	"InvoiceCreator":    {"CPO", "PTP"},
	"CaptureStatusCode": {"SUCCESS", "PARTIAL_SUCCESS", "FAILED"},
}, enums{ // of bookings
	"CdrDimensionType":       slices.Concat(enums221["CdrDimensionType"], []string{"RESERVATION_EXPIRES", "RESERVATION_OVERTIME"}),
	"BookingRestrictionType": {"BOOKING", "BOOKING_EXPIRES", "BOOKING_CANCELLATION_FEES", "BOOKING_OVERTIME"},
	"AccessMethod":           {"OPEN", "TOKEN", "LICENSE_PLATE", "ACCESS_CODE", "INTERCOM", "PARKING_TICKET"},
	"CanceledReason": {
		"POWER_OUTAGE", "BROKEN_CHARGER", "FULL", "BLOCKED", "TRAFFIC", "BROKEN_VEHICLE", "NO_CANCELED", "UNKNOWN",
	},
	"ReservationRequestStatus": {"PENDING", "ACCEPTED", "DECLINED", "FAILED"},
	"ReservationStatus": {
		"PENDING", "RESERVED", "CANCELED", "FAILED", "NO_SHOW", "FULFILLED", "REJECTED", "UNKNOWN",
	},
})

// open230 are the open enums of 2.3.0: values outside the list are welcome
// (types, OpenEnum).
var open230 = []string{
	"Capability", "ConnectorCapability", "ConnectorType", "EnvironmentalImpactCategory", "Facility", "ImageCategory",
	"ParkingRestriction", "ParkingType", "TokenType", "VehicleType",
}

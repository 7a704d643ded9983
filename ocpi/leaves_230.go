package ocpi

// leaves230 is what is not insisted on in OCPI 2.3.0, since the specification
// itself does otherwise in its examples.
var leaves230 = map[string]leave{
	"EVSE.connectors": {missing: isRemoved},

	// A terminal may be created by its id alone.
	"Terminal.last_updated":                {missing: always},
	"TerminalActivation.last_updated":      {missing: always},
	"FinancialAdviceConfirmation.eft_data": {missing: isNotCaptured},
	"EitherPrice.before_taxes":             {missing: func(price []byte) bool { return has(price, "excl_vat") }},

	"BookingOption.evse_position":   {single: true},
	"BookingLocation.booking_terms": {merged: true},
	"Booking.booking_terms":         {merged: true},
}

func always([]byte) bool { return true }

// isNotCaptured: what failed has left no data of the card terminal.
func isNotCaptured(confirmation []byte) bool {
	return FindString(confirmation, "capture_status_code") == "FAILED"
}

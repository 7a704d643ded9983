package ocpi

import "slices"

// terminal230 are the fields of a Terminal beside its id.
var terminal230 = []property{
	{"customer_reference", "CiString(36)", '?'},
	{"party_id", "CiString(3)", '?'},
	{"country_code", "CiString(2)", '?'},
	{"address", "CiString(45)", '?'},
	{"city", "CiString(45)", '?'},
	{"postal_code", "CiString(10)", '?'},
	{"state", "CiString(20)", '?'},
	{"country", "CiString(3)", '?'},
	{"coordinates", "GeoLocation", '?'},
	{"invoice_base_url", "URL", '?'},
	{"invoice_creator", "InvoiceCreator", '?'},
	{"reference", "CiString(36)", '?'},
	{"location_ids", "CiString(36)", '*'},
	{"evse_uids", "CiString(36)", '*'},
	{"last_updated", "DateTime", '1'},
}

// payments230 holds the classes of the payments extension. TerminalActivation
// is a Terminal whose id the payment terminal provider has yet to give
// (payments, POST Activate Terminal Method). EitherPrice is a Price, also as
// 2.2.1 writes it: the examples of the extension do.
var payments230 = objects{
	"Terminal":           slices.Concat([]property{{"terminal_id", "CiString(36)", '1'}}, terminal230),
	"TerminalActivation": slices.Concat([]property{{"terminal_id", "CiString(36)", '?'}}, terminal230),
	"FinancialAdviceConfirmation": {
		{"id", "CiString(36)", '1'},
		{"authorization_reference", "CiString(36)", '1'},
		{"total_costs", "EitherPrice", '1'},
		{"currency", "CiString(3)", '1'},
		{"eft_data", "CiString(255)", '+'},
		{"capture_status_code", "CaptureStatusCode", '1'},
		{"capture_status_message", "CiString(255)", '?'},
		{"last_updated", "DateTime", '1'},
	},
	"EitherPrice": {
		{"before_taxes", "number", '1'},
		{"taxes", "TaxAmount", '*'},
		{"excl_vat", "number", '?'},
		{"incl_vat", "number", '?'},
	},
}

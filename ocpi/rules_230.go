package ocpi

import (
	"net/http"
	"slices"
)

const (
	ownedInvoice         = "{country_code}/{party_id}/{id}"
	ownedBooking         = "{country_code}/{party_id}/{booking_id}"
	ownedBookingLocation = "{country_code}/{party_id}/booking_locations/{booking_location_id}[/{calendar_id}]"
	// alsoBookingLocation is the shape that the examples of bookings use (H-181).
	alsoBookingLocation = "bookinglocations/{country_code}/{party_id}/{booking_location_id}[/{calendar_id}]"
)

var bookingObjects = []string{"BookingLocation", "Calendar"}

// table230 holds the functional modules of OCPI 2.3.0, edition 2, and of its
// extensions. Those of 2.2.1 are the same.
var table230 = slices.Concat(table221, []Rule{
	// The owner is who bills, a CPO or an eMSP: such a record is for one party,
	// never for all (H-215). It is created by POST all the same (H-214).
	{Module: InvoiceReconciliation, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: InvoiceReconciliation, Interface: Receiver, Method: http.MethodGet, Path: ownedInvoice},
	{Module: InvoiceReconciliation, Interface: Receiver, Method: http.MethodPost, Objects: []string{"InvoiceReconciliationRecord"}},
	{Module: InvoiceReconciliation, Interface: Receiver, Method: http.MethodPut, Path: ownedInvoice, Objects: []string{"InvoiceReconciliationRecord"}},
	{Module: InvoiceReconciliation, Interface: Receiver, Method: http.MethodDelete, Path: ownedInvoice},

	// The sender owns the terminals, and yet others write there: CPOs say where
	// the terminals stand (H-213).
	{Module: Payments, Interface: Sender, Method: http.MethodGet, Path: "terminals", List: true},
	{Module: Payments, Interface: Sender, Method: http.MethodGet, Path: "terminals/{terminal_id}", Open: OpenTerminal},
	{Module: Payments, Interface: Sender, Method: http.MethodPatch, Path: "terminals/{terminal_id}", Objects: []string{"Terminal"}, Open: OpenTerminal},
	{Module: Payments, Interface: Sender, Method: http.MethodPut, Path: "terminals/{terminal_id}", Objects: []string{"Terminal"}, Open: OpenTerminal},
	{Module: Payments, Interface: Sender, Method: http.MethodPost, Path: "terminals/activate", Objects: []string{"TerminalActivation"}},
	{Module: Payments, Interface: Sender, Method: http.MethodPost, Path: "terminals/{terminal_id}/deactivate", Open: OpenTerminal},
	{Module: Payments, Interface: Sender, Method: http.MethodGet, Path: "financial-advice-confirmations", List: true},
	{Module: Payments, Interface: Sender, Method: http.MethodGet, Path: "financial-advice-confirmations/{financial_advice_confirmation_id}", Open: OpenConfirmation},
	{Module: Payments, Interface: Receiver, Method: http.MethodGet, Path: "terminals/{terminal_id}"},
	{Module: Payments, Interface: Receiver, Method: http.MethodPost, Path: "terminals", Objects: []string{"Terminal"}, Open: OpenParty},
	{Module: Payments, Interface: Receiver, Method: http.MethodGet, Path: "financial-advice-confirmations/{financial_advice_confirmation_id}"},
	{Module: Payments, Interface: Receiver, Method: http.MethodPost, Path: "financial-advice-confirmations", Objects: []string{"FinancialAdviceConfirmation"}, Open: OpenReference},

	{Module: Bookings, Interface: Sender, Method: http.MethodGet, Path: "booking_locations", List: true},
	{Module: Bookings, Interface: Sender, Method: http.MethodGet, Path: "booking_locations/{booking_location_id}[/{calendar_id}]", Open: OpenBookingLocation},
	{Module: Bookings, Interface: Sender, Method: http.MethodGet, List: true},
	// The party in the body is the eMSP that asks, not the receiver.
	{Module: Bookings, Interface: Sender, Method: http.MethodPost, Objects: []string{"BookingRequest"}, Open: OpenLocation},
	{Module: Bookings, Interface: Receiver, Method: http.MethodGet, Path: ownedBookingLocation, Also: alsoBookingLocation},
	{Module: Bookings, Interface: Receiver, Method: http.MethodPut, Path: ownedBookingLocation, Also: alsoBookingLocation, Objects: bookingObjects, Broadcast: true},
	{Module: Bookings, Interface: Receiver, Method: http.MethodPatch, Path: ownedBookingLocation, Also: alsoBookingLocation, Objects: bookingObjects, Broadcast: true},
	{Module: Bookings, Interface: Receiver, Method: http.MethodGet, Path: ownedBooking, Open: OpenBooking},
	{Module: Bookings, Interface: Receiver, Method: http.MethodPut, Path: ownedBooking, Objects: []string{"Booking"}, Open: OpenBooking},
	{Module: Bookings, Interface: Receiver, Method: http.MethodPatch, Path: ownedBooking, Objects: []string{"Booking"}, Open: OpenBooking},
})

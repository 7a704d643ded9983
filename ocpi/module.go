package ocpi

import "strings"

// ModuleID identifies a module (version information endpoint, ModuleID). The
// list is open: custom modules have ids of their own.
type ModuleID string

// The modules of OCPI. The last three came with 2.3.0 and its extensions.
const (
	Versions         ModuleID = "versions"
	Credentials      ModuleID = "credentials"
	Locations        ModuleID = "locations"
	Sessions         ModuleID = "sessions"
	CDRs             ModuleID = "cdrs"
	Tariffs          ModuleID = "tariffs"
	Tokens           ModuleID = "tokens"
	Commands         ModuleID = "commands"
	ChargingProfiles ModuleID = "chargingprofiles"
	HubClientInfo    ModuleID = "hubclientinfo"

	InvoiceReconciliation ModuleID = "invoicereconciliation"
	Payments              ModuleID = "payments"
	Bookings              ModuleID = "bookings"
)

// ModuleNamed reads the identifier of an endpoint, whatever letters it is
// written in. The chapter on bookings calls its module Booking (H-049).
func ModuleNamed(identifier string) ModuleID {
	m := ModuleID(strings.ToLower(identifier))
	if m == "booking" {
		return Bookings
	}
	return m
}

// Functional says whether messages of m carry routing headers; the others are
// configuration modules (transport and format, Message Routing Headers).
func (m ModuleID) Functional() bool {
	return m != Versions && m != Credentials && m != HubClientInfo
}

// Custom says whether no version of the specification knows the module (version
// information endpoint, Custom Modules).
func (m ModuleID) Custom() bool {
	switch m {
	case Versions, Credentials, Locations, Sessions, CDRs, Tariffs, Tokens, Commands, ChargingProfiles, HubClientInfo,
		InvoiceReconciliation, Payments, Bookings:
		return false
	}
	return true
}

// Interface is the side of a module that an endpoint implements
// (version information endpoint, InterfaceRole).
type Interface string

// The two interfaces of a module.
const (
	Sender   Interface = "SENDER"
	Receiver Interface = "RECEIVER"
)

// Endpoint is one line of a platform's version details.
type Endpoint struct {
	Module    ModuleID
	Interface Interface
	URL       string
}

// JoinURL appends path to an endpoint URL with exactly one slash between
// them, whatever slashes the two bring (H-047). An empty path leaves the URL
// as it is.
func JoinURL(endpoint, path string) string {
	if path == "" {
		return endpoint
	}
	return strings.TrimRight(endpoint, "/") + "/" + strings.TrimLeft(path, "/")
}

package ocpi

import "strings"

// Masked stands in a path for what may not be told.
const Masked = "***"

// MaskPath returns the path of a message, below the endpoint, as it may be
// logged and kept: the uid of a driver's token is masked, so is the key in the
// URL of a CDR, which opens it, and all of what belongs to a module that the
// specification does not list.
func MaskPath(module ModuleID, side Interface, path string) string {
	switch module {
	case Locations, Sessions, Tariffs, Commands, ChargingProfiles, HubClientInfo,
		InvoiceReconciliation, Payments, Bookings:
		return path
	case Tokens:
		return maskToken(side, path)
	case CDRs, Versions, Credentials:
	}
	if path == "" {
		return ""
	}
	return Masked
}

// maskToken keeps the owner of a token, and the word authorize.
func maskToken(side Interface, path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		owner := side == Receiver && i < 2 && len(parts) > 2
		verb := side == Sender && i == 1 && part == "authorize"
		if part != "" && !owner && !verb {
			parts[i] = Masked
		}
	}
	return strings.Join(parts, "/")
}

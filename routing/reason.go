package routing

import "github.com/ocpihub/ocpihub/internal/fault"

// ReasonOf names a kind of failure for metrics, log and journal.
func ReasonOf(kind fault.Kind) Reason { //nolint:cyclop // one case a kind: this is a table
	switch kind {
	case fault.Invalid, fault.Conflict:
		return "invalid"
	case fault.Malformed:
		return "malformed"
	case fault.TooLarge:
		return "too_large"
	case fault.TooMany:
		return "too_many"
	case fault.Unauthorized:
		return "unauthorized"
	case fault.Suspended:
		return "suspended"
	case fault.ForeignOwner:
		return "foreign_owner"
	case fault.NotFound, fault.UnknownLocation, fault.UnknownToken:
		return "not_found"
	case fault.NoMethod:
		return "no_method"
	case fault.UnknownReceiver:
		return "unknown_receiver"
	case fault.NoInterface:
		return "no_interface"
	case fault.NotConnected:
		return "not_connected"
	case fault.Timeout:
		return "timeout"
	case fault.BadAnswer:
		return "bad_answer"
	case fault.Busy:
		return "busy"
	case fault.Unavailable:
		return "unavailable"
	case fault.Forbidden:
		return "forbidden"
	case fault.ClientUnusable, fault.Unsupported, fault.NoMatching:
		return "registration"
	case fault.Internal:
	}
	return "internal"
}

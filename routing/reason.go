package routing

import "github.com/ocpihub/ocpihub/internal/fault"

// ReasonOf names a kind of failure for metrics, log and journal.
func ReasonOf(kind fault.Kind) Reason {
	switch kind {
	case fault.Invalid, fault.Malformed, fault.TooLarge, fault.Conflict:
		return "invalid"
	case fault.ForeignOwner:
		return "foreign_owner"
	case fault.NotFound, fault.UnknownLocation, fault.UnknownToken, fault.NoMethod:
		return "not_found"
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
	case fault.Unavailable:
		return "unavailable"
	case fault.Unauthorized, fault.Suspended, fault.Forbidden, fault.TooMany:
		return "refused"
	case fault.ClientUnusable, fault.Unsupported, fault.NoMatching:
		return "registration"
	case fault.Internal:
	}
	return "internal"
}

package interpret

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Asked is the class of the body of a request: "" where it has none, or one that
// no bridge carries.
func Asked(rule *ocpi.Rule, segments []string) bridge.Class {
	return classNamed(rule.Object(len(segments)))
}

func classNamed(name string) bridge.Class {
	if c := bridge.Class(name); slices.Contains(classes, c) {
		return c
	}
	return ""
}

var classes = bridge.Classes()

// Answered is the class of the data of an answer, and whether they are a list of
// objects. "": there are none, or they are no object, as the answer to charging
// preferences is none.
func Answered(rule *ocpi.Rule, segments []string) (class bridge.Class, list bool) {
	switch {
	case rule.List:
		return objectsOf(rule, 0), true
	case rule.Module == ocpi.Commands:
		return bridge.CommandResponse, false
	case rule.Module == ocpi.ChargingProfiles && rule.Interface == ocpi.Receiver:
		return bridge.ChargingProfileResponse, false
	case rule.Method == http.MethodGet:
		return objectsOf(rule, depth(rule, segments)), false
	case rule.Module == ocpi.Tokens && rule.Method == http.MethodPost:
		return bridge.AuthorizationInfo, false
	}
	return "", false
}

// Resulted is the class of what a callback brings, later, for a request with a
// response_url; "" where the request has none.
func Resulted(rule *ocpi.Rule) bridge.Class {
	switch {
	case rule.Callback == ocpi.CallbackNone:
		return ""
	case rule.Module == ocpi.Commands:
		return bridge.CommandResult
	}
	switch rule.Method {
	case http.MethodGet:
		return bridge.ActiveChargingProfileResult
	case http.MethodDelete:
		return bridge.ClearProfileResult
	}
	return bridge.ChargingProfileResult
}

// depth is how many ids of parts stand behind that of the object.
func depth(rule *ocpi.Rule, segments []string) int {
	least := strings.Count(rule.Path, "/") + 1 - strings.Count(rule.Path, "[")
	return max(0, len(segments)-least)
}

// parts are the classes of an object and of its parts, by the depth of the path.
var parts = map[ocpi.ModuleID][]bridge.Class{
	ocpi.Locations:             {bridge.Location, bridge.EVSE, bridge.Connector},
	ocpi.Sessions:              {bridge.Session},
	ocpi.CDRs:                  {bridge.CDR},
	ocpi.Tariffs:               {bridge.Tariff},
	ocpi.Tokens:                {bridge.Token},
	ocpi.InvoiceReconciliation: {bridge.InvoiceReconciliationRecord},
}

// objectsOf is the class of the objects of a module. Some modules have several,
// which the path tells apart.
func objectsOf(rule *ocpi.Rule, depth int) bridge.Class {
	switch {
	case strings.Contains(rule.Path, "terminals"):
		return bridge.Terminal
	case strings.Contains(rule.Path, "financial-advice-confirmations"):
		return bridge.FinancialAdviceConfirmation
	case strings.Contains(rule.Path, "booking_locations"):
		if depth > 0 {
			return "" // a calendar
		}
		return bridge.BookingLocation
	case rule.Module == ocpi.Bookings:
		return bridge.Booking
	}
	if all := parts[rule.Module]; depth < len(all) {
		return all[depth]
	}
	return ""
}

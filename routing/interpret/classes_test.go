package interpret_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

func TestARuleTellsWhatIsAskedAndAnswered(t *testing.T) {
	for _, c := range []struct {
		module          ocpi.ModuleID
		side            ocpi.Interface
		method, path    string
		asked, answered bridge.Class
		list            bool
		later           bridge.Class
	}{
		{ocpi.Locations, ocpi.Sender, "GET", "", "", bridge.Location, true, ""},
		{ocpi.Locations, ocpi.Sender, "GET", "L1", "", bridge.Location, false, ""},
		{ocpi.Locations, ocpi.Sender, "GET", "L1/E1", "", bridge.EVSE, false, ""},
		{ocpi.Locations, ocpi.Sender, "GET", "L1/E1/1", "", bridge.Connector, false, ""},
		{ocpi.Locations, ocpi.Receiver, "GET", "NL/ABC/L1", "", bridge.Location, false, ""},
		{ocpi.Locations, ocpi.Receiver, "GET", "NL/ABC/L1/E1/1", "", bridge.Connector, false, ""},
		{ocpi.Locations, ocpi.Receiver, "PATCH", "NL/ABC/L1/E1", bridge.EVSE, "", false, ""},
		{ocpi.Sessions, ocpi.Sender, "GET", "", "", bridge.Session, true, ""},
		{ocpi.Sessions, ocpi.Sender, "PUT", "S1/charging_preferences", bridge.ChargingPreferences, "", false, ""},
		{ocpi.Sessions, ocpi.Receiver, "PUT", "NL/ABC/S1", bridge.Session, "", false, ""},
		{ocpi.Sessions, ocpi.Receiver, "GET", "NL/ABC/S1", "", bridge.Session, false, ""},
		{ocpi.CDRs, ocpi.Receiver, "GET", "17", "", bridge.CDR, false, ""},
		{ocpi.CDRs, ocpi.Receiver, "POST", "", bridge.CDR, "", false, ""},
		{ocpi.Tariffs, ocpi.Receiver, "DELETE", "NL/ABC/T1", "", "", false, ""},
		{ocpi.Tokens, ocpi.Sender, "POST", "U1/authorize", bridge.LocationReferences, bridge.AuthorizationInfo, false, ""},
		{ocpi.Tokens, ocpi.Receiver, "GET", "NL/ABC/U1", "", bridge.Token, false, ""},
		{ocpi.Commands, ocpi.Receiver, "POST", "START_SESSION", bridge.StartSession, bridge.CommandResponse, false, bridge.CommandResult},
		{ocpi.Commands, ocpi.Receiver, "POST", "OTHER", "", bridge.CommandResponse, false, bridge.CommandResult},
		{ocpi.ChargingProfiles, ocpi.Receiver, "GET", "S1", "", bridge.ChargingProfileResponse, false, bridge.ActiveChargingProfileResult},
		{ocpi.ChargingProfiles, ocpi.Receiver, "PUT", "S1", bridge.SetChargingProfile, bridge.ChargingProfileResponse, false, bridge.ChargingProfileResult},
		{ocpi.ChargingProfiles, ocpi.Receiver, "DELETE", "S1", "", bridge.ChargingProfileResponse, false, bridge.ClearProfileResult},
		{ocpi.ChargingProfiles, ocpi.Sender, "PUT", "S1", bridge.ActiveChargingProfile, "", false, ""},
		{ocpi.Payments, ocpi.Sender, "GET", "terminals", "", bridge.Terminal, true, ""},
		{ocpi.Payments, ocpi.Receiver, "GET", "financial-advice-confirmations/1", "", bridge.FinancialAdviceConfirmation, false, ""},
		{ocpi.Bookings, ocpi.Sender, "GET", "", "", bridge.Booking, true, ""},
		{ocpi.Bookings, ocpi.Sender, "GET", "booking_locations/B1", "", bridge.BookingLocation, false, ""},
		{ocpi.Bookings, ocpi.Sender, "GET", "booking_locations/B1/C1", "", "", false, ""},
		{ocpi.InvoiceReconciliation, ocpi.Receiver, "GET", "NL/ABC/1", "", bridge.InvoiceReconciliationRecord, false, ""},
	} {
		t.Run(strings.Join([]string{c.method, string(c.module), string(c.side), c.path}, " "), func(t *testing.T) {
			rule, segments, _, _ := ocpi.Match(ocpi.Address{Version: ocpi.V230, Module: c.module, Interface: c.side}, c.method, c.path)
			if rule == nil {
				t.Fatal("no such rule")
			}
			answered, list := interpret.Answered(rule, segments)
			if asked := interpret.Asked(rule, segments); asked != c.asked || answered != c.answered || list != c.list {
				t.Errorf("asked %q, answered %q, list %v", asked, answered, list)
			}
			if later := interpret.Resulted(rule); later != c.later {
				t.Errorf("later %q", later)
			}
		})
	}
}

func TestEveryRuleWithObjectsIsCarriedOrHasNone(t *testing.T) {
	for _, v := range ocpi.KnownVersions() {
		for _, at := range ocpi.Addresses(v) {
			for _, rule := range ocpi.Rules(at) {
				if class, list := interpret.Answered(rule, nil); list && class == "" || rule.Method == http.MethodGet && rule.List != list {
					t.Errorf("%s %s %s %s: the list has no class", v, rule.Module, rule.Interface, rule.Path)
				}
			}
		}
	}
}

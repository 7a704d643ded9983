package ocpi_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

var everyRole = []ocpi.Role{ocpi.CPO, ocpi.EMSP, ocpi.HUB, ocpi.NAP, ocpi.NSP, ocpi.OTHER, ocpi.SCSP, ocpi.PTP, "FOO"}

var everyModule = []ocpi.ModuleID{
	ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.Tariffs, ocpi.Tokens, ocpi.Commands, ocpi.ChargingProfiles,
	ocpi.Versions, ocpi.Credentials, ocpi.HubClientInfo,
	ocpi.InvoiceReconciliation, ocpi.Payments, ocpi.Bookings,
}

func TestABroadcastReachesTheOppositeRoles(t *testing.T) {
	for _, c := range []struct {
		name   string
		from   ocpi.Role
		module ocpi.ModuleID
		to     []ocpi.Role
	}{
		{"H-101 CPO, locations", ocpi.CPO, ocpi.Locations, []ocpi.Role{ocpi.EMSP, ocpi.NSP, ocpi.OTHER, ocpi.NAP, ocpi.PTP, "FOO"}},
		{"H-101 CPO, tariffs", ocpi.CPO, ocpi.Tariffs, []ocpi.Role{ocpi.EMSP, ocpi.NSP, ocpi.OTHER, ocpi.NAP, ocpi.PTP, "FOO"}},
		{"H-101 EMSP, tokens", ocpi.EMSP, ocpi.Tokens, []ocpi.Role{ocpi.CPO}},
		{"H-101 OTHER, tokens: to CPO only", ocpi.OTHER, ocpi.Tokens, []ocpi.Role{ocpi.CPO}},
		{"H-102 NAP, locations", ocpi.NAP, ocpi.Locations, []ocpi.Role{ocpi.EMSP, ocpi.NSP}},
		{"H-102 NAP, tariffs", ocpi.NAP, ocpi.Tariffs, []ocpi.Role{ocpi.EMSP, ocpi.NSP}},
		{"H-101 CPO, places to book", ocpi.CPO, ocpi.Bookings, []ocpi.Role{ocpi.EMSP, ocpi.NSP, ocpi.OTHER, "FOO"}},
		{"H-212 a role that is not listed is like OTHER", "FOO", ocpi.Tokens, []ocpi.Role{ocpi.CPO}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, role := range everyRole {
				if got, want := ocpi.Broadcasts(c.from, role, c.module), slices.Contains(c.to, role); got != want {
					t.Errorf("to %s: %v, want %v", role, got, want)
				}
			}
		})
	}
}

func TestH099_OnlyWhatIsMeantForEveryoneIsBroadcast(t *testing.T) {
	for _, m := range everyModule {
		for _, from := range everyRole {
			meant := m == ocpi.Locations || m == ocpi.Tariffs || m == ocpi.Tokens || m == ocpi.Bookings
			if to := ocpi.BroadcastTo(from, m); (len(to) > 0 || ocpi.MayBroadcast(from, m)) && !meant {
				t.Errorf("%s of a %s go to %v", m, from, to)
			}
		}
	}
}

func TestH102_OtherRolesDoNotBroadcast(t *testing.T) {
	for _, from := range []ocpi.Role{ocpi.NSP, ocpi.SCSP, ocpi.HUB, ocpi.PTP} {
		for _, m := range everyModule {
			if to := ocpi.BroadcastTo(from, m); to != nil || ocpi.MayBroadcast(from, m) {
				t.Errorf("%s of a %s go to %v", m, from, to)
			}
		}
	}
	for _, c := range []struct {
		from   ocpi.Role
		module ocpi.ModuleID
	}{{ocpi.CPO, ocpi.Tokens}, {ocpi.EMSP, ocpi.Locations}, {ocpi.OTHER, ocpi.Tariffs}, {ocpi.NAP, ocpi.Tokens}} {
		if to := ocpi.BroadcastTo(c.from, c.module); to != nil {
			t.Errorf("%s of a %s go to %v", c.module, c.from, to)
		}
	}
}

func TestTheReceiversOfABroadcastAreACopy(t *testing.T) {
	ocpi.BroadcastTo(ocpi.EMSP, ocpi.Tokens)[0] = ocpi.HUB
	if !ocpi.Broadcasts(ocpi.EMSP, ocpi.CPO, ocpi.Tokens) || !ocpi.MayBroadcast(ocpi.EMSP, ocpi.Tokens) {
		t.Error("a caller changed the table")
	}
}

func TestRolesFitWhenOneRunsChargePointsAndTheOtherServesDrivers(t *testing.T) {
	operators := []ocpi.Role{ocpi.CPO, ocpi.NAP}
	servers := []ocpi.Role{ocpi.EMSP, ocpi.NSP, ocpi.OTHER, ocpi.SCSP, ocpi.PTP, ocpi.NAP, "FOO"}
	for _, a := range everyRole {
		for _, b := range everyRole {
			want := slices.Contains(operators, a) && slices.Contains(servers, b) ||
				slices.Contains(operators, b) && slices.Contains(servers, a)
			if got := ocpi.Fits(a, b); got != want {
				t.Errorf("Fits(%s, %s) = %v", a, b, got)
			}
			if ocpi.Fits(a, b) != ocpi.Fits(b, a) {
				t.Errorf("Fits(%s, %s) depends on the order", a, b)
			}
		}
	}
}

func TestWhoStandsOnWhichInterface(t *testing.T) {
	for _, c := range []struct {
		role   ocpi.Role
		module ocpi.ModuleID
		at     ocpi.Interface
		want   bool
	}{
		{ocpi.CPO, ocpi.Locations, ocpi.Sender, true},
		{ocpi.CPO, ocpi.Locations, ocpi.Receiver, false},
		{ocpi.CPO, ocpi.CDRs, ocpi.Sender, true},
		{ocpi.CPO, ocpi.Tokens, ocpi.Sender, false},
		{ocpi.CPO, ocpi.Tokens, ocpi.Receiver, true},
		{ocpi.CPO, ocpi.Commands, ocpi.Receiver, true},
		{ocpi.EMSP, ocpi.Locations, ocpi.Receiver, true},
		{ocpi.EMSP, ocpi.Locations, ocpi.Sender, false},
		{ocpi.EMSP, ocpi.Tokens, ocpi.Sender, true},
		{ocpi.EMSP, ocpi.ChargingProfiles, ocpi.Sender, true},
		{ocpi.NAP, ocpi.Locations, ocpi.Sender, true},
		{ocpi.NAP, ocpi.Locations, ocpi.Receiver, true},
		{ocpi.NSP, ocpi.Tariffs, ocpi.Receiver, true},
		{ocpi.SCSP, ocpi.Sessions, ocpi.Receiver, true},
		{ocpi.HUB, ocpi.Locations, ocpi.Sender, false},
		{ocpi.HUB, ocpi.Locations, ocpi.Receiver, false},
		{"FOO", ocpi.Sessions, ocpi.Receiver, true},
		{ocpi.CPO, ocpi.Bookings, ocpi.Sender, true},
		{ocpi.EMSP, ocpi.Bookings, ocpi.Sender, false},
		{ocpi.EMSP, ocpi.Bookings, ocpi.Receiver, true},
		{ocpi.PTP, ocpi.Payments, ocpi.Sender, true},
		{ocpi.PTP, ocpi.Payments, ocpi.Receiver, false},
		{ocpi.PTP, ocpi.Commands, ocpi.Sender, true},
		{ocpi.PTP, ocpi.CDRs, ocpi.Receiver, true},
		{"FOO", ocpi.Payments, ocpi.Sender, true},
		{ocpi.EMSP, ocpi.Payments, ocpi.Sender, false},
		{ocpi.CPO, ocpi.Payments, ocpi.Receiver, true},
		{ocpi.CPO, ocpi.InvoiceReconciliation, ocpi.Sender, true},
		{ocpi.EMSP, ocpi.InvoiceReconciliation, ocpi.Sender, true},
		{ocpi.CPO, "parking", ocpi.Sender, true},
		{ocpi.CPO, "parking", ocpi.Receiver, true},
	} {
		if got := c.role.Plays(c.module, c.at); got != c.want {
			t.Errorf("%s plays %s %s: %v", c.role, c.module, c.at, got)
		}
	}
	if ocpi.Sender.Other() != ocpi.Receiver || ocpi.Receiver.Other() != ocpi.Sender {
		t.Error("the interfaces do not face each other")
	}
}

func TestWhoeverBroadcastsAModuleSendsIt(t *testing.T) {
	for _, m := range everyModule {
		for _, from := range everyRole {
			for _, to := range ocpi.BroadcastTo(from, m) {
				if !from.Plays(m, ocpi.Sender) || !to.Plays(m, ocpi.Receiver) || !ocpi.Fits(from, to) {
					t.Errorf("%s: %s broadcasts to %s, but they do not fit", m, from, to)
				}
			}
		}
	}
}

func TestConfigurationModulesAreNotFunctional(t *testing.T) {
	for _, m := range everyModule {
		configuration := m == ocpi.Versions || m == ocpi.Credentials || m == ocpi.HubClientInfo
		if m.Functional() == configuration {
			t.Errorf("%s: functional %v", m, m.Functional())
		}
	}
	if !ocpi.ModuleID("nltnm-tokens").Functional() {
		t.Error("a custom module carries no routing headers")
	}
}

func TestH049_ModulesAreNamedInAnyLetters(t *testing.T) {
	for identifier, want := range map[string]ocpi.ModuleID{
		"locations": ocpi.Locations, "CDRs": ocpi.CDRs, "Booking": ocpi.Bookings, "bookings": ocpi.Bookings, "BOOKINGS": ocpi.Bookings,
		"Payments": ocpi.Payments, "nltnm-Tokens": "nltnm-tokens", "": "",
	} {
		if got := ocpi.ModuleNamed(identifier); got != want {
			t.Errorf("%q is %q, want %q", identifier, got, want)
		}
	}
}

func TestH047_EndpointAndPathAreJoinedWithOneSlash(t *testing.T) {
	const want = "https://cpo.example/ocpi/commands/START_SESSION"
	for _, endpoint := range []string{"https://cpo.example/ocpi/commands", "https://cpo.example/ocpi/commands/", "https://cpo.example/ocpi/commands//"} {
		for _, path := range []string{"START_SESSION", "/START_SESSION"} {
			if got := ocpi.JoinURL(endpoint, path); got != want {
				t.Errorf("JoinURL(%q, %q) = %q", endpoint, path, got)
			}
		}
		if got := ocpi.JoinURL(endpoint, ""); got != endpoint {
			t.Errorf("without a path %q became %q", endpoint, got)
		}
	}
	if got := ocpi.JoinURL("https://e.example/", "NL/TNM/a%2Fb%20c/"); got != "https://e.example/NL/TNM/a%2Fb%20c/" {
		t.Errorf("the path was changed: %q", got)
	}
}

func ExampleBroadcastTo() {
	fmt.Println(ocpi.BroadcastTo(ocpi.EMSP, ocpi.Tokens))
	// Output: [CPO]
}

func ExampleJoinURL() {
	fmt.Println(ocpi.JoinURL("https://cpo.example/ocpi/2.2.1/commands/", "/START_SESSION"))
	// Output: https://cpo.example/ocpi/2.2.1/commands/START_SESSION
}

package ocpi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

// row is what the facts and the module table both say of a method.
type row struct {
	Broadcast, List bool
	Open            ocpi.OpenKey
	Callback        ocpi.CallbackPlace
	Objects         string
}

type endpointFact struct {
	Version, Module, Interface, Method, Path string
	Kind                                     string `json:"module_type"`
	Paginated                                bool
	Body                                     *struct{ Type string } `json:"request_body"`
	Callback                                 struct {
		In string `json:"url_in"`
	} `json:"async_callback"`
	Routing routingFact
}

type routingFact struct {
	Broadcast string `json:"broadcast_push"`
	GetAll    bool   `json:"get_all_via_hub"`
	From      string `json:"open_routing_destination_from"`
}

func TestTheModuleTablesAreThoseOfTheSpecification(t *testing.T) {
	facts := endpointFacts(t)
	for _, v := range ocpi.KnownVersions() {
		t.Run(string(v), func(t *testing.T) {
			want, got := map[string]row{}, map[string]row{}
			for _, e := range facts[v] {
				want[e.key()] = e.row(t)
			}
			// The extras: a command outside the list (H-176), and the copy of a
			// CDR behind the URL that the hub gave (H-150).
			want["cdrs RECEIVER GET {cdr}"] = row{Open: ocpi.OpenCDR}
			if v != ocpi.V211 {
				want["commands RECEIVER POST {command}"] = row{Open: ocpi.OpenLocation, Callback: ocpi.CallbackBody}
			}
			for _, at := range ocpi.Addresses(v) {
				for _, r := range ocpi.Rules(at) {
					key := strings.Join([]string{string(r.Module), string(r.Interface), r.Method, r.Path}, " ")
					if _, twice := got[key]; twice || r.Version != v {
						t.Errorf("%s of %s is in the table twice", key, r.Version)
					}
					got[key] = row{r.Broadcast, r.List, r.Open, r.Callback, strings.Join(r.Objects, "|")}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-specification +table\n%s", diff)
			}
		})
	}
}

// endpointFacts reads the functional endpoints of each version, those of
// extensions among them.
func endpointFacts(t *testing.T) map[ocpi.Version][]endpointFact {
	out, routing := map[ocpi.Version][]endpointFact{}, map[string]routingFact{}
	for _, e := range readFacts[struct{ Endpoints []endpointFact }](t, "endpoints.json").Endpoints {
		version, _, _ := strings.Cut(e.Version, "-")
		v, callback := ocpi.Version(version), strings.HasPrefix(e.Path, "(response_url")
		if e.Kind != "functional" || callback {
			continue
		}
		if v == ocpi.V211 { // the tree tells the interface
			e.Interface = string(ocpi.Role(e.Interface).Side(ocpi.ModuleID(e.Module)))
		}
		if v == ocpi.V221 {
			routing[e.key()] = e.Routing
			if e.Paginated != e.Routing.GetAll {
				t.Errorf("%s: a list that is not for GET All", e.Module)
			}
		}
		out[v] = append(out[v], e)
	}
	for i := range out[ocpi.V211] { // it says nothing of hubs: what holds later holds
		e := &out[ocpi.V211][i]
		later, known := routing[e.key()]
		if !known { // tariffs are not patched later
			later = routing[strings.Replace(e.key(), "PATCH", "PUT", 1)]
		}
		e.Routing = later
	}
	return out
}

func (e endpointFact) key() string {
	return strings.Join([]string{e.Module, e.Interface, e.Method, e.shape()}, " ")
}

func (e endpointFact) shape() string {
	if strings.HasPrefix(e.Path, "(URL from the Location") {
		return "{cdr}"
	}
	return strings.TrimPrefix(e.Path, "/")
}

func (e endpointFact) row(t *testing.T) row {
	r := row{
		// Broadcasting a DELETE of a tariff is left open by the text: the hub
		// does (H-100). Sessions and CDRs are personal: it does not (H-099).
		Broadcast: e.Routing.Broadcast == "yes" || e.Routing.Broadcast == "ambiguous",
		List:      e.Paginated,
		Open:      openKey(t, e.Routing.From),
		Callback:  map[string]ocpi.CallbackPlace{"body.response_url": ocpi.CallbackBody, "query.response_url": ocpi.CallbackQuery}[e.Callback.In],
	}
	if e.Body != nil {
		r.Objects = strings.TrimPrefix(e.Body.Type, "partial ")
	}
	if r.Objects == "Terminal (terminal_id optional)" {
		r.Objects = "TerminalActivation"
	}
	return r
}

// openKey reads the words of the facts about the destination of open routing.
func openKey(t *testing.T, words string) ocpi.OpenKey {
	keys := map[string]ocpi.OpenKey{
		"": ocpi.OpenNone, "none": ocpi.OpenNone, "location_id": ocpi.OpenLocation, "session_id": ocpi.OpenSession,
		"cdr_token": ocpi.OpenCDRToken, "hub session cache": ocpi.OpenCDRToken, "token cache": ocpi.OpenToken,
		"reservation_id": ocpi.OpenReservation, "party that set the profile": ocpi.OpenProfile,
		"terminal cache": ocpi.OpenTerminal, "FAC cache": ocpi.OpenConfirmation, "party_id/country_code": ocpi.OpenParty,
		"authorization_reference": ocpi.OpenReference, "booking location cache": ocpi.OpenBookingLocation,
		"booking cache": ocpi.OpenBooking, "booking_requests[]": ocpi.OpenBooking,
	}
	for start, key := range keys {
		if start != "" && strings.HasPrefix(words, start) {
			return key
		}
	}
	if words != "" {
		t.Errorf("what is %q?", words)
	}
	return ocpi.OpenNone
}

func TestTheFunctionalModulesAreListedInTheirOrder(t *testing.T) {
	in211 := []ocpi.ModuleID{ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.Tariffs, ocpi.Tokens, ocpi.Commands}
	in221 := append(slices.Clone(in211), ocpi.ChargingProfiles)
	for v, want := range map[ocpi.Version][]ocpi.ModuleID{
		ocpi.V211: in211, ocpi.V221: in221,
		ocpi.V230: append(slices.Clone(in221), ocpi.InvoiceReconciliation, ocpi.Payments, ocpi.Bookings),
	} {
		if diff := cmp.Diff(want, ocpi.FunctionalModules(v)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", v, diff)
		}
		for _, m := range want {
			if !m.Functional() || m.Custom() {
				t.Errorf("%s is in the table but carries no routing headers, or is custom", m)
			}
		}
		if got := len(ocpi.Addresses(v)); got != 2*len(want)-1 {
			t.Errorf("%s: %d interfaces with paths of their own: all have, but the sender of commands", v, got)
		}
	}
	if ocpi.FunctionalModules("9.9") != nil || ocpi.Addresses("9.9") != nil {
		t.Error("an unknown version has modules")
	}
}

func TestInterfacesOf211FollowFromTheTreeOfEndpoints(t *testing.T) {
	for _, m := range ocpi.FunctionalModules(ocpi.V211) {
		fromCPO := m != ocpi.Tokens && m != ocpi.Commands
		if cpo := ocpi.CPO.Side(m); (cpo == ocpi.Sender) != fromCPO || ocpi.EMSP.Side(m) != cpo.Other() {
			t.Errorf("%s: the tree for CPOs has the %s, that for eMSPs the %s", m, cpo, ocpi.EMSP.Side(m))
		}
	}
}

func TestARequestOfAnotherVersionMatchesItsRule(t *testing.T) {
	for _, c := range []struct {
		at           ocpi.Address
		method, path string
		object       string
		why          ocpi.Mismatch
	}{
		{ocpi.Address{Version: ocpi.V211, Module: ocpi.Tariffs, Interface: ocpi.Receiver}, "PATCH", "NL/TNM/T1", "Tariff", ocpi.Matched}, // H-221
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Tariffs, Interface: ocpi.Receiver}, "PATCH", "NL/TNM/T1", "", ocpi.NoMethod},
		{ocpi.Address{Version: ocpi.V211, Module: ocpi.Commands, Interface: ocpi.Receiver}, "POST", "CANCEL_RESERVATION", "", ocpi.NoPath},
		{ocpi.Address{Version: ocpi.V211, Module: ocpi.Sessions, Interface: ocpi.Sender}, "PUT", "S1/charging_preferences", "", ocpi.NoPath},
		{ocpi.Address{Version: ocpi.V211, Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver}, "PUT", "S1", "", ocpi.NoModule},
		{ocpi.Address{Version: ocpi.V221, Module: ocpi.Payments, Interface: ocpi.Sender}, "GET", "terminals", "", ocpi.NoModule},
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver}, "POST", "", "InvoiceReconciliationRecord", ocpi.Matched}, // H-214
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Payments, Interface: ocpi.Sender}, "POST", "terminals/activate", "TerminalActivation", ocpi.Matched},
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Payments, Interface: ocpi.Sender}, "PATCH", "terminals/t-1", "Terminal", ocpi.Matched}, // H-213
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Payments, Interface: ocpi.Sender}, "POST", "terminals/t-1/deactivate", "", ocpi.Matched},
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Payments, Interface: ocpi.Receiver}, "POST", "financial-advice-confirmations", "FinancialAdviceConfirmation", ocpi.Matched},
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Bookings, Interface: ocpi.Sender}, "POST", "", "BookingRequest", ocpi.Matched}, // H-180
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Bookings, Interface: ocpi.Receiver}, "PUT", "NL/TNM/B1", "Booking", ocpi.Matched},
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Bookings, Interface: ocpi.Receiver}, "PUT", "NL/TNM/booking_locations/L1", "BookingLocation", ocpi.Matched},
		{ocpi.Address{Version: ocpi.V230, Module: ocpi.Bookings, Interface: ocpi.Receiver}, "PATCH", "NL/TNM/booking_locations/L1/C1", "Calendar", ocpi.Matched},
	} {
		rule, segments, _, why := ocpi.Match(c.at, c.method, c.path)
		if why != c.why {
			t.Errorf("%v %s %s: %v, want %v", c.at, c.method, c.path, why, c.why)
			continue
		}
		if rule != nil && rule.Object(len(segments)) != c.object {
			t.Errorf("%v %s %s carries %q, want %q", c.at, c.method, c.path, rule.Object(len(segments)), c.object)
		}
	}
}

package ocpi_test

import (
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
	Routing struct {
		Broadcast string `json:"broadcast_push"`
		GetAll    bool   `json:"get_all_via_hub"`
		From      string `json:"open_routing_destination_from"`
	}
}

func TestTheModuleTableIsThatOfTheSpecification(t *testing.T) {
	want := map[string]row{}
	for _, e := range readFacts[struct{ Endpoints []endpointFact }](t, "endpoints.json").Endpoints {
		callback := strings.HasPrefix(e.Path, "(response_url")
		if e.Version == string(ocpi.V221) && e.Kind == "functional" && !callback {
			want[e.Module+" "+e.Interface+" "+e.Method+" "+e.shape()] = e.row(t)
		}
	}
	// The extras: a command outside the list (H-176), and the copy of a CDR
	// behind the URL that the hub gave (H-150).
	want["commands RECEIVER POST {command}"] = row{Open: ocpi.OpenLocation, Callback: ocpi.CallbackBody}
	want["cdrs RECEIVER GET {cdr}"] = row{Open: ocpi.OpenCDR}

	got := map[string]row{}
	for _, at := range ocpi.Addresses(ocpi.V221) {
		for _, r := range ocpi.Rules(at) {
			key := strings.Join([]string{string(r.Module), string(r.Interface), r.Method, r.Path}, " ")
			if _, twice := got[key]; twice {
				t.Errorf("%s is in the table twice", key)
			}
			got[key] = row{r.Broadcast, r.List, r.Open, r.Callback, strings.Join(r.Objects, "|")}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-specification +table\n%s", diff)
	}
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
	if e.Paginated != e.Routing.GetAll {
		t.Errorf("%s: a list that is not for GET All", e.Module)
	}
	if e.Body != nil {
		r.Objects = strings.TrimPrefix(e.Body.Type, "partial ")
	}
	return r
}

// openKey reads the words of the facts about the destination of open routing.
func openKey(t *testing.T, words string) ocpi.OpenKey {
	keys := map[string]ocpi.OpenKey{
		"": ocpi.OpenNone, "none": ocpi.OpenNone, "location_id": ocpi.OpenLocation, "session_id": ocpi.OpenSession,
		"cdr_token": ocpi.OpenCDRToken, "hub session cache": ocpi.OpenCDRToken, "token cache": ocpi.OpenToken,
		"reservation_id": ocpi.OpenReservation, "party that set the profile": ocpi.OpenProfile,
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
	want := []ocpi.ModuleID{
		ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.Tariffs, ocpi.Tokens, ocpi.Commands, ocpi.ChargingProfiles,
	}
	if diff := cmp.Diff(want, ocpi.FunctionalModules(ocpi.V221)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, m := range want {
		if !m.Functional() {
			t.Errorf("%s is in the table but carries no routing headers", m)
		}
	}
	if got := len(ocpi.Addresses(ocpi.V221)); got != 13 {
		t.Errorf("%d interfaces with paths of their own, want 13: all but the sender of commands", got)
	}
	if ocpi.FunctionalModules("9.9") != nil || ocpi.Addresses("9.9") != nil {
		t.Error("an unknown version has modules")
	}
}

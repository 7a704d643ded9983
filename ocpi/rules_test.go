package ocpi_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

func at(m ocpi.ModuleID, i ocpi.Interface) ocpi.Address {
	return ocpi.Address{Version: ocpi.V221, Module: m, Interface: i}
}

func TestARequestMatchesItsRule(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       ocpi.Address
		method   string
		path     string
		shape    string
		segments []string
		object   string
	}{
		{"a list", at(ocpi.Locations, ocpi.Sender), "GET", "", "", nil, ""},
		{"a list with a slash", at(ocpi.Locations, ocpi.Sender), "GET", "/", "", nil, ""},
		{"one location", at(ocpi.Locations, ocpi.Sender), "GET", "LOC1", "{location_id}[/{evse_uid}[/{connector_id}]]", []string{"LOC1"}, ""},
		{"a location is put", at(ocpi.Locations, ocpi.Receiver), "PUT", "/NL/TNM/LOC1", ownedLocation, []string{"NL", "TNM", "LOC1"}, "Location"},
		{"an EVSE is put", at(ocpi.Locations, ocpi.Receiver), "PUT", "NL/TNM/LOC1/3256/", ownedLocation, []string{"NL", "TNM", "LOC1", "3256"}, "EVSE"},
		{"a connector is patched", at(ocpi.Locations, ocpi.Receiver), "PATCH", "NL/TNM/LOC1/3256/1", ownedLocation, []string{"NL", "TNM", "LOC1", "3256", "1"}, "Connector"},
		{"preferences", at(ocpi.Sessions, ocpi.Sender), "PUT", "S1/charging_preferences", "{session_id}/charging_preferences", []string{"S1", "charging_preferences"}, "ChargingPreferences"},
		{"a CDR is posted", at(ocpi.CDRs, ocpi.Receiver), "POST", "", "", nil, "CDR"},
		{"a CDR is read by the hub's URL", at(ocpi.CDRs, ocpi.Receiver), "GET", "k7f", "{cdr}", []string{"k7f"}, ""},
		{"H-147 a tariff is deleted", at(ocpi.Tariffs, ocpi.Receiver), "DELETE", "NL/TNM/T1", "{country_code}/{party_id}/{tariff_id}", []string{"NL", "TNM", "T1"}, ""},
		{"a token is authorised", at(ocpi.Tokens, ocpi.Sender), "POST", "012345/authorize", "{token_uid}/authorize", []string{"012345", "authorize"}, "LocationReferences"},
		{"a command", at(ocpi.Commands, ocpi.Receiver), "POST", "START_SESSION", "START_SESSION", []string{"START_SESSION"}, "StartSession"},
		{"H-176 a command outside the list", at(ocpi.Commands, ocpi.Receiver), "POST", "FOO", "{command}", []string{"FOO"}, ""},
		{"the active profile is put to the sender", at(ocpi.ChargingProfiles, ocpi.Sender), "PUT", "S1", "{session_id}", []string{"S1"}, "ActiveChargingProfile"},
		{"an escaped slash is part of the id", at(ocpi.Locations, ocpi.Receiver), "PUT", "NL/TNM/DE*ABC%2F1%20x", ownedLocation, []string{"NL", "TNM", "DE*ABC/1 x"}, "Location"},
		{"an escaped percent sign is decoded once", at(ocpi.Locations, ocpi.Receiver), "PUT", "NL/TNM/a%252Fb%23%2B", ownedLocation, []string{"NL", "TNM", "a%2Fb#+"}, "Location"},
		{"a plus sign is a plus sign", at(ocpi.Locations, ocpi.Sender), "GET", "a+b", "{location_id}[/{evse_uid}[/{connector_id}]]", []string{"a+b"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule, segments, allow, why := ocpi.Match(c.at, c.method, c.path)
			if why != ocpi.Matched || rule == nil || allow != nil {
				t.Fatalf("no match: %v, allow %v", why, allow)
			}
			if rule.Path != c.shape || rule.Method != c.method || rule.Version != ocpi.V221 {
				t.Errorf("matched %s %s %q", rule.Version, rule.Method, rule.Path)
			}
			if diff := cmp.Diff(c.segments, segments); diff != "" {
				t.Errorf("segments (-want +got)\n%s", diff)
			}
			if got := rule.Object(len(segments)); got != c.object {
				t.Errorf("carries %q, want %q", got, c.object)
			}
		})
	}
}

func everyAddress() (out []ocpi.Address) {
	for _, v := range ocpi.KnownVersions() {
		out = append(out, ocpi.Addresses(v)...)
	}
	return out
}

const ownedLocation = "{country_code}/{party_id}/{location_id}[/{evse_uid}[/{connector_id}]]"

func TestAMethodThatAPathLacksIsAnsweredWithThoseItHas(t *testing.T) {
	for _, c := range []struct {
		name   string
		at     ocpi.Address
		method string
		path   string
		allow  string
	}{
		{"H-136 objects are not created by POST: locations", at(ocpi.Locations, ocpi.Receiver), "POST", "NL/TNM/LOC1", "GET PUT PATCH"},
		{"H-136 objects are not created by POST: sessions", at(ocpi.Sessions, ocpi.Receiver), "POST", "NL/TNM/S1", "GET PUT PATCH"},
		{"H-136 objects are not created by POST: tariffs", at(ocpi.Tariffs, ocpi.Receiver), "POST", "NL/TNM/T1", "GET PUT DELETE"},
		{"H-136 objects are not created by POST: tokens", at(ocpi.Tokens, ocpi.Receiver), "POST", "NL/TNM/U1", "GET PUT PATCH"},
		{"H-146 locations are never deleted", at(ocpi.Locations, ocpi.Receiver), "DELETE", "NL/TNM/LOC1", "GET PUT PATCH"},
		{"H-146 EVSEs are never deleted", at(ocpi.Locations, ocpi.Receiver), "DELETE", "NL/TNM/LOC1/E1", "GET PUT PATCH"},
		{"H-146 H-147 tokens are never deleted", at(ocpi.Tokens, ocpi.Receiver), "DELETE", "NL/TNM/U1", "GET PUT PATCH"},
		{"H-146 H-147 sessions are never deleted", at(ocpi.Sessions, ocpi.Receiver), "DELETE", "NL/TNM/S1", "GET PUT PATCH"},
		{"H-221 tariffs are not patched", at(ocpi.Tariffs, ocpi.Receiver), "PATCH", "NL/TNM/T1", "GET PUT DELETE"},
		{"commands are only posted", at(ocpi.Commands, ocpi.Receiver), "GET", "START_SESSION", "POST"},
		{"lists are only read", at(ocpi.Locations, ocpi.Sender), "PUT", "", "GET"},
		{"CDRs are immutable", at(ocpi.CDRs, ocpi.Receiver), "PUT", "k7f", "GET"},
		{"HEAD is no method of OCPI", at(ocpi.Tokens, ocpi.Sender), "HEAD", "", "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule, _, allow, why := ocpi.Match(c.at, c.method, c.path)
			if rule != nil || why != ocpi.NoMethod || strings.Join(allow, " ") != c.allow {
				t.Errorf("got %v %v, allow %v; want %s", rule, why, allow, c.allow)
			}
		})
	}
}

func TestAPathOutsideTheTableIsNoPath(t *testing.T) {
	for _, path := range []string{
		"NL/TNM", "NL", "", "NL/TNM/", "NL/TNM/L/E/C/more", "NL//LOC1", "NL/TNM/LOC1//1",
		"NL/TNM/%zz", "NL/TNM/%", "NL/TNM/..", "NL/TNM/%2e%2e", "NL/TNM/.", "NL/TNM/a%00b", "NL/TNM/a%0ab", "NL/TNM/%7f", "NL/TNM/%ff",
	} {
		if rule, _, allow, why := ocpi.Match(at(ocpi.Locations, ocpi.Receiver), "PUT", path); why != ocpi.NoPath || rule != nil || allow != nil {
			t.Errorf("%s: %v", path, why)
		}
	}
	for _, c := range []struct {
		at   ocpi.Address
		path string
	}{
		{at(ocpi.Sessions, ocpi.Sender), "S1"},
		{at(ocpi.Sessions, ocpi.Sender), "S1/preferences"},
		{at(ocpi.Tokens, ocpi.Sender), "U1"},
		{at(ocpi.Tokens, ocpi.Sender), "U1/authorise"},
		{at(ocpi.Commands, ocpi.Receiver), ""},
		{at(ocpi.Commands, ocpi.Receiver), "START_SESSION/1"},
		{at(ocpi.CDRs, ocpi.Receiver), "NL/TNM/C1"},
	} {
		if _, _, _, why := ocpi.Match(c.at, "PUT", c.path); why != ocpi.NoPath {
			t.Errorf("%v %s: %v", c.at, c.path, why)
		}
	}
}

func TestAnAddressOutsideTheTableIsNoModule(t *testing.T) {
	for _, address := range []ocpi.Address{
		at("parking", ocpi.Sender), at(ocpi.Credentials, ocpi.Sender), at(ocpi.HubClientInfo, ocpi.Receiver), at(ocpi.Versions, ocpi.Sender),
		at(ocpi.Commands, ocpi.Sender), at(ocpi.Locations, "BOTH"),
		{},
		{Version: "2.0", Module: ocpi.Locations, Interface: ocpi.Sender},
	} {
		if rule, _, _, why := ocpi.Match(address, "GET", ""); why != ocpi.NoModule || rule != nil {
			t.Errorf("%v: %v", address, why)
		}
	}
}

func TestOnlyOwnedObjectsArePushed(t *testing.T) {
	for _, address := range everyAddress() {
		for _, r := range ocpi.Rules(address) {
			owned := address.Interface == ocpi.Receiver && strings.Contains(r.Path, "{party_id}")
			if r.Owned() != owned || r.Push() != (owned && r.Method != "GET") {
				t.Errorf("%v %s %s: owned %v, push %v", address, r.Method, r.Path, r.Owned(), r.Push())
			}
			if r.Broadcast && !r.Push() {
				t.Errorf("%v %s is broadcast but no push", address, r.Method)
			}
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, path := range []string{"", "/", "NL/TNM/LOC1", "S1/charging_preferences", "a%2Fb", "%", "//", "NL/TNM/L/E/C"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, address := range everyAddress() {
			rule, segments, _, why := ocpi.Match(address, "PUT", path)
			if (rule != nil) != (why == ocpi.Matched) {
				t.Fatalf("rule %v, but %v", rule, why)
			}
			if rule == nil {
				continue
			}
			rule.Object(len(segments))
			var escaped []string
			for _, s := range segments {
				escaped = append(escaped, url.PathEscape(s))
			}
			again, same, _, _ := ocpi.Match(address, "PUT", strings.Join(escaped, "/"))
			if again != rule || !slices.Equal(same, segments) {
				t.Fatalf("%q matched with %q, escaped anew with %q", path, segments, same)
			}
		}
	})
}

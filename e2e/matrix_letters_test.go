package e2e

import (
	"net/url"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// letter is a message that one party sends to another, by name.
type letter struct {
	name   string
	on     side // on which the sender stands
	module ocpi.ModuleID
	of     ocpi.Interface
	method string
	// write fills in the path and the body; id is one of its own.
	write func(req *ocpitest.Request, from, to guest, id string)
}

// letters are the direct messages of the matrix: every module, in both
// directions.
var letters = []letter{
	{"a location", operator, ocpi.Locations, ocpi.Receiver, "PUT", func(req *ocpitest.Request, from, _ guest, id string) {
		req.Path, req.Body = at(from.id, id), []byte(locationWith(from.id, id, 1))
	}},
	{"a tariff", operator, ocpi.Tariffs, ocpi.Receiver, "PUT", func(req *ocpitest.Request, from, _ guest, id string) {
		req.Path, req.Body = at(from.id, id), []byte(tariffOf(from.id, id))
	}},
	{"a session", operator, ocpi.Sessions, ocpi.Receiver, "PUT", writeSession},
	{"a CDR", operator, ocpi.CDRs, ocpi.Receiver, "POST", writeCDR},
	{"the list of tokens", operator, ocpi.Tokens, ocpi.Sender, "GET", writeNothing},
	{"an authorisation", operator, ocpi.Tokens, ocpi.Sender, "POST", func(req *ocpitest.Request, _, to guest, _ string) {
		req.Path = tokenOfGuest(to) + "/authorize"
	}},
	{"an active profile", operator, ocpi.ChargingProfiles, ocpi.Sender, "PUT", writeActiveProfile},
	{"the shop, from the operator", operator, shop, ocpi.Receiver, "PUT", writeShop},

	{"the list of locations", server, ocpi.Locations, ocpi.Sender, "GET", writeNothing},
	{"the list of tariffs", server, ocpi.Tariffs, ocpi.Sender, "GET", writeNothing},
	{"the list of sessions", server, ocpi.Sessions, ocpi.Sender, "GET", writeDateFrom},
	{"the list of CDRs", server, ocpi.CDRs, ocpi.Sender, "GET", writeNothing},
	{"preferences", server, ocpi.Sessions, ocpi.Sender, "PUT", writePreferences},
	{"a token", server, ocpi.Tokens, ocpi.Receiver, "PUT", func(req *ocpitest.Request, from, _ guest, id string) {
		req.Path, req.Body = at(from.id, id), []byte(tokenOf(from.id, id))
	}},
	{"a command", server, ocpi.Commands, ocpi.Receiver, "POST", func(req *ocpitest.Request, _, _ guest, _ string) {
		req.Path, req.Body = "UNLOCK_CONNECTOR", []byte(`{"location_id":"L1","evse_uid":"1","connector_id":"1"}`)
	}},
	{"a profile", server, ocpi.ChargingProfiles, ocpi.Receiver, "PUT", writeProfile},
	{"a question for a profile", server, ocpi.ChargingProfiles, ocpi.Receiver, "GET", func(req *ocpitest.Request, _, _ guest, id string) {
		req.Path, req.Query = id, url.Values{"duration": {"60"}}
	}},
	{"the end of a profile", server, ocpi.ChargingProfiles, ocpi.Receiver, "DELETE", func(req *ocpitest.Request, _, _ guest, id string) {
		req.Path, req.Query = id, url.Values{}
	}},
	{"the shop, from the server", server, shop, ocpi.Receiver, "PUT", writeShop},
}

func writeNothing(*ocpitest.Request, guest, guest, string) {}

func writeDateFrom(req *ocpitest.Request, _, _ guest, _ string) {
	req.Query = url.Values{"date_from": {"2020-01-01T00:00:00Z"}}
}

func writeSession(req *ocpitest.Request, from, to guest, id string) {
	req.Path, req.Body = at(from.id, id), []byte(sessionOf(from.id, id, to.id))
}

func writeCDR(req *ocpitest.Request, from, to guest, id string) {
	req.Body = []byte(cdrOf(from.id, id, to.id))
}

func writePreferences(req *ocpitest.Request, _, _ guest, id string) {
	req.Path, req.Body = id+"/charging_preferences", []byte(`{"profile_type":"FAST"}`)
}

func writeProfile(req *ocpitest.Request, _, _ guest, id string) {
	req.Path, req.Body = id, []byte(`{"charging_profile":{"charging_rate_unit":"W"}}`)
}

func writeActiveProfile(req *ocpitest.Request, _, _ guest, id string) {
	req.Path = id
	req.Body = []byte(`{"start_date_time":"2026-01-01T00:00:00Z","charging_profile":{"charging_rate_unit":"W"}}`)
}

func writeShop(req *ocpitest.Request, _, _ guest, id string) {
	req.Path, req.Body = id, []byte(`{"n":1.10}`)
}

// called says whether the answer to a letter comes later, at a response_url.
func (l letter) called() bool {
	return l.module == ocpi.Commands || l.module == ocpi.ChargingProfiles && l.of == ocpi.Receiver
}

// request writes a letter down.
func (l letter) request(by *ocpitest.Platform, from, to guest, id string) (req ocpitest.Request, later *ocpitest.Callback) {
	req = ocpitest.Request{Module: l.module, Interface: l.of, Method: l.method, From: from.id, To: to.id}
	l.write(&req, from, to, id)
	if !l.called() {
		return req, nil
	}
	later = by.NewCallback(l.module)
	if req.Query != nil {
		req.Query.Set("response_url", later.URL)
	} else {
		req.Body = ocpi.SetMember(req.Body, "response_url", ocpi.Quote(later.URL))
	}
	return req, later
}

// tokenOfGuest is the uid of the token that a guest gave out.
func tokenOfGuest(g guest) string { return "U-" + g.id.ID }

// publications are the objects that each party pushes to all.
var publications = []struct {
	module ocpi.ModuleID
	on     side
	body   func(owner ocpi.PartyID, id string) string
}{
	{ocpi.Locations, operator, func(owner ocpi.PartyID, id string) string { return locationWith(owner, id, 1) }},
	{ocpi.Tariffs, operator, tariffOf},
	{ocpi.Tokens, server, tokenOf},
}

// shopURL is where the hub serves the custom module.
func shopURL(h *hubProcess, path string) string {
	return strings.TrimSuffix(h.versionsURL(), "versions") + "2.2.1/receiver/" + string(shop) + "/" + path
}

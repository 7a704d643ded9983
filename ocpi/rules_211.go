package ocpi

import "net/http"

// table211 holds the functional modules of OCPI 2.1.1. Its endpoints name no
// interface: which one is meant follows from the tree that they stand in, see
// Side. It has no routing headers either: towards a hub each message is one
// without OCPI-to, so Broadcast and Open are what they are in 2.2.1, where the
// content names the same things by other names. A list is GET All.
var table211 = []Rule{
	{Module: Locations, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Locations, Interface: Sender, Method: http.MethodGet, Path: "{location_id}[/{evse_uid}[/{connector_id}]]", Open: OpenLocation},
	{Module: Locations, Interface: Receiver, Method: http.MethodGet, Path: ownedLocation},
	{Module: Locations, Interface: Receiver, Method: http.MethodPut, Path: ownedLocation, Objects: locationObjects, Broadcast: true},
	{Module: Locations, Interface: Receiver, Method: http.MethodPatch, Path: ownedLocation, Objects: locationObjects, Broadcast: true},

	{Module: Sessions, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Sessions, Interface: Receiver, Method: http.MethodGet, Path: ownedSession, Open: OpenCDRToken},
	{Module: Sessions, Interface: Receiver, Method: http.MethodPut, Path: ownedSession, Objects: []string{"Session"}, Open: OpenCDRToken},
	{Module: Sessions, Interface: Receiver, Method: http.MethodPatch, Path: ownedSession, Objects: []string{"Session"}, Open: OpenCDRToken},

	{Module: CDRs, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: CDRs, Interface: Receiver, Method: http.MethodGet, Path: "{cdr}", Open: OpenCDR},
	{Module: CDRs, Interface: Receiver, Method: http.MethodPost, Also: "{country_code}/{party_id}/{id}", Objects: []string{"CDR"}, Open: OpenCDRToken},

	{Module: Tariffs, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Tariffs, Interface: Receiver, Method: http.MethodGet, Path: ownedTariff},
	{Module: Tariffs, Interface: Receiver, Method: http.MethodPut, Path: ownedTariff, Objects: []string{"Tariff"}, Broadcast: true},
	// Only 2.1.1 has it (H-221).
	{Module: Tariffs, Interface: Receiver, Method: http.MethodPatch, Path: ownedTariff, Objects: []string{"Tariff"}, Broadcast: true},
	{Module: Tariffs, Interface: Receiver, Method: http.MethodDelete, Path: ownedTariff, Broadcast: true},

	{Module: Tokens, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Tokens, Interface: Sender, Method: http.MethodPost, Path: "{token_uid}/authorize", Objects: []string{"LocationReferences"}, Open: OpenToken},
	{Module: Tokens, Interface: Receiver, Method: http.MethodGet, Path: ownedToken},
	{Module: Tokens, Interface: Receiver, Method: http.MethodPut, Path: ownedToken, Objects: []string{"Token"}, Broadcast: true},
	{Module: Tokens, Interface: Receiver, Method: http.MethodPatch, Path: ownedToken, Objects: []string{"Token"}, Broadcast: true},

	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "RESERVE_NOW", Objects: []string{"ReserveNow"}, Open: OpenLocation, Callback: CallbackBody},
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "START_SESSION", Objects: []string{"StartSession"}, Open: OpenLocation, Callback: CallbackBody},
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "STOP_SESSION", Objects: []string{"StopSession"}, Open: OpenSession, Callback: CallbackBody},
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "UNLOCK_CONNECTOR", Objects: []string{"UnlockConnector"}, Open: OpenLocation, Callback: CallbackBody},
}

// Side returns the interface of a module that the endpoint tree of a role
// stands for in OCPI 2.1.1, which has one tree for CPOs and one for eMSPs.
func (r Role) Side(m ModuleID) Interface {
	if r.Plays(m, Sender) {
		return Sender
	}
	return Receiver
}

// Faced returns the role in which a hub stands towards a party of role r in OCPI
// 2.1.1: as eMSP towards a CPO, as CPO towards all others. Faced twice it is the
// role whose tree the party itself has.
func (r Role) Faced() Role {
	if r == CPO {
		return EMSP
	}
	return CPO
}

package ocpi

import "net/http"

const (
	ownedLocation = "{country_code}/{party_id}/{location_id}[/{evse_uid}[/{connector_id}]]"
	ownedSession  = "{country_code}/{party_id}/{session_id}"
	ownedTariff   = "{country_code}/{party_id}/{tariff_id}"
	ownedToken    = "{country_code}/{party_id}/{token_uid}"
)

var locationObjects = []string{"Location", "EVSE", "Connector"}

// table221 holds the functional modules of OCPI 2.2.1, chapter by chapter.
// Open names the key by which a message without OCPI-to finds its way; where
// the content names none, a broadcast module is broadcast and everything else
// is refused (H-115).
var table221 = []Rule{
	{Module: Locations, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Locations, Interface: Sender, Method: http.MethodGet, Path: "{location_id}[/{evse_uid}[/{connector_id}]]", Open: OpenLocation},
	{Module: Locations, Interface: Receiver, Method: http.MethodGet, Path: ownedLocation},
	{Module: Locations, Interface: Receiver, Method: http.MethodPut, Path: ownedLocation, Objects: locationObjects, Broadcast: true},
	{Module: Locations, Interface: Receiver, Method: http.MethodPatch, Path: ownedLocation, Objects: locationObjects, Broadcast: true},

	{Module: Sessions, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Sessions, Interface: Sender, Method: http.MethodPut, Path: "{session_id}/charging_preferences", Also: "{session_id}/preferences", Objects: []string{"ChargingPreferences"}, Open: OpenSession},
	{Module: Sessions, Interface: Receiver, Method: http.MethodGet, Path: ownedSession, Open: OpenCDRToken},
	{Module: Sessions, Interface: Receiver, Method: http.MethodPut, Path: ownedSession, Objects: []string{"Session"}, Open: OpenCDRToken},
	{Module: Sessions, Interface: Receiver, Method: http.MethodPatch, Path: ownedSession, Objects: []string{"Session"}, Open: OpenCDRToken},

	{Module: CDRs, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: CDRs, Interface: Receiver, Method: http.MethodGet, Path: "{cdr}", Open: OpenCDR},
	{Module: CDRs, Interface: Receiver, Method: http.MethodPost, Also: "{country_code}/{party_id}/{id}", Objects: []string{"CDR"}, Open: OpenCDRToken},

	{Module: Tariffs, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Tariffs, Interface: Receiver, Method: http.MethodGet, Path: ownedTariff},
	{Module: Tariffs, Interface: Receiver, Method: http.MethodPut, Path: ownedTariff, Objects: []string{"Tariff"}, Broadcast: true},
	{Module: Tariffs, Interface: Receiver, Method: http.MethodDelete, Path: ownedTariff, Broadcast: true},

	{Module: Tokens, Interface: Sender, Method: http.MethodGet, List: true},
	{Module: Tokens, Interface: Sender, Method: http.MethodPost, Path: "{token_uid}/authorize", Objects: []string{"LocationReferences"}, Open: OpenToken},
	{Module: Tokens, Interface: Receiver, Method: http.MethodGet, Path: ownedToken},
	{Module: Tokens, Interface: Receiver, Method: http.MethodPut, Path: ownedToken, Objects: []string{"Token"}, Broadcast: true},
	{Module: Tokens, Interface: Receiver, Method: http.MethodPatch, Path: ownedToken, Objects: []string{"Token"}, Broadcast: true},

	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "CANCEL_RESERVATION", Objects: []string{"CancelReservation"}, Open: OpenReservation, Callback: CallbackBody},
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "RESERVE_NOW", Objects: []string{"ReserveNow"}, Open: OpenLocation, Callback: CallbackBody},
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "START_SESSION", Objects: []string{"StartSession"}, Open: OpenLocation, Callback: CallbackBody},
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "STOP_SESSION", Objects: []string{"StopSession"}, Open: OpenSession, Callback: CallbackBody},
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "UNLOCK_CONNECTOR", Objects: []string{"UnlockConnector"}, Open: OpenLocation, Callback: CallbackBody},
	// Commands outside the list are carried too, found by their location (H-176).
	{Module: Commands, Interface: Receiver, Method: http.MethodPost, Path: "{command}", Open: OpenLocation, Callback: CallbackBody},

	{Module: ChargingProfiles, Interface: Receiver, Method: http.MethodGet, Path: "{session_id}", Open: OpenSession, Callback: CallbackQuery},
	{Module: ChargingProfiles, Interface: Receiver, Method: http.MethodPut, Path: "{session_id}", Objects: []string{"SetChargingProfile"}, Open: OpenSession, Callback: CallbackBody},
	{Module: ChargingProfiles, Interface: Receiver, Method: http.MethodDelete, Path: "{session_id}", Open: OpenSession, Callback: CallbackQuery},
	{Module: ChargingProfiles, Interface: Sender, Method: http.MethodPut, Path: "{session_id}", Objects: []string{"ActiveChargingProfile"}, Open: OpenProfile},
}

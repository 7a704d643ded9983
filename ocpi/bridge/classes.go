package bridge

import (
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Class is a class of the specification whose objects are sent by themselves.
type Class string

// The classes. CommandResult is what a command came to, later: 2.1.1 calls it a
// CommandResponse, too.
const (
	Location           Class = "Location"
	EVSE               Class = "EVSE"
	Connector          Class = "Connector"
	Session            Class = "Session"
	CDR                Class = "CDR"
	Tariff             Class = "Tariff"
	Token              Class = "Token"
	AuthorizationInfo  Class = "AuthorizationInfo"
	LocationReferences Class = "LocationReferences"
	StartSession       Class = "StartSession"
	StopSession        Class = "StopSession"
	ReserveNow         Class = "ReserveNow"
	CancelReservation  Class = "CancelReservation"
	UnlockConnector    Class = "UnlockConnector"
	CommandResponse    Class = "CommandResponse"
	CommandResult      Class = "CommandResult"
	Credentials        Class = "Credentials"
	ClientInfo         Class = "ClientInfo"

	ChargingPreferences         Class = "ChargingPreferences"
	SetChargingProfile          Class = "SetChargingProfile"
	ActiveChargingProfile       Class = "ActiveChargingProfile"
	ChargingProfileResponse     Class = "ChargingProfileResponse"
	ActiveChargingProfileResult Class = "ActiveChargingProfileResult"
	ChargingProfileResult       Class = "ChargingProfileResult"
	ClearProfileResult          Class = "ClearProfileResult"

	InvoiceReconciliationRecord Class = "InvoiceReconciliationRecord"
	Terminal                    Class = "Terminal"
	FinancialAdviceConfirmation Class = "FinancialAdviceConfirmation"
	Booking                     Class = "Booking"
	BookingRequest              Class = "BookingRequest"
	BookingLocation             Class = "BookingLocation"
)

// Classes lists every class.
func Classes() []Class { return slices.Clone(allClasses) }

var allClasses = []Class{
	Location, EVSE, Connector, Session, CDR, Tariff, Token, AuthorizationInfo, LocationReferences,
	StartSession, StopSession, ReserveNow, CancelReservation, UnlockConnector, CommandResponse, CommandResult,
	Credentials, ClientInfo,
	ChargingPreferences, SetChargingProfile, ActiveChargingProfile, ChargingProfileResponse,
	ActiveChargingProfileResult, ChargingProfileResult, ClearProfileResult,
	InvoiceReconciliationRecord, Terminal, FinancialAdviceConfirmation, Booking, BookingRequest, BookingLocation,
}

func (c Class) known() bool { return slices.Contains(allClasses, c) }

// patched are the classes with a PATCH in every version that has them.
var patched = map[Class]bool{Location: true, EVSE: true, Connector: true, Session: true, Token: true}

// hop is a step between two versions that follow each other.
type hop struct {
	from, to ocpi.Version
	classes  map[Class][]step
}

// hops are all there are. A class that a hop does not have is none in the
// version to which it leads.
var hops = []hop{
	{ocpi.V211, ocpi.V221, from211},
	{ocpi.V221, ocpi.V230, from221},
	{ocpi.V230, ocpi.V221, to221},
	{ocpi.V221, ocpi.V211, to211},
}

// route is the way between two versions, hop by hop.
func route(hops []hop, from, to ocpi.Version) (way []hop, known bool) {
	versions := ocpi.KnownVersions()
	at, end := slices.Index(versions, from), slices.Index(versions, to)
	if at < 0 || end < 0 {
		return nil, false
	}
	for at != end {
		next := at + 1
		if end < at {
			next = at - 1
		}
		i := slices.IndexFunc(hops, func(h hop) bool { return h.from == versions[at] && h.to == versions[next] })
		way = append(way, hops[i])
		at = next
	}
	return way, true
}

var to221 = map[Class][]step{
	Location: locationTo221, EVSE: evseTo221, Connector: connectorTo221,
	Session: sessionTo221, CDR: cdrTo221, Tariff: tariffTo221,
	Token: tokenTo221, AuthorizationInfo: authorizationTo221, LocationReferences: {},
	StartSession: tokenCommandTo221, ReserveNow: tokenCommandTo221,
	StopSession: {}, CancelReservation: {}, UnlockConnector: {}, CommandResponse: {}, CommandResult: {},
	Credentials: credentialsTo221, ClientInfo: clientInfoTo221,
	ChargingPreferences: {}, SetChargingProfile: {}, ActiveChargingProfile: {}, ChargingProfileResponse: {},
	ActiveChargingProfileResult: {}, ChargingProfileResult: {}, ClearProfileResult: {},
}

var from221 = map[Class][]step{
	Location: {}, EVSE: {}, Connector: {},
	Session: sessionTo230, CDR: cdrTo230, Tariff: tariffTo230,
	Token: {}, AuthorizationInfo: {}, LocationReferences: {},
	StartSession: {}, ReserveNow: {},
	StopSession: {}, CancelReservation: {}, UnlockConnector: {}, CommandResponse: {}, CommandResult: {},
	Credentials: credentialsTo230, ClientInfo: clientInfoTo230,
	ChargingPreferences: {}, SetChargingProfile: {}, ActiveChargingProfile: {}, ChargingProfileResponse: {},
	ActiveChargingProfileResult: {}, ChargingProfileResult: {}, ClearProfileResult: {},
}

var to211 = map[Class][]step{
	Location: locationTo211, EVSE: evseTo211, Connector: connectorTo211,
	Session: sessionTo211, CDR: cdrTo211, Tariff: tariffTo211,
	Token: tokenTo211, AuthorizationInfo: authorizationTo211, LocationReferences: referencesTo211,
	StartSession: startSessionTo211, ReserveNow: reserveNowTo211, UnlockConnector: placedTo211,
	StopSession:     {outside("session_id", ocpi.Sessions)},
	CommandResponse: commandResponseTo211, CommandResult: commandResultTo211,
	Credentials: credentialsTo211,
}

var from211 = map[Class][]step{
	Location: locationFrom211, EVSE: evseFrom211, Connector: connectorFrom211,
	Session: sessionFrom211, CDR: cdrFrom211, Tariff: tariffFrom211,
	Token: tokenFrom211, AuthorizationInfo: authorizationFrom211, LocationReferences: referencesFrom211,
	StartSession: startSessionFrom211, ReserveNow: reserveNowFrom211, UnlockConnector: placedFrom211,
	StopSession:     {inside("session_id", ocpi.Sessions)},
	CommandResponse: commandResponseFrom211, CommandResult: commandResultFrom211,
	Credentials: credentialsFrom211,
}

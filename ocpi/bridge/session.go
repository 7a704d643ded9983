package bridge

import (
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Sessions.

var sessionTo230 = []step{
	priceTo230("total_cost"),
}

var sessionTo221 = []step{
	priceTo221("total_cost"),
	in("cdr_token", tokenTypeTo221),
	periodsTo221,
}

var sessionTo211 = []step{
	wholeIf(PatchLocation, "location_id", "evse_uid", "connector_id"),
	wholeIf(PatchPeriods, "charging_periods"),
	disowned, outside("id", ocpi.Sessions),
	renaming("start_date_time", "start_datetime"),
	renaming("end_date_time", "end_datetime"),
	authID,
	instead("auth_method", map[string]string{"COMMAND": "AUTH_REQUEST"}, AuthMethod),
	dropping("authorization_reference", AuthorizationReference),
	sessionLocation,
	periodsTo211,
	priceTo211("total_cost"),
	instead("status", map[string]string{"RESERVATION": "PENDING", "RESERVED": "PENDING"}, Reservation),
	times("start_datetime", "end_datetime", "last_updated"),
}

var sessionFrom211 = []step{
	wholeIf(PatchLocation, "location"),
	wholeIf(PatchPeriods, "charging_periods"),
	owned, inside("id", ocpi.Sessions),
	renaming("start_datetime", "start_date_time"),
	renaming("end_datetime", "end_date_time"),
	cdrToken,
	sessionPlace,
	periodsFrom211,
	priceFrom211("total_cost"),
	anew,
}

// tokenTypeTo221 is for tokens and what names one.
var tokenTypeTo221 = unlisted("type", tokenTypes221, "OTHER", TokenTypes)

// authID is the contract, the one thing that 2.1.1 says of a token.
func authID(t *walk, n *node) {
	token := n.get("cdr_token")
	if !token.isObject() {
		return
	}
	id := token.get("contract_id")
	if id.empty() {
		id = token.get("uid")
	}
	for _, m := range token.fields() {
		switch {
		case m.value == id:
		case m.called("country_code") && strings.EqualFold(m.value.str(), t.s.EMSP.Country):
		case m.called("party_id") && strings.EqualFold(m.value.str(), t.s.EMSP.ID):
		default:
			t.lose(m.value, CdrTokenParts)
		}
	}
	if id.empty() {
		t.remove(n, "cdr_token")
		return
	}
	t.rename(n, "cdr_token", "auth_id")
	t.replace(n, "auth_id", id)
}

// cdrToken is what is known of the token of a contract.
func cdrToken(t *walk, n *node) {
	id := n.get("auth_id")
	if id.empty() || !id.isString() {
		return
	}
	facts, known := t.s.token(id.str())
	if !known {
		facts = CdrToken{Party: t.s.EMSP, UID: id.str(), Type: "RFID"}
	}
	if t.later() == ocpi.V221 && !tokenTypes221[facts.Type] {
		facts.Type = "OTHER"
	}
	if !facts.Party.Valid() {
		t.withhold(NoEMSP)
		return
	}
	token := madeObject()
	for _, f := range []struct {
		name, value string
		why         Reason
	}{
		{"country_code", facts.Party.Country, TokenParty},
		{"party_id", facts.Party.ID, TokenParty},
		{"uid", facts.UID, UnknownToken},
		{"type", facts.Type, UnknownToken},
	} {
		v := made(quoted(f.value))
		t.add(token, f.name, v)
		if !known {
			t.note(v, f.why)
		}
	}
	t.add(token, "contract_id", id)
	t.rename(n, "auth_id", "cdr_token")
	t.replace(n, "cdr_token", token)
}

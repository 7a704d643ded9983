package bridge

import (
	"strconv"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Commands. The response_url is the hub's own and set by it.

var startSessionTo211 = []step{
	asToken(tokenTo211),
	connectorRequired,
	outside("location_id", ocpi.Locations),
	dropping("connector_id", CommandConnector),
	dropping("authorization_reference", AuthorizationReference),
}

var reserveNowTo211 = []step{
	asToken(tokenTo211),
	reservationNumber,
	outside("location_id", ocpi.Locations),
	dropping("authorization_reference", AuthorizationReference),
	times("expiry_date"),
}

var placedTo211 = []step{outside("location_id", ocpi.Locations)}

var placedFrom211 = []step{
	inside("location_id", ocpi.Locations),
	longIDs("location_id", "evse_uid"),
}

var (
	startSessionFrom211 = append([]step{asToken(tokenFrom211)}, placedFrom211...)
	reserveNowFrom211   = append([]step{asToken(tokenFrom211), reservationID}, placedFrom211...)
	tokenCommandTo221   = []step{asToken(tokenTo221)}
)

var commandResponseTo211 = []step{
	unlisted("result", commandResponses211, "REJECTED", CommandResults),
	dropping("timeout", CommandTimeout),
	dropping("message", CommandMessage),
}

var commandResponseFrom211 = []step{
	timeoutOf,
	resultFrom211("TIMEOUT", "REJECTED", "TIMEOUT: the charge point did not answer in time"),
}

var commandResultTo211 = []step{
	unlisted("result", commandResponses211, "REJECTED", CommandResults),
	dropping("message", CommandMessage),
}

var commandResultFrom211 = []step{
	resultFrom211("UNKNOWN_SESSION", "FAILED", "UNKNOWN_SESSION: the session is not known"),
}

// resultFrom211 puts another result in the place of one that later versions do
// not have there, and says in a message what it was.
func resultFrom211(was, is, message string) step {
	return func(t *walk, n *node) {
		v := n.get("result")
		if v.str() != was {
			return
		}
		t.note(v, CommandResults)
		t.replace(n, "result", v.as(quoted(is)))
		text := made(`{"language":"en","text":` + quoted(message) + `}`)
		t.add(n, "message", madeArray(text))
		t.note(text, ResultMessage)
	}
}

func timeoutOf(t *walk, n *node) {
	if n.get("timeout").empty() {
		v := made(strconv.Itoa(t.s.commandTimeout()))
		t.put(n, "result", "timeout", v)
		t.note(v, DefaultTimeout)
	}
}

// connectorRequired refuses to start at any connector where the EVSE needs to
// be told which.
func connectorRequired(t *walk, n *node) {
	if n.get("connector_id").empty() {
		return
	}
	held, ok := t.s.location(n.get("location_id").str())
	if !ok {
		return
	}
	location := t.read(held)
	for _, evse := range location.get("evses").elements() {
		if !strings.EqualFold(evse.get("uid").str(), n.get("evse_uid").str()) {
			continue
		}
		for _, c := range evse.get("capabilities").elements() {
			if c.str() == "START_SESSION_CONNECTOR_REQUIRED" {
				t.withhold(ConnectorRequired)
			}
		}
	}
}

// mostReservation is the greatest number that every reader of 2.1.1 takes for an
// int.
const mostReservation = 1<<31 - 1

// OwnNumber is the number that the id of a reservation is by itself; false when it
// is none.
func OwnNumber(id string) (n int, ok bool) {
	n, err := strconv.Atoi(id)
	return n, err == nil && n >= 0 && n <= mostReservation && strconv.Itoa(n) == id
}

// reservationNumber writes the id of a reservation as a number, the one that
// stands for it.
func reservationNumber(t *walk, n *node) {
	v := n.get("reservation_id")
	if !v.isString() {
		return
	}
	number, ok := t.s.reservation(v.str())
	if !ok {
		t.withhold(NoReservation)
		return
	}
	is := strconv.Itoa(number)
	if is != v.str() {
		t.note(v, ReservationNumber)
	}
	t.replace(n, "reservation_id", v.as(is))
}

// renumbered puts in the place of the number of a reservation the one that stands
// for it where many eMSPs speak as one.
func renumbered(of func(id string) (int, bool)) step {
	return func(t *walk, n *node) {
		v := n.get("reservation_id")
		d, isNumber := v.number()
		if !isNumber {
			return
		}
		if number, ok := of(d.short()); ok {
			t.replace(n, "reservation_id", v.as(strconv.Itoa(number)))
		}
	}
}

// reservationID writes the number of a reservation as a text.
func reservationID(t *walk, n *node) {
	v := n.get("reservation_id")
	if d, ok := v.number(); v.isNumber() && ok {
		t.replace(n, "reservation_id", v.as(quoted(d.short())))
	}
}

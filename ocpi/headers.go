package ocpi

import (
	"fmt"
	"net/http"
	"strings"
)

// The header names of OCPI, in the form that net/http keeps them. Names are
// compared without regard to case.
const (
	HeaderToParty       = "Ocpi-To-Party-Id"
	HeaderToCountry     = "Ocpi-To-Country-Code"
	HeaderFromParty     = "Ocpi-From-Party-Id"
	HeaderFromCountry   = "Ocpi-From-Country-Code"
	HeaderRequestID     = "X-Request-Id"
	HeaderCorrelationID = "X-Correlation-Id"
	HeaderTotalCount    = "X-Total-Count"
	HeaderLimit         = "X-Limit"
)

// Routing holds the OCPI-to and OCPI-from headers of a message. A zero party
// stands for absent headers.
type Routing struct {
	To   PartyID
	From PartyID
}

// Reply turns the routing headers round: what was sent by From is answered to
// From.
func (r Routing) Reply() Routing { return Routing{To: r.From, From: r.To} }

// ParseRouting reads the routing headers of a message. Empty values count as
// absent (H-117). It is an error when only one header of a pair is there
// (H-075) or when a header is given twice with different values.
func ParseRouting(h http.Header) (Routing, error) {
	to, err := parsePair(h, HeaderToCountry, HeaderToParty, "OCPI-to")
	if err != nil {
		return Routing{}, err
	}
	from, err := parsePair(h, HeaderFromCountry, HeaderFromParty, "OCPI-from")
	if err != nil {
		return Routing{}, err
	}
	return Routing{To: to, From: from}, nil
}

func parsePair(h http.Header, countryName, partyName, pair string) (PartyID, error) {
	country, err := single(h, countryName, pair, "-country-code")
	if err != nil {
		return PartyID{}, err
	}
	party, err := single(h, partyName, pair, "-party-id")
	if err != nil || country == "" && party == "" {
		return PartyID{}, err
	}
	if country == "" || party == "" {
		return PartyID{}, fmt.Errorf("only one of %[1]s-country-code and %[1]s-party-id is given: send both or none", pair)
	}
	return NewPartyID(country, party), nil
}

// single returns the one value of a header, refusing values that differ: two
// readers would route such a message to different parties.
func single(h http.Header, name, pair, half string) (string, error) {
	value := ""
	for i, v := range h[name] {
		v = strings.TrimSpace(v)
		if i > 0 && !strings.EqualFold(v, value) {
			return "", fmt.Errorf("header %s%s is given twice with different values", pair, half)
		}
		value = v
	}
	return value, nil
}

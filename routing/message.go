package routing

import (
	"net/url"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
)

// Message is one authenticated request on a functional module, as it came. It
// is not changed on its way.
type Message struct {
	// Rule is the row of the module table that the request matched.
	Rule *ocpi.Rule
	// Sender is the platform that sent it; one of its parties is From.
	Sender  *parties.Platform
	Routing ocpi.Routing
	// Path is the escaped path below the endpoint, Segments its decoded parts,
	// Query the raw query.
	Path     string
	Segments []string
	Query    string
	// Body has been checked to be valid JSON without duplicate names, or is
	// empty.
	Body          []byte
	RequestID     string
	CorrelationID string
}

// Answer is what the requester gets: the receiver's own answer, or the hub's.
type Answer struct {
	HTTPStatus int
	// Status is the status_code in Body.
	Status ocpi.StatusCode
	Body   []byte
	// Routing holds the headers of the answer, already turned round.
	Routing    ocpi.Routing
	Link       string // the Link header, or ""
	TotalCount string
	Limit      string
	Location   string
	// Bridged are the translations of what the hub itself answered, or withheld.
	Bridged []bridge.Crossing
	// Way and Reason tell which way the message went, also when it failed.
	Way    Way
	Reason Reason
}

// object is the path as it may be told.
func (m *Message) object() string { return ocpi.MaskPath(m.Rule.Module, m.Rule.Interface, m.Path) }

// bodies are what a hop of the message carried.
func (m *Message) bodies(request, answer []byte) ocpi.Bodies {
	return ocpi.Bodies{Module: m.Rule.Module, Side: m.Rule.Interface, Path: m.Path, Request: request, Answer: answer}
}

// owner returns the owner that the path of a client-owned object names.
func (m *Message) owner() ocpi.PartyID {
	return ocpi.NewPartyID(m.Segments[0], m.Segments[1])
}

// id returns the id of the top-level object that the path names, or "".
func (m *Message) id() string {
	at := m.Rule.IDAt()
	if at >= len(m.Segments) {
		return ""
	}
	return m.Segments[at]
}

// param returns a query parameter, decoded, or "".
func (m *Message) param(name string) string {
	values, err := url.ParseQuery(m.Query)
	if err != nil {
		return ""
	}
	return values.Get(name)
}

// tokenType returns the type that a message about a token means: that of the
// query, that of the body, or RFID (tokens, type parameter).
func (m *Message) tokenType() string {
	if t := m.param("type"); t != "" {
		return t
	}
	if t := ocpi.FindString(m.Body, "type"); t != "" && m.Rule.Owned() {
		return t
	}
	return "RFID"
}

// withQuery appends a raw query to a URL that may have one.
func withQuery(target, query string) string {
	switch {
	case query == "":
		return target
	case strings.Contains(target, "?"):
		return target + "&" + query
	}
	return target + "?" + query
}

package probe

import (
	"fmt"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Outcome is how a check went.
type Outcome string

// The outcomes.
const (
	OK   Outcome = "OK"
	Warn Outcome = "WARN"
	Fail Outcome = "FAIL"
)

// Line is what one check found.
type Line struct {
	Check   string        // its name, from a closed set
	Module  ocpi.ModuleID // whose list it is about; empty: the platform
	Outcome Outcome
	Found   string
	Mend    string // what the partner, or the operator, does about it; empty with OK
	// Specification is the place in OCPI that says so; empty where it is
	// silent.
	Specification string
}

// check is a check, with its place in the specification.
type check struct {
	name, place string
	module      ocpi.ModuleID
}

// The checks.
var (
	checkPlatform        = check{name: "platform", place: "credentials, Registration"}
	checkVersions        = check{name: "versions", place: "version_information_endpoint, Version information endpoint"}
	checkDetails         = check{name: "version_details", place: "version_information_endpoint, Version details endpoint"}
	checkEndpoints       = check{name: "endpoints", place: "version_information_endpoint, Endpoint class"}
	checkEndpointHosts   = check{name: "endpoint_hosts", place: "version_information_endpoint, Endpoint class"}
	checkEndpointRoles   = check{name: "endpoint_roles", place: "version_information_endpoint, InterfaceRole enum"}
	checkEndpointChanges = check{name: "endpoint_changes", place: "credentials, Changing endpoints for the current version"}
	checkModules         = check{name: "modules", place: "terminology, Typical OCPI implementations per Role"}
	checkTokenEncoding   = check{name: "token_encoding", place: "transport_and_format, Authorization header"}
	checkTokenRefused    = check{name: "token_refused", place: "transport_and_format, Authorization header"}
	checkUnknownPath     = check{name: "unknown_path", place: "status_codes, Status codes"}
	checkList            = check{name: "list", place: "transport_and_format, GET"}
	checkData            = check{name: "data", place: "transport_and_format, Response format"}
	checkObjects         = check{name: "objects"}
	checkOwner           = check{name: "owner", place: "transport_and_format, Client Owned Object Pull"}
	checkLastUpdated     = check{name: "last_updated", place: "types, DateTime type"}
	checkDuplicates      = check{name: "duplicates", place: "transport_and_format, Pagination"}
	checkTotalCount      = check{name: "total_count", place: "transport_and_format, Pagination, Paginated Response"}
	checkLimit           = check{name: "limit", place: "transport_and_format, Pagination, Paginated Request"}
	checkLink            = check{name: "link", place: "transport_and_format, Pagination, Paginated Response"}
	checkNextPage        = check{name: "next_page", place: "transport_and_format, Pagination, Paginated Response"}
	checkDateFilter      = check{name: "date_filter", place: "transport_and_format, Pagination, Paginated Request"}
	checkTLS             = check{name: "tls", place: "transport_and_format, JSON / HTTP implementation guide, Security and authentication"}
	checkCertificate     = check{name: "certificate", place: "transport_and_format, JSON / HTTP implementation guide, Security and authentication"}
	checkEnvelope        = check{name: "envelope", place: "transport_and_format, Response format"}
	checkStatusCode      = check{name: "status_code", place: "transport_and_format, Response format"}
	checkContentType     = check{name: "content_type", place: "transport_and_format, JSON / HTTP implementation guide, Request format"}
	checkTimestamp       = check{name: "timestamp", place: "types, DateTime type"}
	checkClock           = check{name: "clock", place: "types, DateTime type"}
	checkMessageIDs      = check{name: "message_ids", place: "transport_and_format, Unique message IDs"}
	checkRouting         = check{name: "routing_headers", place: "transport_and_format, Message Routing Headers"}
	checkRedirects       = check{name: "redirects"}
	checkAnswerTime      = check{name: "answer_time"}
)

// objectPlaces are where the objects of modules are described.
var objectPlaces = map[ocpi.ModuleID]string{
	ocpi.Locations: "mod_locations, Location Object", ocpi.Sessions: "mod_sessions, Session Object",
	ocpi.CDRs: "mod_cdrs, CDR Object", ocpi.Tariffs: "mod_tariffs, Tariff Object",
	ocpi.Tokens: "mod_tokens, Token Object", ocpi.HubClientInfo: "mod_hub_client_info, ClientInfo Object",
}

// of is the check of one module's list.
func (c check) of(m ocpi.ModuleID) check {
	c.module = m
	if c.name == checkObjects.name {
		c.place = objectPlaces[m]
	}
	return c
}

func (c check) line(o Outcome, found, mend string) Line {
	return Line{Check: c.name, Module: c.module, Outcome: o, Found: found, Mend: mend, Specification: c.place}
}

// places211 are where OCPI 2.1.1 says the same, where it is elsewhere.
var places211 = map[string]string{
	checkModules.place:       "version_information_endpoint, ModuleID enum",
	checkTokenEncoding.place: "transport_and_format, JSON / HTTP implementation guide, Request format",
	checkOwner.place:         "transport_and_format, Client owned object push",
}

// in tells lines with the version whose specification they name.
func in(v ocpi.Version, tell func(Line)) func(Line) {
	return func(l Line) {
		if elsewhere := places211[l.Specification]; elsewhere != "" && v == ocpi.V211 {
			l.Specification = elsewhere
		}
		if l.Specification != "" {
			l.Specification = string(v) + " " + l.Specification
		}
		tell(l)
	}
}

func (c check) ok(format string, args ...any) Line {
	return c.line(OK, fmt.Sprintf(format, args...), "")
}

func (c check) warn(found, mend string) Line { return c.line(Warn, found, mend) }

func (c check) fail(found, mend string) Line { return c.line(Fail, found, mend) }

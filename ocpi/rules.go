package ocpi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rule is one row of the module table: what the specification says of one
// method on one interface of a module. The differences between modules are
// rows of this table, not code.
type Rule struct {
	Version   Version
	Module    ModuleID
	Interface Interface // the interface that is called
	Method    string
	// Path is the shape of the path below the endpoint: names in braces,
	// optional tails in brackets. A name in braces stands for any one segment.
	Path string
	// Also is another shape of the path, which some implementations use for the
	// same. Names that Path does not have are members of the body.
	Also string
	// Objects names the class of the body by the depth of the path: a path to
	// an EVSE carries an EVSE. Empty: no object of the data model.
	Objects []string
	// Broadcast: the message may be sent to the hub for all (Broadcast Push).
	Broadcast bool
	// List: a paginated list; with OCPI-to = hub it is GET All via Hub.
	List bool
	// Open says by what the destination is found without OCPI-to.
	Open OpenKey
	// Callback says where the message carries its response_url.
	Callback CallbackPlace
	// Opaque: nobody knows what the path means. Such a message is for the one
	// party that it names, and goes there as it came.
	Opaque bool
}

// tables holds the module table of each version.
var tables = map[Version][]Rule{V211: table211, V221: table221, V230: table230}

// rules indexes the tables of all versions by the address of a message.
var rules = index(tables)

func index(tables map[Version][]Rule) map[Address][]*Rule {
	out := map[Address][]*Rule{}
	for version, table := range tables {
		for _, row := range table {
			row.Version = version
			at := Address{version, row.Module, row.Interface}
			out[at] = append(out[at], &row)
		}
	}
	return out
}

// OpenKey is the part of a message by which Open Routing finds the receiver
// (transport and format, Open Routing).
type OpenKey string

// The keys of open routing. OpenNone: the content names no receiver.
const (
	OpenNone        OpenKey = ""
	OpenCDRToken    OpenKey = "cdr_token"      // the party of cdr_token in the body, or of the stored session
	OpenLocation    OpenKey = "location_id"    // the owner of the location in path or body
	OpenSession     OpenKey = "session_id"     // the owner of the session in path or body
	OpenToken       OpenKey = "token"          // the owner of the token: uid in the path, type in the query
	OpenReservation OpenKey = "reservation_id" // who got the RESERVE_NOW with this id
	OpenProfile     OpenKey = "profile"        // who set the charging profile of the session
	OpenCDR         OpenKey = "cdr"            // who answered the POST with this Location

	// Those of 2.3.0.
	OpenTerminal        OpenKey = "terminal"                // the owner of the terminal in the path
	OpenConfirmation    OpenKey = "confirmation"            // the owner of the financial advice confirmation in the path
	OpenParty           OpenKey = "party"                   // country_code and party_id of the body
	OpenReference       OpenKey = "authorization_reference" // the owner of the session with it
	OpenBookingLocation OpenKey = "booking_location_id"     // the owner of the booking location in the path
	OpenBooking         OpenKey = "booking"                 // who asked for it: booking_requests in the body, or of the stored booking
)

// CallbackPlace says where a message carries the response_url of its
// asynchronous result.
type CallbackPlace string

// The places of a response_url.
const (
	CallbackNone  CallbackPlace = ""
	CallbackBody  CallbackPlace = "body"
	CallbackQuery CallbackPlace = "query"
)

// Owned says whether the path names a client-owned object: it begins with
// the owner's country code and party id (Client Owned Objects).
func (r *Rule) Owned() bool { return strings.HasPrefix(r.Path, ownerPath) }

const ownerPath = "{country_code}/{party_id}/"

// Push says whether the message changes an object.
func (r *Rule) Push() bool { return r.Owned() && r.Method != http.MethodGet }

// IDAt returns the place of the id of the object among the segments of the path:
// behind its owner, and behind the words that some paths have in front of it.
func (r *Rule) IDAt() int {
	at, path := 0, r.Path
	if r.Owned() {
		at, path = 2, path[len(ownerPath):]
	}
	for path != "" && path[0] != '{' {
		_, path, _ = strings.Cut(path, "/")
		at++
	}
	return at
}

// Object returns the class of the body for a path of n segments, or "".
func (r *Rule) Object(n int) string {
	if len(r.Objects) == 0 {
		return ""
	}
	least, _ := shape(r.Path)
	return r.Objects[min(n-least, len(r.Objects)-1)]
}

// Mismatch tells why no rule fits a request.
type Mismatch int

// The reasons why no rule fits.
const (
	Matched Mismatch = iota
	NoModule
	NoPath
	NoMethod
)

// Match finds the rule for a method and an escaped path below an endpoint,
// and the decoded segments of the path. With NoMethod, allow lists the methods
// that the path has.
func Match(at Address, method, escapedPath string) (rule *Rule, segments []string, allow []string, why Mismatch) {
	rows := rules[at]
	if len(rows) == 0 {
		return nil, nil, nil, NoModule
	}
	segments, ok := splitPath(escapedPath)
	if !ok {
		return nil, nil, nil, NoPath
	}
	for _, row := range rows {
		least, most := shape(row.Path)
		if len(segments) < least || len(segments) > most || !sameConstants(row.Path, segments) {
			continue
		}
		if row.Method == method {
			return row, segments, nil, Matched
		}
		if !slices.Contains(allow, row.Method) {
			allow = append(allow, row.Method)
		}
	}
	if len(allow) > 0 {
		return nil, segments, allow, NoMethod
	}
	return nil, segments, nil, NoPath
}

// Address is where a message was sent: one interface of a module in a version.
type Address struct {
	Version   Version
	Module    ModuleID
	Interface Interface
}

// Rules returns the rows of the table at an address; nil when the version does
// not have the module or the interface.
func Rules(at Address) []*Rule { return rules[at] }

// splitPath cuts an escaped path into decoded segments. Slashes at both ends
// do not count; an empty segment inside is no path of OCPI, and neither is one
// with control characters: ids are printable.
func splitPath(escaped string) ([]string, bool) {
	escaped = strings.Trim(escaped, "/")
	if escaped == "" {
		return nil, true
	}
	parts := strings.Split(escaped, "/")
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil || decoded == "" || decoded == "." || decoded == ".." || !printable(decoded) {
			return nil, false
		}
		parts[i] = decoded
	}
	return parts, true
}

func printable(segment string) bool {
	return utf8.ValidString(segment) && !strings.ContainsFunc(segment, unicode.IsControl)
}

// shape counts the least and the most segments that a path shape has.
func shape(path string) (least, most int) {
	if path == "" {
		return 0, 0
	}
	most = strings.Count(path, "/") + 1
	return most - strings.Count(path, "["), most
}

// sameConstants compares the fixed words of a shape with the segments.
func sameConstants(path string, segments []string) bool {
	for i, want := range strings.Split(path, "/") {
		if i < len(segments) && want != "" && !strings.ContainsAny(want, "{[") && want != segments[i] {
			return false
		}
	}
	return true
}

// FunctionalModules lists the functional modules of a version, in the order of
// the table.
func FunctionalModules(v Version) []ModuleID {
	var out []ModuleID
	for _, row := range tables[v] {
		if !slices.Contains(out, row.Module) {
			out = append(out, row.Module)
		}
	}
	return out
}

// Addresses lists the interfaces of the functional modules that have paths of
// their own, in the order of the table. The sender of commands has none: a
// response_url is opaque.
func Addresses(v Version) []Address {
	var out []Address
	for _, row := range tables[v] {
		at := Address{v, row.Module, row.Interface}
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

package ocpi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// spot is where in a body a walk is: the objects and arrays around it.
type spot []frame

type frame struct {
	object bool
	secret bool   // nothing in it may be shown
	of     string // the name that the object or array itself has
	member string // the name of the member that comes
	named  bool   // member has been read, its value has not
}

// wantsName says whether a text that comes is the name of a member.
func (p spot) wantsName() bool {
	return len(p) > 0 && p[len(p)-1].object && !p[len(p)-1].named
}

func (p spot) name(member string) {
	p[len(p)-1].member, p[len(p)-1].named = member, true
}

func (p spot) valueDone() {
	if len(p) > 0 {
		p[len(p)-1].named = false
	}
}

func (p spot) secret() bool { return len(p) > 0 && p[len(p)-1].secret }

// named is the name under which a value stands; in an array that of the array.
func (p spot) named() string {
	switch {
	case len(p) == 0:
		return ""
	case p[len(p)-1].object:
		return p[len(p)-1].member
	}
	return p[len(p)-1].of
}

// label is the name to write before a value; empty in an array. A name may hold
// a secret as well.
func (p spot) label(m *masker) []byte {
	if len(p) == 0 || !p[len(p)-1].object {
		return nil
	}
	name := p[len(p)-1].member
	if m.tells(name) {
		name = Masked
	}
	quoted, _ := json.Marshal(name) // a string always can be
	return append(quoted, ':')
}

// secretName says whether what stands under a name may not be shown. Objects
// under a name of tokens or contracts are looked into: only some of their members
// are secret.
func (m *masker) secretName(name string, container bool) bool {
	name = strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(name))
	if name == "uid" { // of an EVSE in locations, of a token elsewhere
		return m.module != Locations
	}
	if container {
		return slices.Contains(secretWhole, name)
	}
	if slices.Contains(secretNames, name) || slices.Contains(secretWhole, name) {
		return true
	}
	return slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(name, part) })
}

// Names in lower case, without marks between words: those of the specification
// (Token, CdrToken, Session of 2.1.1, commands), and such as are in use beside
// it.
var (
	secretNames = []string{"visualnumber", "issuer", "groupid", "authid", "responseurl", "authorization", "vin", "evcoid", "eftdata", "evccid", "pan", "iban", "username"}
	secretParts = []string{
		"token", "contract", "licenseplate", "licenceplate", "numberplate", "password", "secret", "email", "phone", "driver", "customer", "rfid", "emaid", "cardnumber",
		"firstname", "lastname", "apikey",
	}
	secretWhole = []string{"signeddata", "accessinformation", "driver", "customer", "user", "vehicle", "publickey"}
)

// jsonWriter writes a JSON text bit by bit. It can be closed at any time.
type jsonWriter struct {
	out    bytes.Buffer
	ends   []byte // the brackets that are open
	first  bool   // nothing stands in the innermost of them yet
	opened bool
}

// value writes a value, or the bracket with which it begins.
func (w *jsonWriter) value(label []byte, raw string) {
	if len(w.ends) > 0 && !w.first {
		w.out.WriteByte(',')
	}
	w.first = false
	w.out.Write(label)
	w.out.WriteString(raw)
}

// open notes that a bracket was written.
func (w *jsonWriter) open(delim json.Delim) {
	end := byte('}')
	if delim == '[' {
		end = ']'
	}
	w.ends, w.first, w.opened = append(w.ends, end), true, true
}

// leave writes the bracket that closes the innermost one.
func (w *jsonWriter) leave() {
	w.out.WriteByte(w.ends[len(w.ends)-1])
	w.ends, w.first = w.ends[:len(w.ends)-1], false
}

// close closes what is open, and returns the text.
func (w *jsonWriter) close() []byte {
	for len(w.ends) > 0 {
		w.leave()
	}
	return w.out.Bytes()
}

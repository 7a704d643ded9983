package quality

import (
	"strings"
	"unicode"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Bounds of what an example holds, in bytes.
const (
	maxValue   = 60
	maxID      = 120
	maxPointer = 200
)

// exampleOf makes an example of a finding.
func exampleOf(o Object, field string, f ocpi.Finding) Example {
	e := Example{ObjectID: shorten(o.ID, maxID), Pointer: shorten(f.Pointer, maxPointer)}
	if o.Module == ocpi.Tokens {
		e.ObjectID = mask(o.ID) // the uid of a token
	}
	value, ok := ocpi.At(o.Body, f.Pointer)
	switch {
	case !ok || f.Kind == ocpi.MisspelledField:
		// The name says it all, and what a misspelled field holds nobody knows.
	case isPersonal(field), f.Kind == ocpi.WrongType && value[0] == '"':
		// A text where something else is due may be anybody's.
		e.Value = mask(strings.Trim(string(value), `"`))
	case value[0] == '{':
		e.Value = "{…}"
	case value[0] == '[':
		e.Value = "[…]"
	default:
		e.Value = shorten(string(value), maxValue)
	}
	return e
}

// personal are the fields that tell of a driver, or that are secrets.
var personal = map[string]bool{
	"uid": true, "contract_id": true, "visual_number": true, "group_id": true, "auth_id": true,
	"authorization_reference": true, "token": true, "response_url": true, "remark": true,
	"plain_data": true, "signed_data": true,
}

// isPersonal judges by the name of the field; the uid of an EVSE is no driver's.
func isPersonal(field string) bool {
	return field != "evses.uid" && personal[field[strings.LastIndexByte(field, '.')+1:]]
}

// mask leaves what is needed to recognise a value that one knows.
func mask(s string) string {
	if s == "" {
		return ""
	}
	shown := []rune(s)
	if len(shown) < 8 {
		return "***"
	}
	return shorten(string(shown[:2]), maxValue) + "***"
}

// shorten cuts a text to a length in bytes, and takes out what does not print:
// it was written by strangers and ends on somebody's terminal.
func shorten(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 { // within a character
		cut--
	}
	return s[:cut] + "…"
}

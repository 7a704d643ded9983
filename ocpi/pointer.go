package ocpi

import (
	"strconv"
	"strings"
)

// pointerEscape writes a name as RFC 6901 has it.
var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// pointerUnescape reads such a name.
var pointerUnescape = strings.NewReplacer("~1", "/", "~0", "~")

// At returns the value that a pointer of RFC 6901 leads to.
func At(value []byte, pointer string) ([]byte, bool) {
	for pointer != "" {
		part, rest, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
		next, ok := child(value, pointerUnescape.Replace(part))
		if !ok {
			return nil, false
		}
		value, pointer = next, rest
		if rest != "" {
			pointer = "/" + rest
		}
	}
	return value, len(value) > 0
}

func child(value []byte, name string) ([]byte, bool) {
	if m, ok := Find(value, name); ok {
		return m.Value, true
	}
	n := 0
	for element := range Elements(value) {
		if strconv.Itoa(n) == name {
			return element, true
		}
		n++
	}
	return nil, false
}

package routing

import (
	"bytes"

	"github.com/ocpihub/ocpihub/ocpi"
)

// sameContent says whether two JSON values say the same apart from every
// last_updated in them: some platforms touch it without a change, and others
// list their objects with members in another order than they push them. Values
// compare by their spelling.
func sameContent(a, b []byte) bool {
	a, b = bytes.TrimSpace(a), bytes.TrimSpace(b)
	switch {
	case len(a) == 0 || len(b) == 0 || a[0] != b[0]:
		return len(a) == len(b) && len(a) == 0
	case a[0] == '{':
		return sameMembers(a, b)
	case a[0] == '[':
		return sameElements(a, b)
	}
	return bytes.Equal(a, b)
}

func sameMembers(a, b []byte) bool {
	left := map[string][]byte{}
	for m := range ocpi.Members(b) {
		left[m.Name] = m.Value
	}
	for m := range ocpi.Members(a) {
		value, there := left[m.Name]
		if m.Name != "last_updated" && (!there || !sameContent(m.Value, value)) {
			return false
		}
		delete(left, m.Name)
	}
	delete(left, "last_updated")
	return len(left) == 0
}

func sameElements(a, b []byte) bool {
	var left [][]byte
	for e := range ocpi.Elements(b) {
		left = append(left, e)
	}
	for e := range ocpi.Elements(a) {
		if len(left) == 0 || !sameContent(e, left[0]) {
			return false
		}
		left = left[1:]
	}
	return len(left) == 0
}

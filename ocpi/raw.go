package ocpi

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
)

// The functions of this file look into JSON without decoding it, so that what
// the hub carries keeps its spelling to the byte. They expect text that has
// been checked to be valid; on any other they end early and find nothing.

// Member is one member of a JSON object. Start and End are the bounds of the
// value in the object's bytes.
type Member struct {
	Name       string
	Value      []byte
	Start, End int
}

// Members yields the members of a JSON object in their order. Of anything
// else than an object it yields nothing.
func Members(object []byte) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for m := range rawMembers(object) {
			name, ok := unquote(m.name)
			if !ok || !yield(Member{name, m.value(object), m.start, m.end}) {
				return
			}
		}
	}
}

// rawMember is a member whose name still has its quotes and escapes.
type rawMember struct {
	name       []byte
	start, end int
}

func (m rawMember) value(object []byte) []byte { return object[m.start:m.end] }

func rawMembers(object []byte) iter.Seq[rawMember] {
	return func(yield func(rawMember) bool) {
		i := skipBlank(object, 0)
		if i >= len(object) || object[i] != '{' {
			return
		}
		for i = skipBlank(object, i+1); i < len(object) && object[i] == '"'; i = skipBlank(object, i+1) {
			nameEnd := skipString(object, i)
			start := skipBlank(object, nameEnd)
			if start >= len(object) || object[start] != ':' {
				return
			}
			m := rawMember{name: object[i:nameEnd], start: skipBlank(object, start+1)}
			m.end = skipValue(object, m.start)
			if m.end <= m.start || !yield(m) {
				return
			}
			if i = skipBlank(object, m.end); i >= len(object) || object[i] != ',' {
				return
			}
		}
	}
}

// Elements yields the elements of a JSON array in their order.
func Elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		i := skipBlank(array, 0)
		if i >= len(array) || array[i] != '[' {
			return
		}
		for i = skipBlank(array, i+1); i < len(array) && array[i] != ']'; i = skipBlank(array, i+1) {
			end := skipValue(array, i)
			if end <= i || !yield(array[i:end]) {
				return
			}
			if i = skipBlank(array, end); i >= len(array) || array[i] != ',' {
				return
			}
		}
	}
}

// Find returns the member of an object with this name.
func Find(object []byte, name string) (Member, bool) {
	for m := range rawMembers(object) {
		if isName(m.name, name) {
			return Member{name, m.value(object), m.start, m.end}, true
		}
	}
	return Member{}, false
}

// FindString returns a member that is a JSON string, and "" when it is absent
// or something else.
func FindString(object []byte, name string) string {
	m, ok := Find(object, name)
	if !ok {
		return ""
	}
	s, _ := unquote(m.Value)
	return s
}

// FindObject returns the bytes of a member that is a JSON object, or nil.
func FindObject(object []byte, name string) []byte {
	m, ok := Find(object, name)
	if !ok || m.Value[0] != '{' {
		return nil
	}
	return m.Value
}

// SetMember returns a copy of object in which the member has this value; all
// other bytes stay. A member that was not there becomes the last one. What is no
// object is copied as it is.
func SetMember(object []byte, name string, value []byte) []byte {
	if start := skipBlank(object, 0); start == len(object) || object[start] != '{' {
		return slices.Clone(object)
	}
	if m, ok := Find(object, name); ok {
		return slices.Concat(object[:m.Start], value, object[m.End:])
	}
	end := len(object) - 1
	for end > 0 && object[end] != '}' {
		end--
	}
	comma := ","
	if IsEmptyObject(object) {
		comma = ""
	}
	return slices.Concat(object[:end], []byte(comma), quote(name), []byte(":"), value, object[end:])
}

// IsEmptyObject says whether object has no members.
func IsEmptyObject(object []byte) bool {
	for range rawMembers(object) {
		return false
	}
	return true
}

// Quote writes s as a JSON string.
func Quote(s string) []byte { return quote(s) }

// isName says whether a quoted name means name, sparing the copy where it holds
// no escapes.
func isName(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	unescaped, ok := unquote(quoted)
	return ok && unescaped == name
}

func unquote(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

func skipBlank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for i < len(b) && !isDelimiter(b[i]) {
		i++
	}
	return i
}

func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}

func isDelimiter(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

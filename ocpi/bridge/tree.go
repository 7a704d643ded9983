package bridge

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// node is a value of a JSON text. What a translation does not touch is written
// as it came, to the byte; what it touches keeps the order of its members and
// the spelling of their names. A node knows where it stood in the source,
// wherever it goes.
type node struct {
	text    []byte   // as it came
	members []member // of an object; of an array without names
	changed bool     // members say more than text

	source *place // where it stood in the source; nil of what the bridge made
	own    place
}

type member struct {
	quoted  []byte // the name as it came
	escaped bool   // the name has escapes
	value   *node
}

// place is where in the source a value stands.
type place struct {
	of      *place // what it stands in; nil for the whole
	quoted  []byte // the name; of an element of an array nil
	at      int    // its position in an array
	escaped bool
	gone    bool // its loss was reported
}

// appendTo writes the place as a pointer of RFC 6901.
func (p *place) appendTo(pointer []byte) []byte {
	if p.of == nil {
		return pointer
	}
	pointer = append(p.of.appendTo(pointer), '/')
	if p.quoted == nil {
		return strconv.AppendInt(pointer, int64(p.at), 10)
	}
	return appendName(pointer, p.quoted, p.escaped)
}

func appendName(pointer, quoted []byte, escaped bool) []byte {
	if !escaped && bytes.IndexByte(quoted, '~') < 0 && bytes.IndexByte(quoted, '/') < 0 {
		return append(pointer, quoted[1:len(quoted)-1]...)
	}
	return append(pointer, pointerEscape.Replace(unquote(quoted))...)
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// inGone says whether the place is a part of something whose loss was reported.
func (p *place) inGone() bool {
	for outer := p.of; outer != nil; outer = outer.of {
		if outer.gone {
			return true
		}
	}
	return false
}

// made is a value that no place of the source holds.
func made(text string) *node { return &node{text: []byte(text)} }

// as is a value that says what n said, or a part of it, in other words.
func (n *node) as(text string) *node { return &node{text: []byte(text), source: n.source} }

// madeObject is an object to be filled.
func madeObject() *node { return &node{text: []byte("{}"), changed: true} }

// madeArray is an array of these values.
func madeArray(items ...*node) *node {
	n := &node{text: []byte("[]"), changed: true}
	for _, item := range items {
		n.members = append(n.members, member{value: item})
	}
	return n
}

func quoted(s string) string { return string(ocpi.Quote(s)) }

// quotedName quotes a name of the specification, which needs no escapes.
func quotedName(name string) []byte {
	return append(append(append(make([]byte, 0, len(name)+2), '"'), name...), '"')
}

// unquote reads a JSON string that was found valid.
func unquote(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1 : len(text)-1])
	}
	var s string
	_ = json.Unmarshal(text, &s)
	return s
}

func (n *node) is(first byte) bool { return n != nil && len(n.text) > 0 && n.text[0] == first }

func (n *node) isObject() bool { return n.is('{') }
func (n *node) isArray() bool  { return n.is('[') }
func (n *node) isString() bool { return n.is('"') }
func (n *node) isTrue() bool   { return n.is('t') }
func (n *node) isFalse() bool  { return n.is('f') }

// isNumber says whether the value is a JSON number.
func (n *node) isNumber() bool {
	return n != nil && len(n.text) > 0 && (n.text[0] == '-' || n.text[0] >= '0' && n.text[0] <= '9')
}

// empty says whether a value is as good as absent (terminology, Cardinality:
// null, [] and absent are the same).
func (n *node) empty() bool {
	return n == nil || n.is('n') || n.isArray() && len(n.members) == 0
}

// str is the text of a JSON string, and "" of anything else.
func (n *node) str() string {
	if !n.isString() {
		return ""
	}
	return unquote(n.text)
}

// among says whether a text is one of a set; it spares the copy.
func (n *node) among(set map[string]bool) bool {
	if bytes.IndexByte(n.text, '\\') >= 0 {
		return set[n.str()]
	}
	return n.isString() && set[string(n.text[1:len(n.text)-1])]
}

// elements yields the elements of an array; of anything else there are none.
func (n *node) elements() iter.Seq2[int, *node] {
	return func(yield func(int, *node) bool) {
		if !n.isArray() {
			return
		}
		for i := range n.members {
			if !yield(i, n.members[i].value) {
				return
			}
		}
	}
}

// element is the first of an array, nil when it has none.
func (n *node) element() *node {
	for _, first := range n.elements() {
		return first
	}
	return nil
}

// fields are the members of an object; of anything else there are none.
func (n *node) fields() []member {
	if !n.isObject() {
		return nil
	}
	return n.members
}

// called says whether a member has this name.
func (m *member) called(name string) bool {
	if m.escaped {
		return unquote(m.quoted) == name
	}
	return len(m.quoted) == len(name)+2 && string(m.quoted[1:len(m.quoted)-1]) == name
}

func (n *node) index(name string) int {
	fields := n.fields()
	for i := range fields {
		if fields[i].called(name) {
			return i
		}
	}
	return -1
}

// get is a member of an object, nil when there is none.
func (n *node) get(name string) *node {
	if i := n.index(name); i >= 0 {
		return n.members[i].value
	}
	return nil
}

// appendTo writes the value, and says whether it differs from how it came.
func (n *node) appendTo(out []byte) (_ []byte, changed bool) {
	if !n.changed && len(n.members) == 0 {
		return append(out, n.text...), false
	}
	start := len(out)
	out, changed = append(out, n.text[0]), n.changed
	for i := range n.members {
		if i > 0 {
			out = append(out, ',')
		}
		if m := &n.members[i]; m.quoted != nil {
			out = append(append(out, m.quoted...), ':')
		}
		var differs bool
		out, differs = n.members[i].value.appendTo(out)
		changed = changed || differs
	}
	if !changed {
		return append(out[:start], n.text...), false
	}
	return append(out, n.text[len(n.text)-1]), true
}

// visit calls see for every value with its pointer.
func (n *node) visit(pointer []byte, see func(*node, []byte)) {
	see(n, pointer)
	for i := range n.members {
		next := append(pointer, '/')
		if m := &n.members[i]; m.quoted != nil {
			next = appendName(next, m.quoted, m.escaped)
		} else {
			next = strconv.AppendInt(next, int64(i), 10)
		}
		n.members[i].value.visit(next, see)
	}
}

package ocpi

import (
	"strconv"
	"strings"
)

// objects is a part of a data model as the specification lists it: the fields
// of each class.
type objects map[string][]property

// only picks the classes that another version has in the same form.
func (o objects) only(names ...string) objects {
	out := objects{}
	for _, name := range names {
		out[name] = o[name]
	}
	return out
}

// property is one row of a class table. A type is written as in the
// specification, with its greatest length in parentheses. Cardinality is the
// sign of the specification: 1 required, ? optional, * list, + list with at
// least one element (terminology, Cardinality).
type property struct {
	name        string
	typ         string
	cardinality byte
}

// split takes a type apart: CiString(36) is a CiString of at most 36.
func (p property) split() (of string, most int) {
	of, length, _ := strings.Cut(strings.TrimSuffix(p.typ, ")"), "(")
	most, _ = strconv.Atoi(length)
	return of, most
}

func (p property) required() bool { return p.cardinality == '1' || p.cardinality == '+' }
func (p property) list() bool     { return p.cardinality == '*' || p.cardinality == '+' }

// class is a class with the types of its fields looked up. Sets of its fields
// are bits by position; no class has more than 64.
type class struct {
	name     string
	fields   []field
	required uint64
	stamp    uint64 // what a PATCH must carry all the same: last_updated (H-141)
}

func (c *class) add(f field, stamped bool) {
	bit := uint64(1) << len(c.fields)
	if f.required() {
		c.required |= bit
	}
	if stamped && f.name == "last_updated" {
		c.stamp |= bit
	}
	c.fields = append(c.fields, f)
}

type field struct {
	property
	of    string // the type, without its length
	most  int    // characters of a string or digits of an int, 0: not bounded
	json  jsonType
	class *class          // of an object
	enum  map[string]bool // the values of an enum
	open  bool            // other values of the enum are as good (H-078)
	ascii bool            // of the text only printable ASCII is allowed
	forms                 // what else is told of the value
	leave                 // what is not insisted on
}

// leave is what a field may do although the table says otherwise.
type leave struct {
	// missing: the field may be missing from this object, though it is required.
	missing func(object []byte) bool
	// single: one value may stand in the place of the list.
	single bool
	// merged: a PATCH may give only some fields of the object (H-216).
	merged bool
}

// jsonType is what a type of the specification is in JSON. All that is not
// listed in baseTypes and is no class is an enum, and so a string.
type jsonType int

const (
	jsonString jsonType = iota
	jsonNumber
	jsonInt
	jsonBool
	jsonObject
)

var baseTypes = map[string]jsonType{"number": jsonNumber, "int": jsonInt, "boolean": jsonBool}

// position finds a field by its name as it stands in JSON, quotes and all.
// Most bodies keep the order of the specification, so the search begins where
// the last one ended.
func (c *class) position(quoted []byte, from int) (int, bool) {
	for i := range c.fields {
		at := (from + i) % len(c.fields)
		if isName(quoted, c.fields[at].name) {
			return at, true
		}
	}
	return 0, false
}

// mayLack says whether a required field may be missing from an object.
func (f *field) mayLack(object []byte) bool { return f.missing != nil && f.missing(object) }

// has says whether an object has a field that is not null.
func has(object []byte, name string) bool {
	m, ok := Find(object, name)
	return ok && m.Value[0] != 'n'
}

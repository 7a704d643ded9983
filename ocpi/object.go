package ocpi

import (
	"maps"
	"strconv"
	"strings"
)

// objects is a part of a data model as the specification lists it: the fields
// of each class.
type objects map[string][]property

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

// class is a class with the types of its fields looked up.
type class struct {
	name   string
	fields []field
}

type field struct {
	property
	of    string // the type, without its length
	most  int    // characters of a string or digits of an int, 0: not bounded
	json  jsonType
	class *class          // of an object
	enum  map[string]bool // the values of an enum
	forms                 // what else is told of the value
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

// classes joins the parts of a data model and looks up the types. Classes do
// not contain themselves.
func classes(parts ...objects) map[string]*class {
	all := objects{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	out := map[string]*class{}
	for name := range all {
		lookUp(name, all, out)
	}
	return out
}

func lookUp(name string, all objects, out map[string]*class) *class {
	if c, done := out[name]; done {
		return c
	}
	c := &class{name: name}
	for _, p := range all[name] {
		f := field{property: p}
		f.of, f.most = p.split()
		f.json, f.enum, f.forms = baseTypes[f.of], enumSets[f.of], formsOf(name, p.name, f.of)
		if _, isClass := all[f.of]; isClass {
			f.json, f.class = jsonObject, lookUp(f.of, all, out)
		}
		c.fields = append(c.fields, f)
	}
	out[name] = c
	return c
}

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

package ocpi

import (
	"bytes"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// CheckObject looks for structural faults in an object of a version: a missing
// required field, null or an empty list where something is required, or a wrong
// JSON type, at any depth. It judges no lengths, patterns, forms of DateTime or
// values of enums (H-151, H-206, H-078), passes fields that the specification
// does not have (H-077), and takes a number that is written as a string
// (H-208). body must be valid JSON.
//
// With partial the object is the body of a PATCH: fields may be absent, except
// last_updated of the classes that demand it (H-141, H-142); what is given
// must be whole, since a PATCH replaces fields as a whole. Only the terms of a
// booking are merged (H-216).
//
// At most 100 findings are returned; none means that the object is sound or
// that the version does not have its class.
func CheckObject(v Version, className string, body []byte, partial bool) []Finding {
	c, known := classesOf[v][className]
	if !known {
		return nil
	}
	check := checker{most: maxFindings}
	check.object(place{}, c, bytes.TrimSpace(body), partial)
	return check.findings
}

// LastUpdated returns the last_updated of an object in UTC; ok is false when
// there is none that can be read.
func LastUpdated(object []byte) (t time.Time, ok bool) {
	t, err := ParseDateTime(FindString(object, "last_updated"))
	return t, err == nil
}

// place is where the check stands; the pointer is written only for a finding.
// Names are copied into it: were they handed on, all places would have to live
// on the heap, also where there is nothing to find.
type place struct {
	parent *place
	name   string
	index  int // of an element, when name is empty
}

func (p *place) pointer() string {
	if p.parent == nil {
		return ""
	}
	if p.name == "" {
		return p.parent.pointer() + "/" + strconv.Itoa(p.index)
	}
	return p.parent.pointer() + "/" + pointerEscape.Replace(strings.Clone(p.name))
}

// field is the path without the positions in lists: evses.connectors.standard.
func (p *place) field() string {
	switch {
	case p.parent == nil:
		return ""
	case p.name == "":
		return p.parent.field()
	}
	if above := p.parent.field(); above != "" {
		return above + "." + p.name
	}
	return strings.Clone(p.name)
}

// checker walks an object. With a reviewer it looks for soft findings too; the
// check at the door has none, and spends nothing on them.
type checker struct {
	findings []Finding
	most     int // findings
	review   *reviewer
}

func (c *checker) report(at place, kind FindingKind, problem string) {
	if !c.full() {
		c.findings = append(c.findings, Finding{Kind: kind, Pointer: at.pointer(), Field: at.field(), Problem: problem})
	}
}

func (c *checker) full() bool { return len(c.findings) >= c.most }

func (c *checker) object(at place, cl *class, body []byte, partial bool) {
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] != '{' {
		c.report(at, WrongType, mustBeObject)
		return
	}
	var seen uint64 // by position
	next, base, strangers := 0, c.review.open(cl), false
	for m := range rawMembers(body) {
		i, known := cl.position(m.name, next)
		if !known {
			strangers = true
			continue
		}
		seen, next = seen|1<<i, i+1
		f := &cl.fields[i]
		c.review.keep(base, i, m.value(body))
		if partial && f.merged && m.value(body)[0] == '{' {
			c.object(place{parent: &at, name: f.name}, f.class, m.value(body), true)
			continue
		}
		c.member(place{parent: &at, name: f.name}, f, body, m.value(body))
	}
	needs := cl.required
	if partial {
		needs = cl.stamp
	}
	c.absent(at, cl, body, needs&^seen)
	if c.review != nil {
		c.sense(at, cl, base)
		c.review.close(base)
	}
	if strangers && c.review != nil {
		c.misspelled(at, cl, body, seen)
	}
}

// absent reports the fields of a set that an object needs and does not have.
func (c *checker) absent(at place, cl *class, body []byte, missing uint64) {
	for ; missing != 0; missing &= missing - 1 {
		f := &cl.fields[bits.TrailingZeros64(missing)]
		if !f.mayLack(body) {
			c.report(place{parent: &at, name: f.name}, Missing, isRequired)
		}
	}
}

// member checks one field of an object.
func (c *checker) member(at place, f *field, object, value []byte) {
	switch {
	case value[0] == 'n':
		if f.required() && !f.mayLack(object) {
			c.report(at, Missing, nullRequired)
		}
	case !f.list():
		c.value(at, f, value)
	case value[0] != '[' && f.single:
		c.value(at, f, value)
	case value[0] != '[':
		c.report(at, WrongType, mustBeList)
	default:
		c.list(at, f, object, value)
	}
}

func (c *checker) list(at place, f *field, object, value []byte) {
	n := 0
	for element := range Elements(value) {
		if c.full() {
			return
		}
		c.value(place{parent: &at, index: n}, f, element)
		n++
	}
	if n == 0 && f.required() && !f.mayLack(object) {
		c.report(at, Empty, needsElement)
	}
}

func (c *checker) value(at place, f *field, value []byte) {
	ok := true
	switch f.json {
	case jsonObject:
		c.object(at, f.class, value, false)
		return
	case jsonString:
		ok = c.expect(value[0] == '"', at, mustBeString)
	case jsonBool:
		ok = c.expect(value[0] == 't' || value[0] == 'f', at, mustBeBool)
	case jsonNumber:
		ok = c.expect(isNumber(value), at, mustBeNumber)
	case jsonInt:
		ok = c.expect(isWhole(value), at, mustBeInteger)
	}
	if ok && c.review != nil {
		c.content(at, f, value)
	}
}

func (c *checker) expect(ok bool, at place, problem string) bool {
	if !ok {
		c.report(at, WrongType, problem)
	}
	return ok
}

// isNumber says whether a value is a number, also one within quotes (H-208).
func isNumber(value []byte) bool {
	if value[0] != '"' {
		return value[0] == '-' || value[0] >= '0' && value[0] <= '9'
	}
	text, _ := unquote(value)
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && !strings.ContainsAny(text, "xXnN_")
}

// isWhole says whether a value is a whole number in any spelling: 230, 230.0
// and 2.3e2 are the same number.
func isWhole(value []byte) bool {
	if !isNumber(value) {
		return false
	}
	text := strings.Trim(string(value), `"`)
	if !strings.ContainsAny(text, ".eE") {
		return true
	}
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && n == float64(int64(n))
}

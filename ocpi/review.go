package ocpi

import (
	"bytes"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxReviewed bounds the findings of a review: an object of 200 EVSEs may have
// the same fault in each.
const maxReviewed = 1000

// ahead is how far a clock may run fast before last_updated lies in the future.
const ahead = 5 * time.Minute

// depth is how many values lie between the root and the deepest place of nearly
// every object: location, EVSE and connector.
const depth = 64

// Reviewing says how to read an object.
type Reviewing struct {
	// Partial: the object is the body of a PATCH, see CheckObject.
	Partial bool
	// Now tells what lies in the future; zero: nothing does.
	Now time.Time
}

// Review looks for all that CheckObject looks for, and for what never stops a
// message (H-207): lengths, characters and forms, values outside their enum
// (H-079), numbers within quotes (H-208), unknown fields that are nearly known
// ones, and values that contradict each other or make no sense. Ids may be #NA
// where nothing was charged (H-151). body must be valid JSON.
//
// It costs several times what CheckObject does: it does not belong between a
// message and its answer. At most 1,000 findings are returned; none means that
// the object is fine or that the version does not have its class.
func Review(v Version, className string, body []byte, how Reviewing) []Finding {
	c, known := classesOf[v][className]
	if !known {
		return nil
	}
	check := checker{most: maxReviewed, review: &reviewer{now: how.Now, values: make([][]byte, 0, depth)}}
	check.object(place{}, c, bytes.TrimSpace(body), how.Partial)
	return check.findings
}

// reviewer is what a checker needs for the soft findings. The values of all
// objects between the root and the place where it stands lie on one stack, so
// that each object is read once.
type reviewer struct {
	now    time.Time
	values [][]byte
	sight  sight
}

// open makes room for the values of an object and returns where it begins.
func (r *reviewer) open(cl *class) (base int) {
	if r == nil {
		return 0
	}
	base = len(r.values)
	for range cl.fields {
		r.values = append(r.values, nil)
	}
	return base
}

func (r *reviewer) keep(base, field int, value []byte) {
	if r != nil {
		r.values[base+field] = value
	}
}

func (r *reviewer) close(base int) { r.values = r.values[:base] }

// sense asks whether the values of an object make sense together.
func (c *checker) sense(at place, cl *class, base int) {
	ask, ok := senses[cl.name]
	if !ok {
		return
	}
	s := &c.review.sight
	s.class, s.values, s.seen = cl, c.review.values[base:base+len(cl.fields)], s.seen[:0]
	ask(s)
	for _, o := range s.seen {
		field := place{parent: &at, name: o.field}
		if o.name == "" {
			c.report(field, o.kind, o.problem)
			continue
		}
		element := place{parent: &field, index: o.index}
		c.report(place{parent: &element, name: o.name}, o.kind, o.problem)
	}
}

// content judges a value whose JSON type is right.
func (c *checker) content(at place, f *field, value []byte) {
	switch f.json {
	case jsonString:
		c.text(at, f, textOf(value))
	case jsonNumber, jsonInt:
		c.number(at, f, value)
	case jsonBool, jsonObject:
	}
}

// textOf returns what a JSON string holds, without a copy where it holds no
// escapes.
func textOf(value []byte) []byte {
	if len(value) < 2 {
		return nil // cut off: not valid JSON
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1]
	}
	s, _ := unquote(value)
	return []byte(s)
}

func (c *checker) text(at place, f *field, text []byte) {
	switch {
	case f.enum != nil:
		if !f.open && !f.enum[string(text)] {
			c.report(at, UnknownValue, "is not one of the values of "+f.of)
		}
		return
	case len(text) == 0:
		if f.required() {
			c.report(at, Empty, "may not be empty")
		}
		return
	case f.of == "DateTime":
		c.moment(at, f, text)
		return
	}
	if f.most > 0 && len(text) > f.most && utf8.RuneCount(text) > f.most {
		c.report(at, TooLong, "is longer than "+strconv.Itoa(f.most)+" characters")
	}
	if !readable(f, text) {
		c.report(at, BadCharacters, "holds characters that a "+f.of+" may not hold")
	} else if f.form != nil && !f.form.fits(text) {
		c.report(at, f.form.kind, f.form.problem)
	}
}

// readable: a CiString is printable ASCII (H-203), a string printable UTF-8,
// in 2.1.1 ASCII (H-204); others have forms of their own.
func readable(f *field, text []byte) bool {
	if !f.ascii {
		return bytes.IndexFunc(text, unicode.IsControl) < 0
	}
	for _, b := range text {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}

// moment judges a DateTime.
func (c *checker) moment(at place, f *field, text []byte) {
	t, ok := strictDateTime(text)
	if !ok {
		c.report(at, BadDateTime, "is not spelled like 2015-06-29T20:39:09Z, in 25 characters at most")
		t, _ = ParseDateTime(string(text))
	}
	if now := c.review.now; f.name == "last_updated" && !now.IsZero() && t.After(now.Add(ahead)) {
		c.report(at, InFuture, "lies in the future: clocks must be in step")
	}
}

func (c *checker) number(at place, f *field, value []byte) {
	if value[0] == '"' {
		c.report(at, NumberAsString, "is a number within quotes")
		value = textOf(value)
	}
	if f.most > 0 && len(bytes.TrimPrefix(value, []byte("-"))) > f.most {
		c.report(at, TooLong, "has more than "+strconv.Itoa(f.most)+" digits")
	}
	if f.json == jsonNumber && decimals(value) > f.decimals {
		c.report(at, TooPrecise, "has more than "+strconv.Itoa(f.decimals)+" decimals")
	}
	if f.limits == nil {
		return
	}
	if n, err := strconv.ParseFloat(string(value), 64); err == nil && (n < f.limits.least || n > f.limits.most) {
		c.report(at, OutOfRange, f.limits.problem)
	}
}

// decimals counts the decimals of a number; zeros at the end do not count.
func decimals(number []byte) int {
	if bytes.ContainsAny(number, "eE") {
		return 0
	}
	_, fraction, _ := bytes.Cut(number, []byte("."))
	return len(bytes.TrimRight(fraction, "0"))
}

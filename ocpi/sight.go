package ocpi

import (
	"bytes"
	"iter"
	"math/big"
	"strconv"
	"time"
)

// sight is an object in a review: its values by the names of its fields, and
// what was seen amiss. It knows nothing of the walk, whose places would else
// have to outlive it.
type sight struct {
	class  *class
	values [][]byte
	seen   []oddity
}

// oddity is a finding at a field of the object, or, with a name, at that field
// of an element of a list.
type oddity struct {
	kind           FindingKind
	field, problem string
	index          int
	name           string
}

// report adds a finding at a field of the object.
func (s *sight) report(field string, kind FindingKind, problem string) {
	s.seen = append(s.seen, oddity{kind: kind, field: field, problem: problem})
}

// reportElement adds a finding at a field of an element of a list.
func (s *sight) reportElement(list string, index int, name string, kind FindingKind, problem string) {
	s.seen = append(s.seen, oddity{kind: kind, field: list, problem: problem, index: index, name: name})
}

// contradiction adds a finding when two fields cannot both be right.
func (s *sight) contradiction(wrong bool, field, problem string) {
	if wrong {
		s.report(field, Contradiction, problem)
	}
}

// value returns a field that is given, or nil: null is as good as absent.
func (s *sight) value(field string) []byte {
	for i := range s.class.fields {
		if s.class.fields[i].name == field {
			if v := s.values[i]; len(v) > 0 && v[0] != 'n' {
				return v
			}
			return nil
		}
	}
	return nil
}

func (s *sight) has(field string) bool { return s.value(field) != nil }

func (s *sight) text(field string) []byte {
	if v := s.value(field); len(v) > 1 && v[0] == '"' {
		return textOf(v)
	}
	return nil
}

// is says whether a field has this JSON value: true, or a text in quotes.
func (s *sight) is(field, value string) bool { return string(s.value(field)) == value }

// number returns a number that is a measure, never one that is money.
func (s *sight) number(field string) (float64, bool) { return float(unquoted(s.value(field))) }

// time returns a DateTime, however it is spelled.
func (s *sight) time(field string) (time.Time, bool) { return moment(s.text(field)) }

// begin and end are those of a session or CDR: 2.1.1 has other names for them.
func (s *sight) begin() (time.Time, bool) { return s.firstTime("start_date_time", "start_datetime") }

func (s *sight) end() (time.Time, bool) {
	return s.firstTime("end_date_time", "stop_date_time", "end_datetime")
}

func (s *sight) firstTime(fields ...string) (time.Time, bool) {
	for _, field := range fields {
		if t, ok := s.time(field); ok {
			return t, true
		}
	}
	return time.Time{}, false
}

// list yields the elements of a field, each with its position.
func (s *sight) list(field string) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		n := 0
		for element := range Elements(s.value(field)) {
			if !yield(n, element) {
				return
			}
			n++
		}
	}
}

// amount is a price without taxes: excl_vat of a Price, before_taxes from 2.3.0
// on.
func (s *sight) amount(field string) (*big.Rat, bool) {
	for _, name := range []string{"excl_vat", "before_taxes"} {
		if m, ok := Find(s.value(field), name); ok {
			return decimal(unquoted(m.Value))
		}
	}
	return nil, false
}

// moment reads a DateTime; the usual spelling costs no memory.
func moment(text []byte) (time.Time, bool) {
	if t, ok := strictDateTime(text); ok {
		return t, true
	}
	t, err := ParseDateTime(string(text))
	return t, err == nil
}

func momentOf(object []byte, field string) (time.Time, bool) {
	m, ok := Find(object, field)
	if !ok || m.Value[0] != '"' {
		return time.Time{}, false
	}
	return moment(textOf(m.Value))
}

// unquoted is a number without the quotes that some write around it.
func unquoted(value []byte) []byte { return bytes.Trim(value, `"`) }

func float(number []byte) (float64, bool) {
	if len(number) == 0 {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(number), 64)
	return n, err == nil
}

// decimal reads an exact number. Exponents are left alone: they are never seen
// in prices, and could name a number of any size.
func decimal(number []byte) (*big.Rat, bool) {
	if len(number) == 0 || len(number) > 40 || !isNumber(number) || bytes.ContainsAny(number, "eE") {
		return nil, false
	}
	return new(big.Rat).SetString(string(number))
}

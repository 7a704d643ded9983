package catalog

import (
	"bytes"
	"iter"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// elements yields the elements of a JSON list, each with its place in the
// list's bytes.
func elements(list []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		end := 0
		for e := range ocpi.Elements(list) {
			// Between two elements are a comma and blanks only: the next bytes
			// that equal e are e.
			start := end + bytes.Index(list[end:], e)
			if end = start + len(e); !yield(start, e) {
				return
			}
		}
	}
}

// extent returns the bounds of what a JSON list holds, without the blanks
// around it; start is end when it holds nothing.
func extent(list []byte) (start, end int) {
	start = -1
	for at, e := range elements(list) {
		if start < 0 {
			start = at
		}
		end = at + len(e)
	}
	if start < 0 {
		return 1, 1
	}
	return start, end
}

// setElement puts value into a JSON list in the place of the element that is
// says, else behind the last; all other bytes stay. What is no list counts as
// an empty one.
func setElement(list, value []byte, is func([]byte) bool) []byte {
	for at, e := range elements(list) {
		if is(e) {
			return slices.Concat(list[:at], value, list[at+len(e):])
		}
	}
	return extend(list, value)
}

// extend puts more, which are elements with commas between them, behind the
// last element of a JSON list.
func extend(list, more []byte) []byte {
	if len(list) == 0 || list[0] != '[' {
		return slices.Concat([]byte{'['}, more, []byte{']'})
	}
	start, end := extent(list)
	if start == end {
		return slices.Concat(list[:1], more, list[1:])
	}
	return slices.Concat(list[:end], []byte{','}, more, list[end:])
}

// hasMember says whether an object has this id in a member, as a CiString.
func hasMember(name, id string) func([]byte) bool {
	return func(object []byte) bool { return fold(ocpi.FindString(object, name)) == fold(id) }
}

// findIn returns the element of a list member of object that is says.
func findIn(object []byte, list string, is func([]byte) bool) ([]byte, bool) {
	m, _ := ocpi.Find(object, list)
	for e := range ocpi.Elements(m.Value) {
		if is(e) {
			return e, true
		}
	}
	return nil, false
}

package ocpi

import (
	"cmp"
	"strconv"
	"strings"
)

// Version is an OCPI version number, for example 2.2.1.
type Version string

// The versions whose objects and modules this package knows. V230 is edition 2
// with its extensions for payments and bookings.
const (
	V211 Version = "2.1.1"
	V221 Version = "2.2.1"
	V230 Version = "2.3.0"
)

// KnownVersions lists the versions that this package knows, oldest first.
func KnownVersions() []Version { return []Version{V211, V221, V230} }

// Before says whether v is older than other. Numbers count as numbers: 2.9 is
// before 2.10. A version that lacks a place is before those that have it.
func (v Version) Before(other Version) bool { return v.Compare(other) < 0 }

// Compare is below, at or above zero where v is older than other, the same, or
// newer. It is asked for messages, and makes nothing anew.
func (v Version) Compare(other Version) int {
	a, b := string(v), string(other)
	for more := true; more; {
		var x, y string
		var left, right bool
		x, a, left = strings.Cut(a, ".")
		y, b, right = strings.Cut(b, ".")
		if c := comparePlaces(x, y); c != 0 {
			return c
		}
		if left != right {
			return places(left) - places(right)
		}
		more = left
	}
	return 0
}

// places is 1 where there are more.
func places(more bool) int {
	if more {
		return 1
	}
	return 0
}

// Headers says whether messages of the version carry routing headers and
// message ids. Those of 2.1.1 go from one party to one other, which the
// connection names (H-084).
func (v Version) Headers() bool { return !v.Before("2.2") }

func comparePlaces(a, b string) int {
	m, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	if errA != nil || errB != nil {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(m, n)
}

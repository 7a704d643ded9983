package ocpi

import (
	"cmp"
	"slices"
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
func (v Version) Before(other Version) bool {
	return slices.CompareFunc(v.places(), other.places(), comparePlaces) < 0
}

// Headers says whether messages of the version carry routing headers and
// message ids. Those of 2.1.1 go from one party to one other, which the
// connection names (H-084).
func (v Version) Headers() bool { return !v.Before("2.2") }

func (v Version) places() []string { return strings.Split(string(v), ".") }

func comparePlaces(a, b string) int {
	m, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	if errA != nil || errB != nil {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(m, n)
}

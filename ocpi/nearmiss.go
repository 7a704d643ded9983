package ocpi

import "strings"

// misspelled looks at the fields that the class does not have: a partner that
// writes lastUpdated means last_updated. Only names of fields that are absent
// count; all others are extensions, and welcome (H-077).
func (c *checker) misspelled(at place, cl *class, body []byte, seen uint64) {
	for m := range rawMembers(body) {
		name, ok := unquote(m.name)
		if _, known := cl.position(m.name, 0); !ok || known || len(name) > maxNearMiss {
			continue
		}
		for i := range cl.fields {
			if want := cl.fields[i].name; seen&(1<<i) == 0 && nearMiss(name, want) {
				c.report(place{parent: &at, name: name}, MisspelledField, "is no field of "+cl.name+": "+want+" may be meant")
				break
			}
		}
	}
}

// maxNearMiss is above every name of the specification.
const maxNearMiss = 40

// nearMiss says whether a name is probably meant to be another: the same
// letters in another style, a part of its words, or a letter or two amiss.
func nearMiss(name, want string) bool {
	a, b := plain(name), plain(want)
	switch {
	case a == b:
		return true
	case len(name) >= 4 && (strings.HasPrefix(want, name+"_") || strings.HasSuffix(want, "_"+name)):
		return true
	case len(b) < 5:
		return false
	}
	return distance(a, b) <= 1+len(b)/10
}

// plain is a name without its style: lastUpdated, last-updated and last_updated
// are lastupdated.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// distance counts the letters to add, drop, change or swap with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

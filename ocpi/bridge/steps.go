package bridge

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ocpihub/ocpihub/ocpi"
)

// The rules of which the tables of classes are made.

// renaming gives a field another name.
func renaming(from, to string) step {
	return func(t *walk, n *node) { t.rename(n, from, to) }
}

// dropping takes away a field that the target version does not have.
func dropping(name string, why Reason) step {
	return func(t *walk, n *node) { t.drop(n, name, why) }
}

// in follows rules in a part of the object.
func in(name string, steps ...step) step {
	return func(t *walk, n *node) { t.into(n.get(name), steps) }
}

// each follows rules in every element of a list.
func each(name string, steps ...step) step {
	return func(t *walk, n *node) {
		for _, item := range n.get(name).elements() {
			t.into(item, steps)
		}
	}
}

// eachThatMay follows rules in every element of a list, and takes away those
// which may not go on.
func eachThatMay(name string, why Reason, steps ...step) step {
	return func(t *walk, n *node) {
		t.keep(n.get(name), why, func(item *node) bool {
			t.into(item, steps)
			stays := t.withheld == nil
			t.withheld = nil
			return stays
		})
	}
}

// listed keeps those elements of a list of an enum that the target version
// knows.
func listed(name string, known map[string]bool, why Reason) step {
	return func(t *walk, n *node) {
		t.keep(n.get(name), why, func(item *node) bool { return !item.isString() || item.among(known) })
	}
}

// keep takes away those elements of an array that are not to stay.
func (t *walk) keep(list *node, why Reason, stays func(*node) bool) {
	if !list.isArray() {
		return
	}
	before := len(list.members)
	list.members = slices.DeleteFunc(list.members, func(m member) bool {
		if stays(m.value) {
			return false
		}
		t.lose(m.value, why)
		return true
	})
	list.changed = list.changed || len(list.members) != before
}

// unlisted puts another value in the place of one that the target version does
// not know.
func unlisted(name string, known map[string]bool, instead string, why Reason) step {
	return func(t *walk, n *node) {
		if v := n.get(name); v.isString() && !v.among(known) {
			t.note(v, why)
			t.replace(n, name, v.as(quoted(instead)))
		}
	}
}

// instead puts other values in the place of some.
func instead(name string, of map[string]string, why Reason) step {
	return func(t *walk, n *node) {
		v := n.get(name)
		if other, ok := of[v.str()]; ok {
			t.note(v, why)
			t.replace(n, name, v.as(quoted(other)))
		}
	}
}

// longIDs reports ids that are longer than later versions allow, and leaves them
// as they are: an id cut short would be another one.
func longIDs(names ...string) step {
	return func(t *walk, n *node) {
		for _, name := range names {
			t.longID(n.get(name))
		}
	}
}

func (t *walk) longID(v *node) {
	if utf8.RuneCountInString(v.str()) > mostID221 {
		t.note(v, LongID)
	}
}

// times writes DateTimes as 2.1.1 has them: no fractions of seconds, and Z for
// an offset of nothing. Whatever else is in use stays.
func times(names ...string) step {
	return func(t *walk, n *node) {
		for _, name := range names {
			v := n.get(name)
			if !v.isString() {
				continue
			}
			was := v.str()
			is, cut := secondsOf(was)
			if cut {
				t.note(v, Fractions)
			}
			if is != was {
				t.replace(n, name, v.as(quoted(is)))
			}
		}
	}
}

// secondsOf is a DateTime without fractions; cut says whether they told
// anything.
func secondsOf(s string) (is string, cut bool) {
	if _, err := ocpi.ParseDateTime(s); err != nil || len(s) < len("2006-01-02T15:04:05") {
		return s, false
	}
	body, zone := s, ""
	if at := strings.LastIndexAny(s, "Z+-"); at >= len("2006-01-02T15:04") {
		body, zone = s[:at], s[at:]
	}
	if zone == "+00:00" || zone == "-00:00" {
		zone = "Z"
	}
	body, fraction, _ := strings.Cut(body, ".")
	return body + zone, strings.Trim(fraction, "0") != ""
}

// owned adds the owner, whom objects of 2.1.1 do not name.
func owned(t *walk, n *node) {
	if t.partial {
		return
	}
	if !t.s.Owner.Valid() {
		t.withhold(NoOwner)
		return
	}
	t.owner = t.s.Owner
	t.setParty(n, t.s.Owner)
}

// setParty says whose an object is. What already says so stays as it is
// spelled.
func (t *walk) setParty(n *node, p ocpi.PartyID) {
	for _, f := range []struct{ after, name, value string }{{"", "country_code", p.Country}, {"country_code", "party_id", p.ID}} {
		if !strings.EqualFold(n.get(f.name).str(), f.value) {
			t.put(n, f.after, f.name, made(quoted(f.value)))
		}
	}
}

// disowned takes away the owner, who in 2.1.1 is known by URL or connection.
func disowned(t *walk, n *node) {
	p := ocpi.NewPartyID(n.get("country_code").str(), n.get("party_id").str())
	if another := !p.Valid() || !t.owner.IsZero() && p != t.owner; another && !t.partial {
		t.lose(n.get("country_code"), OtherOwner)
		t.lose(n.get("party_id"), OtherOwner)
	}
	if p.Valid() {
		t.owner = p
	}
	t.remove(n, "country_code")
	t.remove(n, "party_id")
}

// anew adds the last_updated that a PATCH of 2.1.1 need not have: the only
// place where the hub makes one up.
func anew(t *walk, n *node) {
	switch {
	case !t.partial || !n.get("last_updated").empty():
	case t.s.Now.IsZero():
		t.needWhole(PatchWithoutTime)
	default:
		v := made(quoted(ocpi.FormatDateTime(t.s.Now)))
		t.put(n, "last_updated", "last_updated", v)
		t.note(v, PatchTime)
	}
}

// wholeIf says which fields of a PATCH depend on others.
func wholeIf(why Reason, names ...string) step {
	return func(t *walk, n *node) {
		if t.partial && slices.ContainsFunc(names, func(name string) bool { return n.get(name) != nil }) {
			t.needWhole(why)
		}
	}
}

// wholeIfEmptied says which fields may not be taken away by a PATCH, because
// the target version requires them.
func wholeIfEmptied(names ...string) step {
	return func(t *walk, n *node) {
		for _, name := range names {
			if v := n.get(name); t.partial && v != nil && v.empty() {
				t.needWhole(PatchEmptied)
			}
		}
	}
}

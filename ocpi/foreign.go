package ocpi

import "bytes"

// ForeignVersion says of which other version an object is that CheckObject
// refuses, and which field gives it away: one that the version does not have,
// or has with another JSON type. The field is the path to it without positions
// in lists, dotted, as in a Finding. ok is false for an object that is sound,
// and for one that is no better in any other version; fields of other versions
// in an object that is sound else are extensions (H-077).
func ForeignVersion(v Version, className string, body []byte, partial bool) (field string, other Version, ok bool) {
	here := CheckObject(v, className, body, partial)
	least := len(here)
	for _, o := range neighbours(v) {
		there := CheckObject(o, className, body, partial)
		if classesOf[o][className] == nil || len(there) >= least {
			continue
		}
		if given := giveaway(classesOf[v][className], classesOf[o][className], body); given != "" {
			field, other, least = given, o, len(there)
		} else if given := onlyWrongIn(here, there); given != "" {
			field, other, least = given, o, len(there)
		}
	}
	return field, other, other != ""
}

// neighbours lists the other versions, the nearest first.
func neighbours(v Version) (out []Version) {
	known := KnownVersions()
	for away := 1; away < len(known); away++ {
		for i, o := range known {
			if i-away >= 0 && known[i-away] == v || i+away < len(known) && known[i+away] == v {
				out = append(out, o)
			}
		}
	}
	return out
}

// onlyWrongIn returns the first field whose JSON type is wrong here, but not
// there.
func onlyWrongIn(here, there []Finding) string {
	wrong := map[string]bool{}
	for _, f := range there {
		wrong[f.Field] = true
	}
	for _, f := range here {
		if f.Kind == WrongType && !wrong[f.Field] {
			return f.Field
		}
	}
	return ""
}

// stranger is a field of an object that another version has.
type stranger struct {
	field string
	rank  int // how little it says: 0 is what every object of the other version has
}

// giveaway returns the stranger that says most; of several the first.
func giveaway(here, there *class, body []byte) string {
	var best stranger
	for _, s := range strangers(here, there, body) {
		if best.field == "" || s.rank < best.rank {
			best = s
		}
	}
	return best.field
}

func strangers(here, there *class, body []byte) (out []stranger) {
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] != '{' {
		return nil
	}
	for m := range rawMembers(body) {
		i, foreign := there.position(m.name, 0)
		if !foreign {
			continue
		}
		theirs, value := &there.fields[i], m.value(body)
		j, ours := here.position(m.name, 0)
		switch {
		case !ours:
			out = append(out, stranger{theirs.name, theirs.says()})
		case theirs.class == nil || here.fields[j].class == nil:
		case value[0] == '[':
			for element := range Elements(value) {
				out = append(out, theirs.within(strangers(here.fields[j].class, theirs.class, element))...)
			}
		default:
			out = append(out, theirs.within(strangers(here.fields[j].class, theirs.class, value))...)
		}
	}
	return out
}

// says ranks a stranger. Many add the owner to objects of 2.1.1, which names it
// in the URL alone.
func (f *field) says() int {
	switch {
	case f.name == "country_code" || f.name == "party_id":
		return 2
	case f.required():
		return 0
	}
	return 1
}

func (f *field) within(in []stranger) []stranger {
	for i := range in {
		in[i].field = f.name + "." + in[i].field
	}
	return in
}

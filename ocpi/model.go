package ocpi

import (
	"maps"
	"slices"
)

// model is the data model of a version, as the specification tells it.
type model struct {
	objects []objects // later ones stand in the place of earlier ones
	enums   enums
	open    []string         // the enums that are open
	forms   map[string]form  // where they are others than those of 2.2.1
	stamped []string         // the classes whose PATCH must carry last_updated (H-141)
	leaves  map[string]leave // of fields, by class and name
	ascii   bool             // a string is printable ASCII, not UTF-8
}

// enums holds the values of enums.
type enums map[string][]string

// with adds enums, or puts them into the place of others.
func (e enums) with(others ...enums) enums {
	out := maps.Clone(e)
	for _, other := range others {
		maps.Copy(out, other)
	}
	return out
}

// only picks the enums that another version has with the same values.
func (e enums) only(names ...string) enums {
	out := enums{}
	for _, name := range names {
		out[name] = e[name]
	}
	return out
}

// models holds the data model of each version; classesOf the same, looked up.
var (
	models    = map[Version]model{V211: model211, V221: model221, V230: model230}
	classesOf = map[Version]map[string]*class{
		V211: model211.classes(), V221: model221.classes(), V230: model230.classes(),
	}
)

// classes looks up the types of all fields. Classes do not contain themselves.
func (m model) classes() map[string]*class {
	all := objects{}
	for _, part := range m.objects {
		maps.Copy(all, part)
	}
	sets, out := m.enums.sets(), map[string]*class{}
	for name := range all {
		m.lookUp(name, all, sets, out)
	}
	return out
}

func (m model) lookUp(name string, all objects, sets map[string]map[string]bool, out map[string]*class) *class {
	if c, done := out[name]; done {
		return c
	}
	c := &class{name: name}
	for _, p := range all[name] {
		f := m.field(name, p)
		f.enum = sets[f.of]
		if _, isClass := all[f.of]; isClass {
			f.json, f.class = jsonObject, m.lookUp(f.of, all, sets, out)
		}
		c.add(f, slices.Contains(m.stamped, name))
	}
	out[name] = c
	return c
}

func (m model) field(class string, p property) field {
	f := field{property: p, leave: m.leaves[class+"."+p.name]}
	f.of, f.most = p.split()
	f.json, f.open = baseTypes[f.of], slices.Contains(m.open, f.of)
	f.ascii = f.of != "string" || m.ascii
	f.forms = formsOf(class, p.name, f.of)
	if other, ok := m.forms[p.name]; ok {
		f.form = &other
	}
	return f
}

// sets are the values of enums, to be looked up.
func (e enums) sets() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for name, values := range e {
		out[name] = map[string]bool{}
		for _, v := range values {
			out[name][v] = true
		}
	}
	return out
}

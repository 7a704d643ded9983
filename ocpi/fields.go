package ocpi

import (
	"maps"
	"slices"
)

// Field is one row of a class table of the specification.
type Field struct {
	Name string
	// Type is a base type, an enum (Values) or a class (Fields), without its
	// length.
	Type string
	// Most is the greatest length: characters of a text, digits of an int; 0
	// when there is none.
	Most int
	// Cardinality is the sign of the specification: 1 required, ? optional,
	// * list, + list with at least one element.
	Cardinality byte
}

// Required says whether the field must be given.
func (f Field) Required() bool { return property{cardinality: f.Cardinality}.required() }

// List says whether the field holds a list.
func (f Field) List() bool { return property{cardinality: f.Cardinality}.list() }

// Classes lists the classes of a version that a party can send, and what they
// are made of.
func Classes(v Version) []string { return slices.Sorted(maps.Keys(classesOf[v])) }

// Fields lists the fields of a class, in the order of the specification; nil
// when the version does not have the class.
func Fields(v Version, className string) []Field {
	c, known := classesOf[v][className]
	if !known {
		return nil
	}
	var out []Field
	for _, f := range c.fields {
		out = append(out, Field{Name: f.name, Type: f.of, Most: f.most, Cardinality: f.cardinality})
	}
	return out
}

// Values lists the values of an enum; nil when the version does not have it.
// Other values of an open enum are as good as those in the list (H-078).
func Values(v Version, enum string) (values []string, open bool) {
	m := models[v]
	return slices.Clone(m.enums[enum]), slices.Contains(m.open, enum)
}

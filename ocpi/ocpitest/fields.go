package ocpitest

import "github.com/ocpihub/ocpihub/ocpi"

// fields are those of an object that is written, in their order.
type fields []field

// field is a field with its value as JSON; without a name it is left out.
type field struct {
	name  string
	value []byte
}

func text(name, value string) field   { return field{name, ocpi.Quote(value)} }
func number(name, value string) field { return field{name, []byte(value)} }

// list writes a list of values.
func list(values ...[]byte) []byte { return join(values) }

// object writes the object.
func (f fields) object() []byte {
	out := []byte{'{'}
	for _, one := range f {
		if one.name == "" {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, ocpi.Quote(one.name)...), ':'), one.value...)
	}
	return append(out, '}')
}

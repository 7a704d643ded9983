package bridge

import (
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// specified are the fields of the classes of 2.1.1, with the class of what they
// hold.
var specified = func() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, class := range ocpi.Classes(ocpi.V211) {
		fields := map[string]string{}
		for _, f := range ocpi.Fields(ocpi.V211, class) {
			fields[f.Name] = f.Type
		}
		out[class] = fields
	}
	return out
}()

// strip takes away what the specification of 2.1.1 does not know, for receivers
// that refuse it. By itself 2.1.1 says nothing about such fields.
func (t *walk) strip(n *node, class string) {
	fields, known := specified[class]
	if !known || !n.isObject() {
		return
	}
	before := len(n.members)
	n.members = slices.DeleteFunc(n.members, func(m member) bool {
		of, ok := fields[unquote(m.quoted)]
		if !ok {
			t.lose(m.value, Unspecified)
			return true
		}
		t.strip(m.value, of)
		for _, item := range m.value.elements() {
			t.strip(item, of)
		}
		return false
	})
	n.changed = n.changed || len(n.members) != before
}

// tableName is the class under which the tables of 2.1.1 have a class.
func (c Class) tableName() string {
	if c == CommandResult {
		return string(CommandResponse)
	}
	return string(c)
}

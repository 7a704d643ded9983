package ocpi

import (
	"fmt"
	"strings"
	"testing"
)

// sparse writes an object of a class that has every field: what is required
// with a value, what is not with the text for absent.
func sparse(c *class, absent func(*field) string) string {
	var members []string
	for i := range c.fields {
		f := &c.fields[i]
		value := absent(f)
		if f.required() {
			if value = present(f, absent); f.list() {
				value = "[" + value + "]"
			}
		}
		members = append(members, fmt.Sprintf("%q:%s", f.name, value))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func present(f *field, absent func(*field) string) string {
	switch f.json {
	case jsonObject:
		return sparse(f.class, absent)
	case jsonBool:
		return "true"
	case jsonNumber, jsonInt:
		return "1"
	case jsonString:
	}
	return `"x"`
}

func TestQ19_EveryOptionalFieldOfEveryObjectMayBeNullOrEmpty(t *testing.T) {
	eachVersion(t, func(t *testing.T, v Version) {
		for name, c := range classesOf[v] {
			for kind, absent := range map[string]func(*field) string{
				"null": func(*field) string { return "null" },
				"empty": func(f *field) string {
					if f.list() {
						return "[]"
					}
					return "null"
				},
			} {
				body := sparse(c, absent)
				if found := CheckObject(v, name, []byte(body), false); len(found) > 0 {
					t.Errorf("%s with what is optional %s: %v", name, kind, found)
				}
			}
			for i := range c.fields {
				f := &c.fields[i]
				body := SetMember([]byte(sparse(c, func(*field) string { return "null" })), f.name, []byte("null"))
				if f.required() && !f.mayLack(body) && len(CheckObject(v, name, body, false)) == 0 {
					t.Errorf("%s: null is taken for %s, which is required", name, f.name)
				}
			}
		}
	})
}

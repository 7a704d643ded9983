package ocpi_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestAPointerLeadsToItsValue(t *testing.T) {
	const body = ` {"a":[{"b":1},{"b/c":{"~":"x"}}], "":2, "0":[3]}`
	for pointer, want := range map[string]string{
		"": body, "/a/0/b": `1`, "/a/1/b~1c/~0": `"x"`, "/a/1": `{"b/c":{"~":"x"}}`, "/0/0": `3`,
		"/": "2", "/a/2": "", "/a/b": "", "/a/0/b/c": "", "/x": "", "/a/-1": "",
	} {
		got, ok := ocpi.At([]byte(body), pointer)
		if string(got) != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", pointer, got, ok, want)
		}
	}
}

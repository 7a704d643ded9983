package parties

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

func TestH027_TheHighestVersionOfBothListsIsSpoken(t *testing.T) {
	list := func(v ...ocpi.Version) []ocpi.Version { return v }
	for _, c := range []struct {
		name         string
		hub          []ocpi.Version
		kept         ocpi.Version
		theirs, want []ocpi.Version // no want: none is mutual
	}{
		{"all, the highest first", list("2.3.0", "2.2.1", "2.1.1"), "", list("2.3.0", "2.2.1", "2.1.1"), list("2.3.0")},
		{"all, the lowest first", list("2.1.1", "2.2.1", "2.3.0"), "", list("2.1.1", "2.2.1", "2.3.0"), list("2.3.0")},
		{"in no order", list("2.2.1", "2.3.0", "2.1.1"), "", list("2.1.1", "2.3.0", "2.2.1"), list("2.3.0")},
		{"one of them", list("2.3.0", "2.2.1", "2.1.1"), "", list("2.1.1"), list("2.1.1")},
		{"the hub has but one", list("2.2.1"), "", list("2.1.1", "2.2.1", "2.3.0"), list("2.2.1")},
		{"higher ones that the hub does not know", list("2.3.0", "2.2.1"), "", list("3.0", "2.2.1", "2.10", "next"), list("2.2.1")},
		{"the same number twice", list("2.2.1"), "", list("2.2.1", "2.2.1"), list("2.2.1")},
		{"none in common", list("2.3.0", "2.2.1"), "", list("2.1.1", "2.2", "3.0"), nil},
		{"nothing at all", list("2.2.1"), "", nil, nil},
		{"what is spoken already", list("2.3.0", "2.2.1"), "2.2.1", list("2.3.0", "2.2.1"), list("2.2.1")},
		{"what is spoken, and the partner has dropped", list("2.3.0", "2.2.1"), "2.2.1", list("2.3.0"), list("2.3.0")},
		{"what is spoken, and the hub has dropped", list("2.3.0", "2.2.1"), "2.1.1", list("2.1.1", "2.2.1", "2.3.0"), list("2.3.0")},
	} {
		var offered []VersionLink
		for _, v := range c.theirs {
			offered = append(offered, VersionLink{Version: v, URL: "https://cpo.example/" + string(v)})
		}
		got, err := wish{of: c.hub, kept: c.kept}.choose(offered)
		switch {
		case c.want == nil && !fault.Is(err, fault.Unsupported):
			t.Errorf("%s: got %v, %v", c.name, got, err)
		case c.want != nil && (err != nil || got.Version != c.want[0] || got.URL != "https://cpo.example/"+string(got.Version)):
			t.Errorf("%s: got %v, %v, want %s", c.name, got, err, c.want[0])
		}
	}
}

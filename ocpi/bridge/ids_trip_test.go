package bridge_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Two tables say which ids of an object get the name of their owner: the rules of
// the hops, and that of Rename. They must name the same ones.
func TestIDsGetOnTheWayTheNamesThatTheyGetIn211(t *testing.T) {
	for _, from := range []ocpi.Version{ocpi.V221, ocpi.V230} {
		classes := slices.Concat(tabled(from), many, many, many)
		t.Run(string(from), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				renamedOnTheWay(t, rapid.SampledFrom(classes).Draw(t, "class"), from)
			})
		})
	}
}

func renamedOnTheWay(t *rapid.T, class bridge.Class, from ocpi.Version) {
	source := []byte(maker{t, from}.object(string(tableOf(class, from))))
	carry := func(from, to ocpi.Version, body []byte, s bridge.Surroundings) bridge.Result {
		got, err := bridge.Translate(class, from, to, body, s)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	s := known(t, class, from, source)
	plain := carry(from, ocpi.V211, source, s)
	if plain.Withheld != nil {
		return
	}
	names := seen{}
	want, err := bridge.Rename(class, plain.Body, abc, bridge.Names{Out: names})
	if err != nil {
		t.Fatal(err)
	}
	given := s
	given.IDs = names
	there := carry(from, ocpi.V211, source, given)
	if !same(decode(there.Body), decode(want.Body)) || !slices.Equal(there.Findings, plain.Findings) {
		t.Errorf("%s\nis     %s\nwant   %s\nsource %s\n%v\n%v", class, there.Body, want.Body, source, there.Findings, plain.Findings)
	}
	back, asBefore := carry(ocpi.V211, from, there.Body, given), carry(ocpi.V211, from, plain.Body, s)
	switch {
	case back.Withheld != nil && asBefore.Withheld != nil && *back.Withheld == *asBefore.Withheld:
	case back.Withheld != nil || asBefore.Withheld != nil || !same(decode(back.Body), decode(asBefore.Body)):
		t.Errorf("%s comes back\nas   %s\nwant %s\n%+v %+v", class, back.Body, asBefore.Body, back.Withheld, asBefore.Withheld)
	}
}

package routing

import (
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func TestAChangeForOnePlatformHasReceiversThereAlone(t *testing.T) {
	w := newWorld(t, aaa, bbb)
	audience := Audience{Registry: w, Now: w.Now}
	c := fanout.Change{Key: catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, Role: ocpi.CPO}
	for _, test := range []struct {
		platform, to string
		want         []ocpi.PartyID
	}{
		{platform: aaa.String(), want: []ocpi.PartyID{aaa}},
		{platform: aaa.String(), to: aaa.String(), want: []ocpi.PartyID{aaa}},
		{platform: bbb.String(), to: aaa.String()},
		{platform: "cpo"},
	} {
		c.For = test.to
		if got := audience.Receivers(test.platform, c); !slices.Equal(got, test.want) {
			t.Errorf("of what is for %q, %s gives copies to %v, want %v", test.to, test.platform, got, test.want)
		}
	}
}

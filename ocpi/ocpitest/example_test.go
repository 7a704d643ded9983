package ocpitest_test

import (
	"context"
	"fmt"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// Two platforms register with each other, and one pushes a location.
func Example() {
	ctx := context.Background()
	cpo, err := ocpitest.New(ocpitest.Options{
		Name:    "Cedar Charging",
		Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("NL", "CDR")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cpo.Close()
	emsp, err := ocpitest.New(ocpitest.Options{
		Name:    "Drive Mobility",
		Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("DE", "DRV")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer emsp.Close()

	if err := cpo.Register(ctx, emsp.VersionsURL(), emsp.Invite()); err != nil {
		fmt.Println(err)
		return
	}
	location := []byte(`{"country_code":"NL","party_id":"CDR","id":"LOC1","evses":[{"uid":"1","status":"AVAILABLE"}]}`)
	reply, err := cpo.Push(ctx, ocpi.Locations, cpo.Hub(), location)
	fmt.Println(reply.Status, reply.Code(), err)
	fmt.Println(ocpitest.Statuses(emsp.Objects(ocpi.Locations, nil)))
	// Output:
	// 201 1000 <nil>
	// map[NL*CDR/LOC1/1:AVAILABLE]
}

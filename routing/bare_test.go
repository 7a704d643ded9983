package routing

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func TestH084_HeadersGoToPlatformsWhoseVersionHasThem(t *testing.T) {
	for version, bare := range map[ocpi.Version]bool{"": false, ocpi.V211: true, ocpi.V221: false, ocpi.V230: false} {
		d := newDesk()
		d.emsp.Version = version
		d.emsp.Endpoints = append(d.emsp.Endpoints, ocpi.Endpoint{Module: ocpi.Tariffs, Interface: ocpi.Receiver, URL: "https://emsp.example/tariffs"})
		courier := Courier{Registry: d.register, Caller: d.line, Hub: hub}
		_, err := courier.Deliver(t.Context(), fanout.Delivery{Platform: "e", To: emsp, Change: fanout.Change{
			Key: catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: "T1"}, Method: "PUT", Path: "DE/ABC/T1", Body: []byte("{}"),
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.line.calls[0].Bare; got != bare {
			t.Errorf("a copy to a platform of %q is bare: %t", version, got)
		}
		if p := (&parties.Platform{Version: version}); p.Bare() != bare {
			t.Errorf("a platform of %q is bare: %t", version, p.Bare())
		}
	}
}

package hub_test

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestWhatIsNotPublishedAnyMoreIsTakenAwayFrom211AlsoAfterAnOutage(t *testing.T) {
	h := startHub(t, both211)
	sender := join(t, h, of(ocpi.CPO, cpo))
	o := of(ocpi.EMSP, emsp)
	o.Versions = []ocpi.Version{ocpi.V211}
	reader := join(t, h, o)
	id := h.Registry().Directory().Homes(emsp)[0].Platform.ID
	push := func(method, name, body string) {
		req := putLocation(hubParty, cpo, name, body)
		req.Method = method
		want(t, send(t, sender, req), 200, ocpi.StatusOK)
	}
	shows := func(name, address, status string) bool {
		got, _ := reader.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "DE*ABC*" + name}, emsp)
		evses, _ := ocpi.Find(got.Raw, "evses")
		for e := range ocpi.Elements(evses.Value) {
			return ocpi.FindString(got.Raw, "address") == address && ocpi.FindString(e, "status") == status
		}
		return false
	}
	hidden := func(at string) string {
		return strings.NewReplacer(`"publish":true`, `"publish":false`, "Dam 1", "Secret 7").Replace(location(cpo, "L1", at))
	}

	push("PUT", "L1", location(cpo, "L1", "2026-01-01T00:00:00Z"))
	until(t, reader, "it is there", func() bool { return shows("L1", "Dam 1", "AVAILABLE") })
	push("PATCH", "L1", `{"publish":false,"address":"Secret 7","last_updated":"2026-01-02T00:00:00Z"}`)
	until(t, reader, "it is taken away", func() bool { return shows("L1", "Dam 1", "REMOVED") })

	push("PUT", "L1", location(cpo, "L1", "2026-01-03T00:00:00Z"))
	until(t, reader, "it is there again", func() bool { return shows("L1", "Dam 1", "AVAILABLE") })
	if _, _, err := h.Registry().PauseDeliveries(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	push("PUT", "L1", hidden("2026-01-04T00:00:00Z"))
	push("PUT", "L1", hidden("2026-01-05T00:00:00Z"))
	push("PUT", "L2", strings.ReplaceAll(hidden("2026-01-05T00:00:00Z"), "L1", "L2"))
	push("PUT", "L3", location(cpo, "L3", "2026-01-05T00:00:00Z"))
	if _, _, err := h.Registry().ResumeDeliveries(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	until(t, reader, "it is taken away after the outage", func() bool {
		return shows("L1", "Dam 1", "REMOVED") && shows("L3", "Dam 1", "AVAILABLE")
	})
	if shows("L2", "Secret 7", "REMOVED") || shows("L2", "Secret 7", "AVAILABLE") {
		t.Error("what never was published came")
	}
	list := send(t, reader, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", From: emsp, To: hubParty})
	if got := string(list.Envelope.Data); strings.Contains(got, "L1") || strings.Contains(got, "L2") || !strings.Contains(got, "L3") {
		t.Errorf("the list is %s", got)
	}
}

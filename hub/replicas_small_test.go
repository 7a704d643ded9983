package hub_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing/quality"
)

// at is a URL of the hub at one replica.
func at(t *testing.T, h *hub.Hub, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = h.FrontAddr()
	return u.String()
}

func TestH168_AResultThatComesToAnotherReplicaThanItsCommandIsDelivered(t *testing.T) {
	r := startReplicas(t, 2)
	c, e := join(t, r.hubs[0], of(ocpi.CPO, cpo)), join(t, r.hubs[0], of(ocpi.EMSP, emsp))
	c.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
	for n, way := range [][2]int{{0, 1}, {1, 0}} {
		later := e.NewCallback(ocpi.Commands)
		body := ocpi.SetMember([]byte(`{"location_id":"L1","evse_uid":"L1-1","connector_id":"1"}`), "response_url", ocpi.Quote(later.URL))
		want(t, send(t, e, ocpitest.Request{
			Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", To: cpo, Body: body,
			URL: at(t, r.hubs[way[0]], "http://hub/ocpi/2.2.1/receiver/commands/UNLOCK_CONNECTOR"),
		}), 200, 1000)
		given := ocpi.FindString(c.Calls(ocpitest.Is(ocpi.Commands, "POST"))[n].Body, "response_url")
		want(t, send(t, c, ocpitest.Request{
			Module: ocpi.Commands, Method: "POST", URL: at(t, r.hubs[way[1]], given), Body: []byte(`{"result":"ACCEPTED"}`),
		}), 200, 1000)
		if result, err := later.Wait(patient(t)); err != nil || result.Result() != "ACCEPTED" {
			t.Errorf("the eMSP got %v, %v", result, err)
		}
	}
}

func TestFindingsOfAllReplicasAreShownAtEach(t *testing.T) {
	r := startReplicas(t, 2)
	c := join(t, r.hubs[0], of(ocpi.CPO, cpo))
	join(t, r.hubs[0], of(ocpi.EMSP, emsp))
	body := []byte(location(cpo, "L1", t0))
	body = ocpi.SetMember(body, "parking_type", []byte(`"ON_THE_MOON"`))
	const pushes = 4
	for range pushes {
		if reply := send(t, c, putLocation(emsp, cpo, "L1", string(body))); reply.Err() != nil {
			t.Error(reply.Err())
		}
	}
	for i, h := range r.hubs {
		await(t, "all are counted", func() bool {
			rows, err := h.Findings(t.Context(), quality.Query{Party: cpo, Kind: ocpi.UnknownValue})
			if err != nil {
				t.Fatal(i, err)
			}
			time.Sleep(20 * time.Millisecond)
			return len(rows) == 1 && rows[0].Count == pushes
		})
	}
}

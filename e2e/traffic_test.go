package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const trafficTariff = `{"country_code":"DE","party_id":"ABC","id":"T1","currency":"EUR","elements":[{"price_components":` +
	`[{"type":"ENERGY","price":0.25,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`

// trafficRow is what hubctl traffic prints of a record.
type trafficRow struct {
	Time          time.Time `json:"time"`
	CorrelationID string    `json:"correlation_id"`
	RequestID     string    `json:"request_id"`
	From          string    `json:"from"`
	To            string    `json:"to"`
	Module        string    `json:"module"`
	Method        string    `json:"method"`
	Route         string    `json:"route"`
	HTTPStatus    int       `json:"http_status"`
	OCPIStatus    int       `json:"ocpi_status"`
	DurationMS    *int64    `json:"duration_ms"`
	Attempt       int       `json:"attempt"`
	Reason        string    `json:"reason"`
}

func TestTheOperatorSeesWhatBecameOfAMessage(t *testing.T) {
	h := startHub(t)
	c := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	h.join(platformOf(ocpi.EMSP, "BE*ECO"))
	began := time.Now().Add(-time.Minute)
	reply, err := c.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: "PUT", To: ocpi.NewPartyID("NL", "HUB"), Path: "DE/ABC/T1", Body: []byte(trafficTariff),
	})
	if err != nil || !reply.OK() {
		t.Fatal(err, reply.Err())
	}
	lost, err := c.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Tariffs, Interface: ocpi.Receiver, Method: "DELETE", To: ocpi.NewPartyID("FR", "OTH"), Path: "DE/ABC/T1",
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []trafficRow
	eventually(t, untilDelivered, "three records", func() error {
		rows = nil
		if err := h.tryHubctl(&rows, "traffic", "--correlation-id", reply.CorrelationID); err != nil || len(rows) == 3 {
			return err
		}
		return fmt.Errorf("%d records", len(rows))
	})
	to := map[string]int{}
	for _, r := range rows {
		to[r.To] = r.Attempt
		if r.From != "DE*ABC" || r.Route != "broadcast" || r.Module != "tariffs" || r.Method != "PUT" || r.RequestID == "" ||
			r.Reason == "" || r.HTTPStatus == 0 || r.OCPIStatus == 0 || r.DurationMS == nil || r.Time.Before(began) || r.CorrelationID != reply.CorrelationID {
			t.Errorf("a record is %+v", r)
		}
	}
	if len(to) != 3 || to["NL*HUB"] != 0 || to["NL*TNM"] != 1 || to["BE*ECO"] != 1 {
		t.Errorf("the receivers are %v", to)
	}
	eventually(t, untilDelivered, "the message that went nowhere", func() error {
		rows = nil
		err := h.tryHubctl(&rows, "traffic", "--party", "FR*OTH", "--module", "tariffs", "--status", "4001", "--since", "1h", "--limit", "5")
		if err == nil && (len(rows) != 1 || rows[0].CorrelationID != lost.CorrelationID || rows[0].Reason != "unknown_receiver") {
			err = fmt.Errorf("records %+v", rows)
		}
		return err
	})
}

package hub_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing/journal"
)

func withBodies(c *hub.Config) { c.Journal.Bodies = true }

// records waits for a conversation, and returns its records by receiver and
// attempt.
func records(t *testing.T, h *hub.Hub, id string, n int) map[string]journal.Entry {
	t.Helper()
	conversation(t, h, id, n)
	entries, err := h.Messages(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]journal.Entry{}
	for _, e := range entries {
		out[short(e)] = e
	}
	return out
}

func TestBodiesOfEachHopAreKeptMasked(t *testing.T) {
	h := startHub(t, withBodies)
	join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, of(ocpi.EMSP, emsp))
	reply := send(t, e, ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", From: emsp, To: cpo,
		Path: "NL/TNM/0123456789", Body: []byte(token(emsp, "0123456789")),
	})
	want(t, reply, 201, 1000)
	for line, r := range records(t, h, reply.CorrelationID, 2) {
		if !strings.Contains(string(r.Request.JSON), `"uid":"***","type":"RFID","contract_id":"***","issuer":"***","valid":true`) ||
			!strings.Contains(string(r.Answer.JSON), `"status_code":1000`) || r.Request.Bytes == 0 || r.Answer.Bytes == 0 || r.Request.Cut {
			t.Errorf("%s has the bodies %s and %s", line, r.Request.JSON, r.Answer.JSON)
		}
		if all, _ := json.Marshal(r); strings.Contains(string(all), "0123456789") {
			t.Errorf("a record is %s", all)
		}
	}
}

func TestBodiesOfCopiesAndResultsAreKept(t *testing.T) {
	h := startHub(t, withBodies)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	e.Fail(ocpitest.Fault{Module: ocpi.Locations, HTTPStatus: 500, Times: 1})
	reply := send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0)))
	for line, r := range records(t, h, reply.CorrelationID, 3) {
		if !strings.Contains(string(r.Request.JSON), `"uid":"L1-1"`) || r.Answer.Bytes == 0 {
			t.Errorf("%s has the bodies %s and %s", line, r.Request.JSON, r.Answer.JSON)
		}
	}
	result, later, err := e.Command(t.Context(), ocpitest.Order{
		Name: "UNLOCK_CONNECTOR", To: cpo, Body: []byte(`{"location_id":"L1","evse_uid":"L1-1","connector_id":"1"}`),
	})
	if err != nil || result != "ACCEPTED" {
		t.Fatal(result, err)
	}
	if _, err := later.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	id := c.Calls(ocpitest.Is(ocpi.Commands, "POST"))[0].Header.Get(ocpi.HeaderCorrelationID)
	for line, r := range records(t, h, id, 4) {
		if len(r.Request.JSON) == 0 || len(r.Answer.JSON) == 0 || strings.Contains(string(r.Request.JSON), "http") {
			t.Errorf("%s has the bodies %s and %s", line, r.Request.JSON, r.Answer.JSON)
		}
	}
}

func TestALongBodyIsCutAndWhatIsNoJSONIsNotKept(t *testing.T) {
	h := startHub(t, withBodies)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	e.Fail(ocpitest.Fault{Module: ocpi.Locations, Garbage: true})
	body := ocpi.SetMember([]byte(location(cpo, "L1", t0)), "x-long", ocpi.Quote(strings.Repeat("x", 20_000)))
	reply := send(t, c, putLocation(emsp, cpo, "L1", string(body)))
	for line, r := range records(t, h, reply.CorrelationID, 2) {
		if !r.Request.Cut || r.Request.Bytes != len(body) || len(r.Request.JSON) > 17_000 || !json.Valid(r.Request.JSON) {
			t.Errorf("%s has %d bytes of %d", line, len(r.Request.JSON), r.Request.Bytes)
		}
		if r.Attempt == 1 && (len(r.Answer.JSON) != 0 || r.Answer.Bytes == 0) {
			t.Errorf("the answer is kept as %s", r.Answer.JSON)
		}
	}
}

func TestWithoutTheWishNoBodyIsKept(t *testing.T) {
	dir := t.TempDir()
	h := startHub(t, func(c *hub.Config) { c.DataDir = dir })
	c := join(t, h, of(ocpi.CPO, cpo))
	join(t, h, of(ocpi.EMSP, emsp))
	reply := send(t, c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0)))
	for line, r := range records(t, h, reply.CorrelationID, 2) {
		if r.Request.Bytes != 0 || r.Answer.Bytes != 0 {
			t.Errorf("%s has bodies", line)
		}
	}
	if found, err := filepath.Glob(filepath.Join(dir, "nats", "jetstream", "*", "streams", "OCPI_JOURNAL_BODIES")); err != nil || len(found) != 0 {
		t.Errorf("there is %v, %v", found, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "nats", "jetstream", "$G", "streams", "OCPI_JOURNAL")); err != nil {
		t.Error(err) // else the test looks at the wrong place
	}
}

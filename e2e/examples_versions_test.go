package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestH076_TheExamplesOf230GoThroughByteForByte(t *testing.T) {
	t.Parallel()
	s := newStandIn(t, ocpi.V230)
	s.wholes(t)
	s.fragments(t)
	s.patches(t)
	s.tokensInAnswers(t)
	for name := range s.left {
		e := s.examples[name]
		if len(e.Errors) == 0 && !strings.Contains(e.Type, "Version") && e.Type != "Credentials" {
			t.Errorf("nothing was done with %s", name)
		}
	}
}

func TestH213_TheExamplesOfTerminalsGoThroughByteForByte(t *testing.T) {
	t.Parallel()
	s := newStandIn(t, ocpi.V230)
	o := platformOf(ocpi.PTP, "SE*PAY")
	o.Versions = []ocpi.Version{ocpi.V230}
	ptp, cpo := s.h.join(o), ocpi.NewPartyID("BE", "BEC")
	tried := 0
	for name, e := range examplesOf(t, "2.3.0-payments") {
		if e.Type != "Terminal" || len(e.Errors) > 0 {
			continue
		}
		tried++
		req := ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Receiver, Method: http.MethodPost, Path: "terminals", To: cpo, Body: e.body}
		by, at := ptp, s.cpo
		if e.Partial {
			by, at = s.cpo, ptp
			ptp.Offer(ocpi.Payments, []byte(`{"terminal_id":"T1","last_updated":"2020-01-01T00:00:00Z"}`))
			req.Interface, req.Method, req.Path, req.From, req.To = ocpi.Sender, http.MethodPatch, "terminals/T1", cpo, ptp.Parties()[0].ID
		}
		req.CorrelationID = name
		if reply := ask(t, by, req); !reply.OK() {
			t.Errorf("%s: %v", name, reply.Err())
			continue
		}
		calls := at.Calls(func(c ocpitest.Call) bool { return c.CorrelationID() == name })
		if len(calls) != 1 || string(calls[0].Body) != string(e.body) {
			t.Errorf("%s came as %v", name, calls)
		}
	}
	if tried != 6 {
		t.Errorf("%d examples were tried", tried)
	}
}

// Between two platforms of 2.1.1 only ids change, which then name the owner:
// members, their order and the spelling of values stay.
func TestH076_TheExamplesOf211GoThroughButForTheirIds(t *testing.T) {
	t.Parallel()
	examples, h := examplesOf(t, ocpi.V211), startHub(t)
	o, p := platformOf(ocpi.CPO, "BE*BEC"), platformOf(ocpi.EMSP, "DE*TNM")
	o.Versions, p.Versions = []ocpi.Version{ocpi.V211}, []ocpi.Version{ocpi.V211}
	cpo, emsp := h.join(o), h.join(p)
	names, sent := []string{}, 0
	for name := range examples {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		e := examples[name]
		if len(e.Errors) > 0 || e.Partial || e.Type != "Location" && e.Type != "Tariff" && e.Type != "Token" {
			continue
		}
		sent++
		by, at := cpo, emsp
		id := "BE*BEC*" + ocpi.FindString(e.body, "id")
		if e.Type == "Token" {
			by, at, id = emsp, cpo, ""
		}
		reply, err := by.Push(soon(t), moduleOf[e.Type], ocpi.PartyID{}, e.body)
		ok(t, name, reply, err)
		holds(t, at, name+" arrives", func() bool {
			return len(at.Calls(func(c ocpitest.Call) bool {
				return unowned(c.Body) == unowned(e.body) && ocpi.FindString(c.Body, "id") == id
			})) > 0
		})
	}
	if sent < 8 {
		t.Errorf("%d examples were sent", sent)
	}
}

// unowned leaves out what names the owner in ids, and the space between what is
// written: an object is written anew where an id in it changes.
func unowned(body []byte) string {
	var out bytes.Buffer
	_ = json.Compact(&out, body) // empty if it is no JSON
	return strings.ReplaceAll(out.String(), "BE*BEC*", "")
}

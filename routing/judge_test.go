package routing

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
)

func TestJudgeTellsAnOCPIAnswerFromAFailure(t *testing.T) {
	const ok, rejected = `{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`, `{"status_code":2950,"status_message":"x"}`
	for _, c := range []struct {
		name   string
		status int
		body   string
		passes bool
	}{
		{"success", 200, ok, true},
		{"H-054 created", 201, ok, true},
		{"H-057 a rejection is passed on", 200, rejected, true},
		{"H-066 a custom code is passed on", 200, rejected, true},
		{"H-063 404 with an envelope is passed on", 404, `{"status_code":2003}`, true},
		{"H-063 400 with an envelope is passed on", 400, `{"status_code":2001}`, true},
		{"H-063 405 with an envelope is passed on", 405, `{"status_code":2000}`, true},
		{"H-063 401 would look like the requester's own fault", 401, `{"status_code":2002}`, false},
		{"H-063 403 would look like the requester's own fault", 403, ok, false},
		{"H-063 5xx is a failure even with an envelope", 500, `{"status_code":3000}`, false},
		{"H-063 what is not JSON is a failure", 200, `<html>`, false},
		{"H-063 JSON without a status_code is a failure", 200, `{"detail":"no"}`, false},
		{"H-063 404 without an envelope is a failure", 404, `Cannot GET /`, false},
		{"H-056 data of any kind is tolerated", 200, `{"status_code":1000,"data":null,"status_message":null}`, true},
		{"a redirect that is not followed is a failure", 302, ok, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, _, err := Judge(peer.Reply{Status: c.status, Body: []byte(c.body)})
			switch {
			case c.passes && (err != nil || answer.HTTPStatus != c.status || string(answer.Body) != c.body):
				t.Errorf("got %+v, %v; want it unchanged", answer, err)
			case !c.passes && !fault.Is(err, fault.BadAnswer):
				t.Errorf("got %+v, %v; want a fault", answer, err)
			}
		})
	}
}

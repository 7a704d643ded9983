package hub_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

const t0 = "2026-01-01T00:00:00Z"

// The tests of this file are what a party sees when something is wrong, row by
// row, through real HTTP.

func TestWhatASenderDoesWrongIsRefusedAndNotForwarded(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo, cpo2))
	e := join(t, h, of(ocpi.EMSP, emsp))
	good := putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))
	edit := func(change func(*ocpitest.Request)) ocpitest.Request {
		req := good
		change(&req)
		return req
	}
	for _, row := range []struct {
		name   string
		req    ocpitest.Request
		status int
		code   ocpi.StatusCode
		says   string
	}{
		{"H-072 OCPI-from is a party of another platform", edit(func(r *ocpitest.Request) { r.From = emsp2 }), 200, 2001, "BE*ECO"},
		{"H-073 OCPI-from is missing on a platform of several CPOs", edit(func(r *ocpitest.Request) {
			r.Header = http.Header{ocpi.HeaderFromCountry: nil, ocpi.HeaderFromParty: nil}
		}), 200, 2001, "OCPI-from"},
		{"H-075 only one of the two OCPI-to headers", edit(func(r *ocpitest.Request) {
			r.Header = http.Header{ocpi.HeaderToCountry: nil}
		}), 200, 2001, "OCPI-to"},
		{"a routing header twice with different values", edit(func(r *ocpitest.Request) {
			r.Header = http.Header{ocpi.HeaderToParty: {"TNM", "ECO"}}
		}), 200, 2001, "twice"},
		{"H-139 the URL names an object of somebody else", edit(func(r *ocpitest.Request) { r.Path = "BE/ZZZ/L1" }), 404, 2001, "BE*ZZZ"},
		{"H-137 the body names an object of somebody else", edit(func(r *ocpitest.Request) {
			r.Body = []byte(location(emsp2, "L1", t0))
		}), 404, 2001, "BE*ECO"},
		{"H-138 URL and body disagree on the id", edit(func(r *ocpitest.Request) {
			r.Body = []byte(location(cpo, "L2", t0))
		}), 200, 2001, "L2"},
		{"H-052 required fields are missing and a type is wrong", edit(func(r *ocpitest.Request) {
			r.Body = []byte(strings.Replace(strings.Replace(location(cpo, "L1", t0), `"publish":true`, `"publish":"yes"`, 1), `"city":"Amsterdam",`, "", 1))
		}), 200, 2001, "/publish"},
		{"a required field of an EVSE is missing", edit(func(r *ocpitest.Request) {
			r.Body = []byte(strings.Replace(location(cpo, "L1", t0), `"status":"AVAILABLE",`, "", 1))
		}), 200, 2001, "/evses/0/status"},
		{"H-141 a PATCH without last_updated", edit(func(r *ocpitest.Request) {
			r.Method, r.Body = "PATCH", []byte(`{"name":"x"}`)
		}), 200, 2001, "/last_updated"},
		{"a body that is no object", edit(func(r *ocpitest.Request) { r.Body = []byte(`[1]`) }), 200, 2001, "object"},
		{"H-051 a body that is no JSON", edit(func(r *ocpitest.Request) { r.Body = []byte(`{,}`) }), 400, 2001, ""},
		{"a body with duplicate names", edit(func(r *ocpitest.Request) { r.Body = []byte(`{"id":"L1","i\u0064":"L2"}`) }), 400, 2001, "twice"},
		{"a body that is not UTF-8", edit(func(r *ocpitest.Request) { r.Body = []byte("{\"id\":\"\xff\"}") }), 400, 2001, ""},
		{"H-058 the receiver is not known", edit(func(r *ocpitest.Request) { r.To = ocpi.NewPartyID("XX", "ZZZ") }), 200, 4001, "XX*ZZZ"},
		{"H-112 GET of a list for nobody", ocpitest.Request{
			Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "GET", From: cpo,
		}, 200, 2001, "OCPI-to"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e.ForgetCalls()
			reply := send(t, c, row.req)
			want(t, reply, row.status, row.code)
			if !strings.Contains(reply.Envelope.StatusMessage, row.says) {
				t.Errorf("the message %q does not name %q", reply.Envelope.StatusMessage, row.says)
			}
			if calls := e.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) > 0 {
				t.Errorf("it was forwarded: %v", calls)
			}
		})
	}
}

func TestWhatAReceiverDoesWrongIsToldToTheSender(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, of(ocpi.EMSP, emsp))
	for _, row := range []struct {
		name   string
		fault  ocpitest.Fault
		status int
		code   ocpi.StatusCode
	}{
		{"H-059 it does not answer in time", ocpitest.Fault{Hang: true}, 200, 4002},
		{"it drops the connection", ocpitest.Fault{Drop: true}, 200, 4003},
		{"H-063 it answers garbage", ocpitest.Fault{Garbage: true}, 200, 4000},
		{"H-063 it answers 500", ocpitest.Fault{HTTPStatus: 500}, 200, 4000},
		{"H-063 it refuses the hub with 401", ocpitest.Fault{HTTPStatus: 401, Code: 2002}, 200, 4000},
		{"H-063 it refuses the hub with 403", ocpitest.Fault{HTTPStatus: 403, Code: 2002}, 200, 4000},
		{"H-057 an OCPI error of its own goes on unchanged", ocpitest.Fault{Code: 2003, Message: "no such thing"}, 200, 2003},
		{"H-057 a server error of its own goes on unchanged", ocpitest.Fault{Code: 3000, Message: "later"}, 200, 3000},
		{"H-066 a custom code goes on unchanged", ocpitest.Fault{Code: 2950, Message: "ours"}, 200, 2950},
		{"H-063 a 404 of its own goes on unchanged", ocpitest.Fault{HTTPStatus: 404, Code: 2001, Message: "gone"}, 404, 2001},
		{"H-071 routing headers are missing in the answer", ocpitest.Fault{NoHeaders: true}, 201, 1000},
	} {
		t.Run(row.name, func(t *testing.T) {
			e.Fail(func() ocpitest.Fault { f := row.fault; f.Module, f.Method = ocpi.Locations, "PUT"; return f }())
			defer e.Heal()
			reply := send(t, c, putLocation(emsp, cpo, "L-"+row.name[:5], strings.ReplaceAll(location(cpo, "L1", t0), "L1", "L-"+row.name[:5])))
			if row.code == 1000 {
				row.status = reply.Status // 200 or 201: as the receiver says
			}
			want(t, reply, row.status, row.code)
			if row.fault.Message != "" && reply.Envelope.StatusMessage != row.fault.Message {
				t.Errorf("the receiver's message became %q", reply.Envelope.StatusMessage)
			}
			if got := reply.Routing(); got.To != cpo || row.code < 4000 && got.From != emsp {
				t.Errorf("the answer's routing headers are %+v", got)
			}
		})
	}
}

func TestAReceiverThatIsNotThereIs4003(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	invite(t, h, "planned", ocpitest.Party{Role: ocpi.EMSP, ID: emsp2})
	t.Run("H-191 it is PLANNED", func(t *testing.T) {
		want(t, send(t, c, putLocation(emsp2, cpo, "L1", location(cpo, "L1", t0))), 200, 4003)
	})
	t.Run("H-060 its host refuses the connection", func(t *testing.T) {
		e := join(t, h, of(ocpi.EMSP, emsp))
		e.Stop()
		want(t, send(t, c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))), 200, 4003)
	})
	t.Run("H-191 it is SUSPENDED, and is not called", func(t *testing.T) {
		e := join(t, h, of(ocpi.EMSP, other))
		until(t, e, "it has been told of the others, and that the last one is OFFLINE", func() bool {
			gone := func(i ocpitest.ClientInfo) bool { return i.Party.ID == emsp && i.Status == string(parties.Offline) }
			return len(e.ClientInfos()) == 3 && slices.ContainsFunc(e.ClientInfos(), gone)
		})
		nothingUnderWay(t, h, other) // what has begun is not called back
		for _, p := range h.Registry().Directory().Platforms() {
			if p.Holds(other) {
				if _, err := h.Registry().Suspend(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		e.ForgetCalls()
		want(t, send(t, c, putLocation(other, cpo, "L1", location(cpo, "L1", t0))), 200, 4003)
		if calls := e.Calls(); len(calls) > 0 {
			t.Errorf("it was called: %v", calls)
		}
		reply := send(t, e, ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: hubParty})
		want(t, reply, 403, 2000)
	})
}

// nothingUnderWay waits until all that there is for the platform of a party has
// been answered.
func nothingUnderWay(t *testing.T, h *hub.Hub, party ocpi.PartyID) {
	t.Helper()
	live := func(s fanout.Stat) bool {
		p, ok := h.Registry().Directory().Platform(s.Platform)
		return ok && p.Holds(party) && s.State == fanout.Live && s.Pending == 0
	}
	for ctx := patient(t); !slices.ContainsFunc(h.Deliveries(), live); time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatalf("deliveries to %s go on: %+v", party, h.Deliveries())
		}
	}
}

func TestH064_AReceiverWithoutTheModuleIs4000(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	o := of(ocpi.EMSP, emsp)
	o.Endpoints = func(all []ocpi.Endpoint) (out []ocpi.Endpoint) {
		for _, e := range all {
			if e.Module != ocpi.Locations {
				out = append(out, e)
			}
		}
		return out
	}
	join(t, h, o)
	want(t, send(t, c, putLocation(emsp, cpo, "L1", location(cpo, "L1", t0))), 200, 4000)
}

func TestAnObjectThatTheHubDoesNotHoldCannotBePatchedForAll(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, of(ocpi.EMSP, emsp))
	patch := `{"status":"CHARGING","last_updated":"` + t0 + `"}`
	for _, row := range []struct {
		by     *ocpitest.Platform
		module ocpi.ModuleID
		path   string
		body   string
		code   ocpi.StatusCode
	}{
		{c, ocpi.Locations, "DE/ABC/L9", `{"name":"x","last_updated":"` + t0 + `"}`, 2003},
		{c, ocpi.Locations, "DE/ABC/L9/E1", patch, 2003},
		{e, ocpi.Tokens, "NL/TNM/012345", `{"valid":false,"last_updated":"` + t0 + `"}`, 2001},
	} {
		reply := send(t, row.by, ocpitest.Request{
			Module: row.module, Interface: ocpi.Receiver, Method: "PATCH", To: hubParty, Path: row.path, Body: []byte(row.body),
		})
		want(t, reply, 200, row.code)
	}
}

func TestABodyOverTheLimitAndTooManyRequests(t *testing.T) {
	h := startHub(t, limited)
	c := join(t, h, of(ocpi.CPO, cpo))
	big := strings.Replace(location(cpo, "L1", t0), `"city":`, `"x":"`+strings.Repeat("y", 8<<10)+`","city":`, 1)
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", big)), 413, 2000)
	for range 40 {
		reply := send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0)))
		if reply.Status == http.StatusTooManyRequests {
			if reply.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			return
		}
	}
	t.Error("never too many")
}

func TestH165_AResponseURLOutsideTheSendersPlatformIsRefused(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, of(ocpi.EMSP, emsp))
	for _, target := range []string{"http://example.com/x", "http://169.254.169.254/", "not a url", "http://127.0.0.2/x", ""} {
		reply := send(t, e, ocpitest.Request{
			Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: "STOP_SESSION", To: cpo,
			Body: []byte(`{"response_url":"` + target + `","session_id":"S1"}`),
		})
		want(t, reply, 200, 2001)
	}
	if calls := c.Calls(ocpitest.Is(ocpi.Commands, "")); len(calls) > 0 {
		t.Errorf("it was forwarded: %v", calls)
	}
}

// untilTimeout bounds waits on what happens behind an answer.
const untilTimeout = 20 * time.Second

func limited(c *hub.Config) {
	c.Limits.BodyBytes, c.Limits.RequestsPerSecond, c.Limits.Burst = 4<<10, 5, 20
}

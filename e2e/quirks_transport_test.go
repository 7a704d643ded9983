package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func redirects(o *ocpitest.Options) { o.RedirectSlash = true }

func slashed(o *ocpitest.Options) { o.TrailingSlash = true }

func TestQ05_RedirectsOverASlashAreFollowedWithMethodBodyAndToken(t *testing.T) {
	for name, habits := range map[string][]habit{
		"endpoints listed without the slash": {redirects},
		"endpoints listed with it":           {redirects, slashed},
		"no redirects, but slashes":          {slashed},
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(habits...), ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}, habits...))
			if _, err := f.connect(emsp, emsp.VersionsURL()+"/"); err != nil {
				t.Fatal(err)
			}
			f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
			cdr := cdrOf(id(cpo), "C1", id(emsp))
			f.ok(cpo, pushed(ocpi.CDRs, "POST", "", id(emsp), cdr))
			if kept := emsp.Objects(ocpi.CDRs, nil); len(kept) != 1 || string(kept[0].Raw) != cdr {
				t.Errorf("the CDR arrived as %v", kept)
			}
			cpo.Offer(ocpi.Locations, []byte(locationWith(id(cpo), "L2", 1)))
			req := listed(ocpi.Locations, id(cpo))
			req.Query = map[string][]string{"limit": {"7"}}
			if reply := f.ok(emsp, req); !strings.Contains(string(reply.Envelope.Data), "L2") {
				t.Errorf("the list is %s", reply.Envelope.Data)
			}
			if calls := cpo.Calls(ocpitest.Is(ocpi.Locations, "GET")); calls[len(calls)-1].Query != "limit=7" {
				t.Errorf("the query came as %q", calls[len(calls)-1].Query)
			}
		})
	}
}

func TestQ05_ARedirectToAnotherHostGetsNoToken(t *testing.T) {
	f := inTheField(t)
	var called atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
	defer elsewhere.Close()
	cpo, emsp := f.cpo(), f.emsp()
	emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(c ocpitest.Call, w *ocpitest.Written) {
		if c.Module == ocpi.Sessions {
			w.Status = http.StatusPermanentRedirect
			w.Header.Set("Location", elsewhere.URL)
		}
	}}})
	f.answered(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), sessionOf(id(cpo), "S1", id(emsp))), 200, 4000)
	if called.Load() {
		t.Error("the other host was called")
	}
}

func TestQ05_TheHubsOwnURLsAreServedWithAndWithoutSlash(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	partner, err := cpo.Partner()
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{partner.VersionsURL, strings.TrimSuffix(partner.VersionsURL, "versions") + "2.2.1", partner.Endpoint(ocpi.Credentials, "")} {
		for _, slash := range []string{"", "/"} {
			f.ok(cpo, ocpitest.Request{Module: ocpi.Versions, Method: "GET", URL: url + slash})
		}
	}
	f.ok(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1")+"/", hubParty, locationWith(id(cpo), "L1", 1)))
	f.arrives(emsp, ocpi.Locations, "PUT", at(id(cpo), "L1"))
	list := listed(ocpi.Locations, hubParty)
	list.Path = "/"
	f.ok(emsp, list)
	f.ok(cpo, pushed(ocpi.CDRs, "POST", "/", id(emsp), cdrOf(id(cpo), "C1", id(emsp))))
}

func TestQ06_IdentifiersInOtherLettersNameTheSameThing(t *testing.T) {
	f := inTheField(t)
	cpo := f.cpo()
	emsp := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}))
	emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{ocpitest.LowerCase}})
	f.register(emsp)
	name := "Loc-" + id(cpo).ID
	body := locationWith(id(cpo), name, 1)
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), name), body)

	t.Run("in the URL of a push, which changes the same object", func(t *testing.T) {
		f := f.in(t)
		path := strings.ToLower(at(id(cpo), name))
		next := strings.ReplaceAll(strings.Replace(body, "Dam 1", "Dam 2", 1), "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")
		f.ok(cpo, pushed(ocpi.Locations, "PUT", path, hubParty, next))
		if call := f.arrives(emsp, ocpi.Locations, "PUT", "/"+path); string(call.Body) != next {
			t.Errorf("it arrived as %s", call.Body)
		}
		if f.lists(emsp, ocpi.Locations, body) || !f.lists(emsp, ocpi.Locations, next) {
			t.Error("both spellings are listed")
		}
	})
	t.Run("in an answer, which passes as it is", func(t *testing.T) {
		f := f.in(t)
		path := at(id(cpo), name)
		req := ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "GET", Path: path, To: id(emsp)}
		reply := f.ok(cpo, req)
		if got := ocpi.FindString(reply.Envelope.Data, "id"); got != strings.ToLower(name) {
			t.Errorf("the answer names %q", got)
		}
	})
	t.Run("in a command without OCPI-to", func(t *testing.T) {
		f := f.in(t)
		f.ok(emsp, command(emsp, "START_SESSION", `"location_id":"`+strings.ToUpper(name)+`","token":`+tokenOf(id(emsp), "U1")))
	})
	t.Run("in routing headers", func(t *testing.T) {
		f := f.in(t)
		req := pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), ocpi.PartyID{}, sessionOf(id(cpo), "S1", id(emsp)))
		req.Header = http.Header{"Ocpi-To-Country-Code": {"de"}, "Ocpi-To-Party-Id": {strings.ToLower(id(emsp).ID)}}
		f.ok(cpo, req)
	})
	t.Run("in credentials", func(t *testing.T) {
		f := f.in(t)
		o := described([]ocpi.Role{ocpi.EMSP})
		party := o.Parties[0].ID
		o.Credentials = func(own []byte) []byte { // the token is not to be touched
			own = bytes.ReplaceAll(own, []byte(`"`+party.ID+`"`), []byte(`"`+strings.ToLower(party.ID)+`"`))
			return bytes.ReplaceAll(own, []byte(`"DE"`), []byte(`"de"`))
		}
		p := f.join(o)
		f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S2"), party, sessionOf(id(cpo), "S2", party)))
		f.arrives(p, ocpi.Sessions, "PUT", "/S2")
	})
}

// bare takes all headers of OCPI off a request.
func bare(req ocpitest.Request) ocpitest.Request {
	req.Header = http.Header{}
	for _, name := range []string{
		ocpi.HeaderRequestID, ocpi.HeaderCorrelationID,
		ocpi.HeaderToCountry, ocpi.HeaderToParty, ocpi.HeaderFromCountry, ocpi.HeaderFromParty,
	} {
		req.Header[name] = nil
	}
	return req
}

func TestQ07_MessagesWithoutIDsAndRoutingHeadersFindTheirWay(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{ocpitest.WithoutHeaders}})
	t.Run("a push is for all", func(t *testing.T) {
		f := f.in(t)
		reply := f.ok(cpo, bare(pushed(ocpi.Locations, "PUT", at(id(cpo), "L1"), ocpi.PartyID{}, locationWith(id(cpo), "L1", 1))))
		call := f.arrives(emsp, ocpi.Locations, "PUT", at(id(cpo), "L1"))
		if call.Routing != routing(id(emsp), hubParty) || call.RequestID() == "" || call.CorrelationID() == "" {
			t.Errorf("it arrived with %v", call.Header)
		}
		if reply.Header.Get("X-Request-ID") == "" || reply.Header.Get("X-Correlation-ID") == "" {
			t.Errorf("the answer has %v", reply.Header)
		}
	})
	t.Run("a session goes to whose token it names", func(t *testing.T) {
		f := f.in(t)
		req := pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), ocpi.PartyID{}, sessionOf(id(cpo), "S1", id(emsp)))
		if reply := f.ok(cpo, bare(req)); reply.Routing() != routing(id(cpo), id(emsp)) {
			t.Errorf("the answer has %v", reply.Header)
		}
	})
	t.Run("a result finds who sent the command", func(t *testing.T) {
		f := f.in(t)
		cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
		req := command(emsp, "STOP_SESSION", `"session_id":"S1"`)
		back := emsp.NewCallback(ocpi.Commands)
		req.Body = ocpi.SetMember(req.Body, "response_url", ocpi.Quote(back.URL))
		req.To = id(cpo)
		f.ok(emsp, req)
		sent := f.arrives(cpo, ocpi.Commands, "POST", "/STOP_SESSION")
		f.ok(cpo, bare(ocpitest.Request{Module: ocpi.Commands, Method: "POST", URL: ocpi.FindString(sent.Body, "response_url"), Body: []byte(`{"result":"ACCEPTED"}`)}))
		if got, err := back.Wait(soon(t)); err != nil || got.Result() != "ACCEPTED" || got.CorrelationID() == "" {
			t.Errorf("the result came as %v, %v", got, err)
		}
	})
	t.Run("with the request id alone", func(t *testing.T) {
		f := f.in(t)
		req := bare(pushed(ocpi.Locations, "PUT", at(id(cpo), "L2"), ocpi.PartyID{}, locationWith(id(cpo), "L2", 1)))
		req.Header["X-Request-Id"] = []string{"only-this"}
		if reply := f.ok(cpo, req); reply.Header.Get("X-Request-ID") != "only-this" {
			t.Errorf("the answer has %v", reply.Header)
		}
	})
}

func TestQ08_AListThatIsAskedOfOneselfIsTheListOfAll(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	body := locationWith(id(cpo), "L1", 1)
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), body)
	req := listed(ocpi.Locations, id(emsp))
	req.From = id(emsp)
	req.Query = map[string][]string{"limit": {"1000"}}
	if reply := f.ok(emsp, req); !strings.Contains(string(reply.Envelope.Data), body) || reply.Routing() != routing(id(emsp), hubParty) {
		t.Errorf("it answers %v %s", reply.Header, reply.Envelope.Data)
	}
}

func TestQ09_HeaderNamesAreReadInAnyLettersAndInventedOnesAreIgnored(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	partner, err := cpo.Partner()
	if err != nil {
		t.Fatal(err)
	}
	url := ocpi.JoinURL(partner.Endpoint(ocpi.Sessions, ocpi.Receiver), at(id(cpo), "S1"))
	body := sessionOf(id(cpo), "S1", id(emsp))
	req, err := http.NewRequestWithContext(t.Context(), "PUT", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{ // as they stand, not in the form of net/http
		"AUTHORIZATION":          {ocpi.FormatAuthorization(partner.Token, ocpi.TokenBase64)},
		"ocpi-to-COUNTRY-code":   {"DE"},
		"OCPI-TO-PARTY-ID":       {id(emsp).ID},
		"ocpi-from-countrY-cOde": {"DE"},
		"Ocpi-From-party-ID":     {id(cpo).ID},
		"x-correlation-id":       {"c-" + id(cpo).ID},
		"Ocpi-Correlation-Id":    {"invented"},
		"content-TYPE":           {"application/json"},
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	call := f.arrives(emsp, ocpi.Sessions, "PUT", "/S1")
	if call.Routing != routing(id(emsp), id(cpo)) || call.CorrelationID() != "c-"+id(cpo).ID || call.Header.Get("Ocpi-Correlation-Id") != "" {
		t.Errorf("it arrived with %v; the answer is %s", call.Header, raw)
	}
}

func TestQ10_RefusalsAreJudgedByHTTPStatusAndStatusCode(t *testing.T) {
	for name, row := range map[string]struct {
		habit  ocpitest.Habit
		status int
		code   ocpi.StatusCode
	}{
		"200 with 2000":        {ocpitest.Instead(of(ocpi.Sessions), 200, "application/json", `{"status_code":2000,"status_message":"unknown token","timestamp":"2026-01-01T00:00:00Z"}`), 200, 2000},
		"401 and no OCPI":      {ocpitest.Instead(of(ocpi.Sessions), 401, "application/json", `{"detail":"Not authenticated"}`), 200, 4000},
		"401 with 2004":        {ocpitest.Instead(of(ocpi.Sessions), 401, "application/json", `{"data":null,"status_code":2004,"timestamp":"2026-01-01T00:00:00Z"}`), 200, 4000},
		"403 with 2001":        {ocpitest.Instead(of(ocpi.Sessions), 403, "application/json", `{"status_code":2001,"timestamp":"2026-01-01T00:00:00Z"}`), 200, 4000},
		"400 and no OCPI":      {ocpitest.Instead(of(ocpi.Sessions), 400, "application/json", `{"detail":"bad"}`), 200, 4000},
		"422 of a framework":   {ocpitest.Instead(of(ocpi.Sessions), 422, "application/json", `{"detail":[{"loc":["body"]}]}`), 200, 4000},
		"404 with an envelope": {ocpitest.Instead(of(ocpi.Sessions), 404, "application/json", `{"status_code":2003,"timestamp":"2026-01-01T00:00:00Z"}`), 404, 2003},
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp()
			emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{row.habit}})
			f.answered(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), sessionOf(id(cpo), "S1", id(emsp))), row.status, row.code)
		})
	}
}

// of fits the calls of a module.
func of(m ocpi.ModuleID) func(ocpitest.Call) bool { return ocpitest.Is(m, "") }

func TestQ11_AnswersThatAreNoJSONAreNotReadAsOCPI(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	send := pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), sessionOf(id(cpo), "S1", id(emsp)))
	for _, habit := range []ocpitest.Habit{
		ocpitest.Instead(of(ocpi.Sessions), 500, "text/plain", "Internal Server Error"),
		ocpitest.Instead(of(ocpi.Sessions), 404, "text/html", "<pre>Cannot GET /ocpi</pre>"),
		ocpitest.Instead(of(ocpi.Sessions), 200, "text/html", "<html>"),
		ocpitest.Instead(of(ocpi.Sessions), 200, "application/json", ""),
	} {
		emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{habit}})
		f.answered(cpo, send, 200, 4000)
	}
	t.Run("and what is no JSON from a sender is its fault, not the hub's", func(t *testing.T) {
		f := f.in(t)
		for _, body := range []string{"<html>", "{", "\xff\xfe{}", "undefined"} {
			f.answered(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1"), hubParty, body), 400, 2001)
		}
	})
	t.Run("and a platform that answers so cannot be registered", func(t *testing.T) {
		f := f.in(t)
		p := ocpitest.Run(t, described([]ocpi.Role{ocpi.CPO}))
		p.Follow(ocpitest.Script{Habits: []ocpitest.Habit{ocpitest.Instead(of(ocpi.Versions), 500, "text/plain", "Internal Server Error")}})
		if _, err := f.connect(p, p.VersionsURL()); err == nil || !strings.Contains(err.Error(), p.VersionsURL()) {
			t.Errorf("connecting gives %v, which does not name the URL", err)
		}
	})
}

func TestQ18_ConnectionsThatAreClosedAfterEachAnswerLoseNothing(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{ocpitest.HangUp}})
	for _, name := range []string{"S1", "S2", "S3", "S4", "S5"} {
		f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), name), id(emsp), sessionOf(id(cpo), name, id(emsp))))
	}
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
	t.Run("and a GET may have a Content-Type without a body", func(t *testing.T) {
		f := f.in(t)
		req := listed(ocpi.Locations, hubParty)
		req.Header = http.Header{"Content-Type": {"application/json"}, "Connection": {"close"}}
		f.ok(emsp, req)
	})
}

func TestQ22_SuccessfulAnswersMayHoldAnythingAsData(t *testing.T) {
	for name, habit := range map[string]ocpitest.Habit{
		"the object": ocpitest.EchoObjects, "null": ocpitest.PushData("null"), "a list": ocpitest.PushData("[]"),
		"a text": ocpitest.PushData(`"done"`), "nothing": ocpitest.PushData(""),
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp()
			emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{habit}})
			f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), sessionOf(id(cpo), "S1", id(emsp))))
			f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
		})
	}
	t.Run("and so may refusals", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		for _, data := range []string{"null", "[]"} {
			emsp.Fail(ocpitest.Fault{Module: ocpi.Sessions, Code: 2001, Times: 1})
			emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{ocpitest.PushData(data)}})
			reply := f.answered(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), sessionOf(id(cpo), "S1", id(emsp))), 200, 2001)
			if got, _ := ocpi.Find(reply.Body, "data"); string(got.Value) != data {
				t.Errorf("data %s came as %s", data, got.Value)
			}
		}
	})
}

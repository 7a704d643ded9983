package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestQ32_SessionsPassWhateverBecameOfTheirCommand(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	for i, outcome := range []ocpitest.Outcome{{Response: "ACCEPTED", Result: "TIMEOUT"}, {Response: "ACCEPTED", Result: "FAILED"}, {Response: "REJECTED"}, {NoResult: true}} {
		cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return outcome }})
		req := command(emsp, "START_SESSION", `"location_id":"L1","token":`+tokenOf(id(emsp), "U1"))
		req.To = id(cpo)
		f.ok(emsp, req)
		name := fmt.Sprint("S", i)
		f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), name), id(emsp), sessionOf(id(cpo), name, id(emsp))))
	}
	pending := with(t, sessionOf(id(cpo), "P1", id(emsp)), `"ACTIVE"`, `"PENDING"`)
	for range 3 {
		f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "P1"), id(emsp), pending))
	}
	if kept, _ := emsp.Object(ocpitest.Key{Module: ocpi.Sessions, Owner: id(cpo), ID: "P1"}, id(emsp)); string(kept.Raw) != pending {
		t.Errorf("the pending session arrived as %s", kept.Raw)
	}
}

func TestQ33_AuthorisationsAreAnsweredAsTheEMSPAnswers(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	authorize := ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: "U1/authorize", To: id(emsp)}
	for _, allowed := range []string{"BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED", "ALLOWED"} {
		emsp.Follow(ocpitest.Script{Authorize: func(ocpitest.Authorization) ocpitest.Verdict { return ocpitest.Verdict{Allowed: allowed} }})
		reply := f.answered(cpo, authorize, 200, 1000)
		if got := ocpi.FindString(reply.Envelope.Data, "allowed"); got != allowed {
			t.Errorf("%s came as %s", allowed, got)
		}
	}
	emsp.Follow(ocpitest.Script{Authorize: func(ocpitest.Authorization) ocpitest.Verdict { return ocpitest.Verdict{Unknown: true} }})
	f.answered(cpo, authorize, 404, 2004)
	emsp.Follow(ocpitest.Script{Authorize: func(ocpitest.Authorization) ocpitest.Verdict { return ocpitest.Verdict{Code: 2004} }})
	f.answered(cpo, authorize, 200, 2004)
}

func TestQ35_StatusCodesOfAReceiverPassUnchanged(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	send := pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(emsp), sessionOf(id(cpo), "S1", id(emsp)))
	for _, row := range []struct {
		status       int
		code         ocpi.StatusCode
		wantedStatus int
		wanted       ocpi.StatusCode
	}{{200, 3003, 200, 3003}, {200, 3002, 200, 3002}, {200, 3000, 200, 3000}, {200, 3001, 200, 3001}, {502, 3001, 200, 4000}, {200, 2999, 200, 2999}} {
		emsp.Fail(ocpitest.Fault{Module: ocpi.Sessions, HTTPStatus: row.status, Code: row.code, Times: 1})
		f.answered(cpo, send, row.wantedStatus, row.wanted)
	}
	t.Run("and a partner that has no common version is refused with 3002", func(t *testing.T) {
		f := f.in(t)
		p := ocpitest.Run(t, described([]ocpi.Role{ocpi.CPO}, func(o *ocpitest.Options) { o.Versions = []ocpi.Version{"2.1.1", ocpi.V221} }))
		tokenA := f.invite(p)
		p.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(c ocpitest.Call, w *ocpitest.Written) {
			if c.Module == ocpi.Versions {
				w.Body = []byte(strings.ReplaceAll(string(w.Body), "2.2.1", "2.2"))
			}
		}}})
		err := p.Register(soon(t), f.hub.VersionsURL(), tokenA)
		if err == nil || !strings.Contains(err.Error(), "status_code 3002") {
			t.Errorf("registering gives %v", err)
		}
	})
}

func TestQ43_CDRsAreTakenInEveryShapeOfTheirReceiver(t *testing.T) {
	t.Run("201 without Location", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(_ ocpitest.Call, w *ocpitest.Written) { w.Header.Del("Location") }}})
		cdr := cdrOf(id(cpo), "C1", id(emsp))
		if reply := f.ok(cpo, pushed(ocpi.CDRs, "POST", "", id(emsp), cdr)); reply.Status != http.StatusCreated || reply.Header.Get("Location") != "" {
			t.Errorf("the CPO is answered HTTP %d, %v", reply.Status, reply.Header)
		}
	})
	for name, form := range map[string]func(url string) string{
		"an absolute Location":    func(url string) string { return url },
		"a Location without host": func(url string) string { return url[strings.Index(url, "/ocpi/"):] },
		"the last part alone":     func(url string) string { return url[strings.LastIndex(url, "/")+1:] },
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp()
			emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(_ ocpitest.Call, w *ocpitest.Written) {
				if url := w.Header.Get("Location"); url != "" {
					w.Header.Set("Location", form(url))
				}
			}}})
			cdr := cdrOf(id(cpo), "C1", id(emsp))
			reply := f.ok(cpo, pushed(ocpi.CDRs, "POST", "", id(emsp), cdr))
			back := f.ok(cpo, ocpitest.Request{Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: "GET", URL: reply.Header.Get("Location"), To: id(emsp)})
			if string(back.Envelope.Data) != cdr {
				t.Errorf("the Location %s leads to %s", reply.Header.Get("Location"), back.Envelope.Data)
			}
		})
	}
	t.Run("a receiver that wants the owner in the path", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(c ocpitest.Call, w *ocpitest.Written) {
			if c.Module != ocpi.CDRs || c.Method != "POST" {
				return
			}
			w.Status, w.Body = http.StatusNotFound, []byte("Cannot POST "+c.Path)
			if strings.HasSuffix(c.Path, "/cdrs/"+at(id(cpo), "C1")) {
				w.Status, w.Body = http.StatusCreated, []byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`)
			}
		}}})
		cdr := cdrOf(id(cpo), "C1", id(emsp))
		f.ok(cpo, pushed(ocpi.CDRs, "POST", "", id(emsp), cdr))
		if call := f.arrives(emsp, ocpi.CDRs, "POST", at(id(cpo), "C1")); string(call.Body) != cdr {
			t.Errorf("it arrived as %s", call.Body)
		}
	})
	t.Run("a sender that puts the owner into the path", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		cdr := cdrOf(id(cpo), "C1", id(emsp))
		f.ok(cpo, pushed(ocpi.CDRs, "POST", at(id(cpo), "C1"), id(emsp), cdr))
		if kept := emsp.Objects(ocpi.CDRs, nil); len(kept) != 1 || string(kept[0].Raw) != cdr {
			t.Errorf("it arrived as %v", kept)
		}
		other := ownParty()
		f.answered(cpo, pushed(ocpi.CDRs, "POST", at(other, "C1"), id(emsp), cdrOf(other, "C1", id(emsp))), 404, 2001)
	})
}

func TestQ44_ChargingPreferencesAreTakenUnderTheirOtherPath(t *testing.T) {
	preferences := `{"profile_type":"GREEN","departure_time":"2026-01-01T18:00:00Z"}`
	put := func(path string, to ocpi.PartyID) ocpitest.Request {
		return ocpitest.Request{Module: ocpi.Sessions, Interface: ocpi.Sender, Method: "PUT", Path: path, To: to, Body: []byte(preferences)}
	}
	t.Run("from who uses it", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		f.ok(emsp, put("S1/preferences", id(cpo)))
		if call := f.arrives(cpo, ocpi.Sessions, "PUT", "/S1/charging_preferences"); string(call.Body) != preferences {
			t.Errorf("they arrived as %s", call.Body)
		}
	})
	t.Run("at who knows no other", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		cpo.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(c ocpitest.Call, w *ocpitest.Written) {
			if c.Module != ocpi.Sessions || c.Method != "PUT" {
				return
			}
			w.Status, w.Body = http.StatusNotFound, []byte("Cannot PUT "+c.Path)
			if strings.HasSuffix(c.Path, "/sessions/S1/preferences") {
				w.Status, w.Body = http.StatusOK, []byte(`{"data":"ACCEPTED","status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`)
			}
		}}})
		if reply := f.ok(emsp, put("S1/charging_preferences", id(cpo))); string(reply.Envelope.Data) != `"ACCEPTED"` {
			t.Errorf("the answer is %s", reply.Body)
		}
	})
	t.Run("and a session that is unknown stays so", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), f.emsp()
		cpo.Fail(ocpitest.Fault{Module: ocpi.Sessions, HTTPStatus: 404, Code: 2001})
		f.answered(emsp, put("S9/charging_preferences", id(cpo)), 404, 2001)
	})
}

func TestQ45_LongTimeoutsOfCommandsPass(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	for _, seconds := range []int{30, 600} {
		cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{Timeout: seconds, NoResult: true} }})
		req := command(emsp, "UNLOCK_CONNECTOR", `"location_id":"L1","evse_uid":"1","connector_id":"1"`)
		req.To = id(cpo)
		reply := f.ok(emsp, req)
		if got, _ := ocpi.Find(reply.Envelope.Data, "timeout"); string(got.Value) != fmt.Sprint(seconds) {
			t.Errorf("%d s came as %s", seconds, got.Value)
		}
	}
}

func TestQ46_ACommandMayLeaveEVSEAndConnectorOpen(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "OPEN-"+id(cpo).ID), locationWith(id(cpo), "OPEN-"+id(cpo).ID, 1))
	for _, to := range []ocpi.PartyID{id(cpo), {}} {
		req := command(emsp, "START_SESSION", `"location_id":"OPEN-`+id(cpo).ID+`","token":`+tokenOf(id(emsp), "U1"))
		req.To = to
		f.ok(emsp, req)
	}
	if calls := cpo.Calls(ocpitest.Is(ocpi.Commands, "POST")); len(calls) != 2 || strings.Contains(string(calls[0].Body), "evse_uid") {
		t.Errorf("the CPO got %v", calls)
	}
}

func TestQ49_TheToHeaderSaysWhatBecomesOfAPush(t *testing.T) {
	f := inTheField(t)
	cpo, one, two := f.cpo(), f.emsp(), f.emsp()
	c := id(cpo)
	forAll, forOne := locationWith(c, "L1", 1), with(t, locationWith(c, "L1", 1), "Dam 1", "for one only")
	f.passes(cpo, two, ocpi.Locations, at(c, "L1"), forAll)
	f.arrives(one, ocpi.Locations, "PUT", at(c, "L1"))
	t.Run("to one party it is forwarded and in no list of all", func(t *testing.T) {
		f := f.in(t)
		f.ok(cpo, pushed(ocpi.Locations, "PUT", at(c, "L1"), id(one), forOne))
		f.ok(cpo, pushed(ocpi.Locations, "PUT", at(c, "L2"), id(one), locationWith(c, "L2", 1)))
		if f.lists(two, ocpi.Locations, locationWith(c, "L2", 1)) || f.lists(two, ocpi.Locations, forOne) {
			t.Error("another party reads it")
		}
	})
	t.Run("and an object may differ from receiver to receiver", func(t *testing.T) {
		for p, want := range map[*ocpitest.Platform]string{one: forOne, two: forAll} {
			if kept, _ := p.Object(locationKey(cpo, "L1"), id(p)); string(kept.Raw) != want {
				t.Errorf("%s holds %s", id(p), kept.Raw)
			}
		}
	})
	t.Run("each party behind a platform gets a request of its own", func(t *testing.T) {
		f := f.in(t)
		three := f.join(described([]ocpi.Role{ocpi.EMSP, ocpi.EMSP}))
		f.ok(cpo, pushed(ocpi.Locations, "PUT", at(c, "L3"), hubParty, locationWith(c, "L3", 1)))
		var to []string
		err := three.Until(soon(t), func() bool {
			to = nil
			for _, call := range three.Calls(ocpitest.Is(ocpi.Locations, "PUT")) {
				if strings.HasSuffix(call.Path, at(c, "L3")) {
					to = append(to, call.Routing.To.String())
				}
			}
			return len(to) == 2
		})
		want := []string{three.Parties()[0].ID.String(), three.Parties()[1].ID.String()}
		slices.Sort(to)
		slices.Sort(want)
		if err != nil || !slices.Equal(to, want) {
			t.Errorf("the requests were to %v, %v", to, err)
		}
	})
}

package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// standing is what the operator sees of a platform, and of what it agreed on.
type standing struct {
	ID         string `json:"platform_id"`
	Name       string `json:"name"`
	Version    string `json:"version"`
	Status     string `json:"status"`
	Agreements []map[string]any
}

func (w *world) standing(t *testing.T, r *resident) (out standing) {
	t.Helper()
	var all []standing
	w.hub.hubctl(&all, "platforms", "list")
	for _, p := range all {
		if p.Name == r.Name() {
			out = p
		}
	}
	w.hub.hubctl(&out.Agreements, "agreements", "list")
	return out
}

// move lets a platform go on in another version, by PUT on the credentials of
// that version, while what is pushed meanwhile waits for it. What had waited comes
// in the version in which it goes on, and everything else stays as it was.
func (w *world) move(t *testing.T, r *resident, v ocpi.Version, push func()) {
	t.Helper()
	before := w.standing(t, r)
	w.hub.hubctl(nil, "deliveries", "pause", before.ID)
	r.ForgetCalls()
	push()
	var queues []struct {
		ID      string `json:"platform_id"`
		Pending int    `json:"pending"`
	}
	eventually(t, untilDelivered, "objects wait for "+r.Name(), func() error {
		w.hub.hubctl(&queues, "deliveries")
		for _, q := range queues {
			if q.ID == before.ID && q.Pending > 0 {
				return nil
			}
		}
		return fmt.Errorf("the queues are %+v", queues)
	})
	if err := r.Upgrade(soon(t), v); err != nil {
		t.Fatal(err)
	}
	r.v = v
	after := w.standing(t, r)
	before.Version = string(v)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the upgrade changed %s", diff)
	}
	if early := r.Calls(func(c ocpitest.Call) bool { return c.Module.Functional() && c.Method != http.MethodGet }); len(early) > 0 {
		t.Errorf("%s was called %v while it was paused", r.Name(), early)
	}
	w.hub.hubctl(nil, "deliveries", "resume", before.ID)
}

// moved fails for a call of a module that came in another version than the one in
// which a platform goes on.
func (r *resident) moved(t *testing.T, m ocpi.ModuleID) {
	t.Helper()
	calls := r.Calls(ocpitest.Is(m, ""))
	for _, c := range calls {
		if c.Version != r.v {
			t.Errorf("%s speaks %s, and got %v in %s", r.Name(), r.v, c, c.Version)
		}
	}
	if len(calls) == 0 {
		t.Errorf("%s got no %s", r.Name(), m)
	}
}

// upgradeCPO moves a CPO from 2.2.1 to 2.3.0 while tokens wait for it. It goes on
// with what it had begun in 2.2.1.
func (w *world) upgradeCPO(t *testing.T) {
	cpo := speaking(w.cpos, ocpi.V221)
	w.hub.hubctl(nil, "agreements", "create", "--cpo", cpo.id.String(), "--emsp", speaking(w.emsps, ocpi.V211).id.String())
	w.move(t, cpo, ocpi.V230, func() {
		for _, emsp := range w.emsps {
			reply, err := emsp.Push(soon(t), ocpi.Tokens, emsp.Hub(), ocpi.SetMember(w.sample(emsp).Token(emsp.card()), "visual_number", ocpi.Quote("DF-2")))
			ok(t, emsp.Name(), reply, err)
		}
	})
	reply, err := cpo.Patch(soon(t), ocpitest.Change{
		Key: cpo.key(ocpi.Locations, cpo.place()), Parts: []string{ocpitest.SampleEVSE}, To: cpo.Hub(), Body: w.stamped(`{"status":"OUTOFORDER"}`),
	})
	ok(t, "PATCH of an EVSE", reply, err)
	for _, emsp := range w.emsps {
		w.compare(t, emsp, cpo, ocpi.Tokens, emsp.card())
		w.compare(t, cpo, emsp, ocpi.Locations, cpo.place())
		reply, err := cpo.Patch(soon(t), ocpitest.Change{
			Key: cpo.key(ocpi.Sessions, bill("S0", cpo, emsp)), To: emsp.id,
			Body: w.stamped(`{"kwh":11.5,"total_cost":{"before_taxes":41.1234,"taxes":[{"name":"VAT","amount":7.0206}]}}`),
		})
		ok(t, "PATCH of a session", reply, err)
		w.compare(t, cpo, emsp, ocpi.Sessions, bill("S0", cpo, emsp))
		w.charged(t, "U", cpo, emsp)
	}
	cpo.moved(t, ocpi.Tokens)
}

// upgradeEMSP moves an eMSP from 2.1.1 to 2.2.1, where ids are others, while
// locations, tariffs and the result of a command wait for it.
func (w *world) upgradeEMSP(t *testing.T) {
	emsp, cpo := speaking(w.emsps, ocpi.V211), w.cpos[0]
	cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
	result, later, err := emsp.Command(soon(t), ocpitest.Order{Name: "UNLOCK_CONNECTOR", Body: w.sample(emsp).Unlock(emsp.sees(cpo, cpo.place()))})
	if err != nil || result != "ACCEPTED" {
		t.Fatalf("the command is answered %q, %v", result, err)
	}
	at := w.charged(t, "V", cpo, emsp)
	w.move(t, emsp, ocpi.V221, func() {
		for _, cpo := range w.cpos {
			reply, err := cpo.Push(soon(t), ocpi.Tariffs, cpo.Hub(), w.sample(cpo).Tariff(shared))
			ok(t, cpo.Name(), reply, err)
			reply, err = cpo.Patch(soon(t), ocpitest.Change{Key: cpo.key(ocpi.Locations, cpo.place()), To: cpo.Hub(), Body: w.stamped(`{"name":"Kade 3"}`)})
			ok(t, cpo.Name(), reply, err)
		}
	})
	for _, cpo := range w.cpos {
		w.compare(t, cpo, emsp, ocpi.Tariffs, shared)
		w.compare(t, cpo, emsp, ocpi.Locations, cpo.place())
		w.charged(t, "U", cpo, emsp)
	}
	emsp.moved(t, ocpi.Tariffs)
	emsp.moved(t, ocpi.Locations)
	w.answered(t, cpo, emsp, later)
	reply, err := cpo.Do(soon(t), ocpitest.Request{URL: at, Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: http.MethodGet, From: cpo.id, To: emsp.id})
	own, _ := cpo.Offered(cpo.key(ocpi.CDRs, bill("V", cpo, emsp)))
	back := ok(t, "GET of a CDR of 2.1.1", reply, err).Envelope.Data
	if factsOf(ocpi.CDRs, back)["net"] != factsOf(ocpi.CDRs, own.Raw)["net"] {
		t.Errorf("what was posted before comes back as %s", back)
	}
	for _, f := range ocpi.CheckObject(cpo.v, classes[ocpi.CDRs], back, false) {
		t.Errorf("what was posted before comes back with %v in %s", f, back)
	}
	w.bills(t) // in the version that each speaks by now
}

// answered lets a CPO send the result of a command to an eMSP that has moved since
// it asked: its response_url is one of 2.1.1, which has fewer results.
func (w *world) answered(t *testing.T, cpo, emsp *resident, later *ocpitest.Callback) {
	t.Helper()
	calls := cpo.Calls(ocpitest.Is(ocpi.Commands, http.MethodPost))
	reply, err := cpo.Do(soon(t), ocpitest.Request{
		Module: ocpi.Commands, Method: http.MethodPost, URL: dig(calls[len(calls)-1].Body, "response_url"),
		From: cpo.id, To: emsp.id, Body: []byte(`{"result":"EVSE_INOPERATIVE"}`),
	})
	ok(t, "the result", reply, err)
	got, err := later.Wait(soon(t))
	if err != nil || got.Result() != "REJECTED" || !got.Routing.From.IsZero() {
		t.Errorf("the result comes as %s from %s, %v", got.Body, got.Routing.From, err)
	}
}

// charged pushes one more session and its CDR: both sides have the same amounts.
// It returns where the CDR can be got.
func (w *world) charged(t *testing.T, kind string, cpo, emsp *resident) (location string) {
	t.Helper()
	id := bill(kind, cpo, emsp)
	of, charge := w.sample(cpo), w.charge(t, cpo, emsp)
	reply, err := cpo.Push(soon(t), ocpi.Sessions, cpo.to(emsp), of.Session(id, charge))
	ok(t, "PUT of a session", reply, err)
	w.compare(t, cpo, emsp, ocpi.Sessions, id)
	reply, err = cpo.Push(soon(t), ocpi.CDRs, cpo.to(emsp), of.CDR(id, charge))
	ok(t, "POST of a CDR", reply, err)
	w.compare(t, cpo, emsp, ocpi.CDRs, id)
	w.alone(t, emsp, ocpi.CDRs, id)
	return reply.Header.Get("Location")
}

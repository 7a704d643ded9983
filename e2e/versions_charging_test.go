package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// ways are how a message is addressed: to its receiver, where the version of
// the sender can, and by its content.
func (r *resident) ways(other *resident) []ocpi.PartyID {
	if r.v == ocpi.V211 {
		return []ocpi.PartyID{{}}
	}
	return []ocpi.PartyID{other.id, {}}
}

// authorise asks each eMSP about its driver, and about a card that nobody knows.
func (w *world) authorise(t *testing.T) {
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		for _, to := range cpo.ways(emsp) {
			reply, err := cpo.Authorize(soon(t), emsp.card(), cpo.id, to, w.sample(cpo).Where(cpo.place()))
			info := ok(t, "an authorisation", reply, err).Envelope.Data
			for _, f := range ocpi.CheckObject(cpo.v, "AuthorizationInfo", info, false) {
				t.Errorf("%v in %s", f, info)
			}
			if dig(info, "allowed") != "ALLOWED" || dig(info, "location.location_id") != cpo.place() {
				t.Errorf("the answer is %s", info)
			}
			if got := dig(info, "token.contract_id"); cpo.v != ocpi.V211 && got != w.sample(emsp).ContractOf(emsp.card()) {
				t.Errorf("it names the contract %q: %s", got, info)
			}
		}
		asked := emsp.Calls(ocpitest.Is(ocpi.Tokens, http.MethodPost))
		last := asked[len(asked)-1]
		if got := dig(last.Body, "location_id"); got != emsp.sees(cpo, cpo.place()) {
			t.Errorf("the eMSP is asked for the location %q", got)
		}
	})
	for _, cpo := range w.cpos {
		reply, err := cpo.Authorize(soon(t), "04FFFFFF", cpo.id, ocpi.PartyID{}, nil)
		want := ocpi.StatusUnknownToken
		if cpo.v == ocpi.V211 {
			want = ocpi.StatusClientError
		}
		if err != nil || reply.Status != http.StatusNotFound || reply.Code() != want {
			t.Errorf("%s: an unknown card is answered HTTP %d with %d, %v; want 404 with %d", cpo.Name(), reply.Status, reply.Code(), err, want)
		}
	}
}

// commands sends each CPO what every version has.
func (w *world) commands(t *testing.T) {
	for _, cpo := range w.cpos {
		cpo.Follow(ocpitest.Script{Command: func(c ocpitest.Command) ocpitest.Outcome {
			if c.Name == "UNLOCK_CONNECTOR" {
				return ocpitest.Outcome{Result: "REJECTED"}
			}
			return ocpitest.Outcome{}
		}})
	}
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		of, at := w.sample(emsp), emsp.sees(cpo, cpo.place())
		card, _ := emsp.Offered(emsp.key(ocpi.Tokens, emsp.card()))
		for _, to := range emsp.ways(cpo) {
			start := w.command(t, emsp, cpo, ocpitest.Order{Name: "START_SESSION", To: to, Body: of.StartSession(at, card.Raw)}, "ACCEPTED")
			if got := dig(start, "token.contract_id", "token.auth_id"); got != of.ContractOf(emsp.card()) || dig(start, "location_id") != cpo.place() {
				t.Errorf("the CPO is told to start %s", start)
			}
			w.command(t, emsp, cpo, ocpitest.Order{Name: "RESERVE_NOW", To: to, Body: of.ReserveNow("17", at, card.Raw)}, "ACCEPTED")
			w.command(t, emsp, cpo, ocpitest.Order{Name: "UNLOCK_CONNECTOR", To: to, Body: of.Unlock(at)}, "REJECTED")
		}
	})
}

var commandClasses = map[string]string{
	"START_SESSION": "StartSession", "STOP_SESSION": "StopSession", "RESERVE_NOW": "ReserveNow", "UNLOCK_CONNECTOR": "UnlockConnector",
}

// command sends a command, waits for its result, and returns it as the CPO got
// it.
func (w *world) command(t *testing.T, emsp, cpo *resident, o ocpitest.Order, want string) []byte {
	t.Helper()
	o.From = emsp.id
	before := len(cpo.Calls(ocpitest.Is(ocpi.Commands, http.MethodPost)))
	result, later, err := emsp.Command(soon(t), o)
	if err != nil || result != "ACCEPTED" {
		t.Fatalf("%s is answered %q, %v", o.Name, result, err)
	}
	answer, err := later.Wait(soon(t))
	if err != nil || answer.Result() != want || answer.Version != emsp.v {
		t.Fatalf("the result of %s is %s: %v", o.Name, answer.Body, err)
	}
	calls := cpo.Calls(ocpitest.Is(ocpi.Commands, http.MethodPost))
	if len(calls) != before+1 || calls[before].Below != o.Name {
		t.Fatalf("the CPO was called %v", calls[before:])
	}
	got := calls[before].Body
	for _, f := range ocpi.CheckObject(cpo.v, commandClasses[o.Name], got, false) {
		t.Errorf("%v in %s", f, got)
	}
	if url := dig(got, "response_url"); !strings.HasPrefix(url, strings.TrimSuffix(w.hub.versionsURL(), "versions")) {
		t.Errorf("the CPO is to answer to %s", url)
	}
	return got
}

// bill names what is charged between two of the residents.
func bill(kind string, cpo, emsp *resident) string { return kind + "-" + cpo.id.ID + "-" + emsp.id.ID }

// charge is the driver of an eMSP at the location of a CPO, in the CPO's
// version, at amounts that no other pair has.
func (w *world) charge(t *testing.T, cpo, emsp *resident) ocpitest.Charge {
	t.Helper()
	at, _ := cpo.Offered(cpo.key(ocpi.Locations, cpo.place()))
	n := 10*int(cpo.v[2]-'0') + int(emsp.v[2]-'0')
	return ocpitest.Charge{
		Location: at.Raw, Token: cpo.got(t, emsp, ocpi.Tokens, emsp.card()).Raw,
		Cost: ocpitest.Cost{Net: fmt.Sprintf("%d.1234", n), Tax: fmt.Sprintf("%d.0206", n), Gross: fmt.Sprintf("%d.1440", 2*n)},
	}
}

// sessions pushes a session for each pair, and a change of it.
func (w *world) sessions(t *testing.T) {
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		for i, to := range cpo.ways(emsp) {
			id := bill(fmt.Sprint("S", i), cpo, emsp)
			reply, err := cpo.Push(soon(t), ocpi.Sessions, to, w.sample(cpo).Session(id, w.charge(t, cpo, emsp)))
			ok(t, "PUT of a session", reply, err)
			w.compare(t, cpo, emsp, ocpi.Sessions, id)
			reply, err = cpo.Patch(soon(t), ocpitest.Change{Key: cpo.key(ocpi.Sessions, id), To: to, Body: w.stamped(`{"kwh":9.0625,"status":"COMPLETED"}`)})
			ok(t, "PATCH of a session", reply, err)
			w.compare(t, cpo, emsp, ocpi.Sessions, id)
			w.alone(t, emsp, ocpi.Sessions, id)
		}
	})
}

// alone checks that no other eMSP has an object.
func (w *world) alone(t *testing.T, emsp *resident, m ocpi.ModuleID, id string) {
	t.Helper()
	for _, other := range w.emsps {
		found := other.Objects(m, func(o ocpitest.Object) bool { return strings.HasSuffix(o.ID, id) })
		if other != emsp && len(found) > 0 {
			t.Errorf("%s has %s, which is for %s", other.Name(), id, emsp.Name())
		}
	}
}

// stops stops the sessions by their ids.
func (w *world) stops(t *testing.T) {
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		for _, to := range emsp.ways(cpo) {
			session := bill("S0", cpo, emsp)
			order := ocpitest.Order{Name: "STOP_SESSION", To: to, Body: w.sample(emsp).StopSession(emsp.sees(cpo, session))}
			if got := dig(w.command(t, emsp, cpo, order, "ACCEPTED"), "session_id"); got != session {
				t.Errorf("the CPO is told to stop %q", got)
			}
		}
	})
}

// cdrs bills each pair, and gets the CDR where the answer points.
func (w *world) cdrs(t *testing.T) {
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		for i, to := range cpo.ways(emsp) {
			id := bill(fmt.Sprint("C", i), cpo, emsp)
			cdr := w.sample(cpo).CDR(id, w.charge(t, cpo, emsp))
			reply, err := cpo.Push(soon(t), ocpi.CDRs, to, cdr)
			at := ok(t, "POST of a CDR", reply, err).Header.Get("Location")
			w.compare(t, cpo, emsp, ocpi.CDRs, id)
			w.alone(t, emsp, ocpi.CDRs, id)
			if !strings.HasPrefix(at, strings.TrimSuffix(w.hub.versionsURL(), "versions")) {
				t.Fatalf("the CDR is said to be at %q", at)
			}
			reply, err = cpo.Do(soon(t), ocpitest.Request{URL: at, Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: http.MethodGet, From: cpo.id, To: to})
			back := ok(t, "GET of the CDR", reply, err).Envelope.Data
			if cpo.v == emsp.v && cpo.v != ocpi.V211 && !bytes.Equal(back, cdr) {
				t.Errorf("the CDR comes back as %s, was %s", back, cdr)
			}
			sent, got := factsOf(ocpi.CDRs, cdr), factsOf(ocpi.CDRs, back)
			for _, name := range []string{"id", "contract", "location", "net", "energy", "currency"} {
				if sent[name] != got[name] {
					t.Errorf("the CDR comes back with %s %q, was %q", name, got[name], sent[name])
				}
			}
		}
	})
}

// bills lists to each eMSP what its drivers charged.
func (w *world) bills(t *testing.T) {
	for _, emsp := range w.emsps {
		sessions, cdrs := emsp.listed(t, ocpi.Sessions), emsp.listed(t, ocpi.CDRs)
		for _, cpo := range w.cpos {
			for i := range cpo.ways(emsp) {
				emsp.wantListed(t, cpo, ocpi.Sessions, bill(fmt.Sprint("S", i), cpo, emsp), sessions)
				emsp.wantListed(t, cpo, ocpi.CDRs, bill(fmt.Sprint("C", i), cpo, emsp), cdrs)
			}
		}
	}
}

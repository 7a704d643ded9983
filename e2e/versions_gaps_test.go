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

// later leaves out the pairs with a party of 2.1.1.
func later(play func(*testing.T, *resident, *resident)) func(*testing.T, *resident, *resident) {
	return func(t *testing.T, cpo, emsp *resident) {
		if cpo.v != ocpi.V211 && emsp.v != ocpi.V211 {
			play(t, cpo, emsp)
		}
	}
}

// profiles sets a charging profile for the session of each pair, and asks for
// another way of charging.
func (w *world) profiles(t *testing.T) {
	w.pairs(t, later(func(t *testing.T, cpo, emsp *resident) {
		session := bill("S0", cpo, emsp)
		result, answer := setProfile(t, emsp, cpo, session)
		if got, err := answer.Wait(soon(t)); result != "ACCEPTED" || err != nil || got.Result() != "ACCEPTED" {
			t.Errorf("the charging profile is answered %q, then %s, %v", result, got.Body, err)
		}
		reply, err := emsp.Do(soon(t), ocpitest.Request{
			Module: ocpi.Sessions, Interface: ocpi.Sender, Method: http.MethodPut, Path: session + "/charging_preferences",
			From: emsp.id, To: cpo.id, Body: []byte(`{"profile_type":"CHEAP"}`),
		})
		if got := string(ok(t, "the preferences", reply, err).Envelope.Data); got != `"ACCEPTED"` {
			t.Errorf("the preferences are answered %s", got)
		}
	}))
}

// foretold asks the operator's hub what would become of a location, and of a
// command that 2.1.1 does not have.
func (w *world) foretold(t *testing.T) {
	cpo := speaking(w.cpos, ocpi.V221)
	for _, emsp := range w.emsps {
		var got struct {
			Decision     string
			Translations []struct {
				Receiver, Object, Withheld string
				From                       ocpi.Version `json:"from_version"`
				To                         ocpi.Version `json:"to_version"`
				LookedAt                   bool         `json:"looked_at"`
				Findings                   []map[string]any
			}
		}
		w.hub.hubctl(&got, "explain", "--from", cpo.id.String(), "--to", emsp.id.String(), "--module", "locations", "--method", "PUT",
			"--path", fmt.Sprintf("%s/%s/%s", cpo.id.Country, cpo.id.ID, cpo.place()))
		if emsp.v == cpo.v {
			if len(got.Translations) > 0 {
				t.Errorf("between parties of one version: %+v", got)
			}
			continue
		}
		if len(got.Translations) != 1 {
			t.Fatalf("to an eMSP of %s: %+v", emsp.v, got)
		}
		one := got.Translations[0]
		if one.Receiver != emsp.id.String() || one.Object != "Location" || one.From != cpo.v || one.To != emsp.v || !one.LookedAt || one.Withheld != "" {
			t.Errorf("to an eMSP of %s: %+v", emsp.v, one)
		}
	}
	var got struct{ Decision, Reason string }
	w.hub.hubctl(&got, "explain", "--from", speaking(w.emsps, ocpi.V230).id.String(), "--to", speaking(w.cpos, ocpi.V211).id.String(),
		"--module", "commands", "--method", "POST", "--path", "CANCEL_RESERVATION")
	if got.Decision != "direct" || !strings.Contains(got.Reason, "NOT_SUPPORTED") {
		t.Errorf("CANCEL_RESERVATION to 2.1.1: %+v", got)
	}
}

func setProfile(t *testing.T, emsp, cpo *resident, session string) (result string, answer *ocpitest.Callback) {
	t.Helper()
	answer = emsp.NewCallback(ocpi.ChargingProfiles)
	reply, err := emsp.Do(soon(t), ocpitest.Request{
		Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver, Method: http.MethodPut, Path: session, From: emsp.id, To: cpo.id,
		Body: fmt.Appendf(nil, `{"charging_profile":{"charging_rate_unit":"W"},"response_url":%q}`, answer.URL),
	})
	return dig(ok(t, "the charging profile", reply, err).Envelope.Data, "result"), answer
}

// gaps asks CPOs of 2.1.1 for what that version does not have.
func (w *world) gaps(t *testing.T) {
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		if cpo.v != ocpi.V211 || emsp.v == ocpi.V211 {
			return
		}
		before := len(cpo.Calls())
		result, _, err := emsp.Command(soon(t), ocpitest.Order{Name: "CANCEL_RESERVATION", From: emsp.id, To: cpo.id, Body: []byte(`{"reservation_id":"17"}`)})
		if err != nil || result != "NOT_SUPPORTED" {
			t.Errorf("CANCEL_RESERVATION is answered %q, %v", result, err)
		}
		if result, _ := setProfile(t, emsp, cpo, bill("S0", cpo, emsp)); result != "NOT_SUPPORTED" {
			t.Errorf("a charging profile is answered %q", result)
		}
		if got := cpo.Calls()[before:]; len(got) > 0 {
			t.Errorf("the CPO is called %v", got)
		}
	})
}

// directory checks that each is told of all others: by client info, and in 2.3.0
// by the hub's credentials, too.
func (w *world) directory(t *testing.T) {
	for _, r := range w.everybody() {
		if r.v == ocpi.V211 {
			continue
		}
		listed := map[ocpi.PartyID]string{}
		_, err := r.GetAll(soon(t), ocpitest.List{Module: ocpi.HubClientInfo}, func(raw []byte) error {
			listed[ocpi.NewPartyID(dig(raw, "country_code"), dig(raw, "party_id"))] = dig(raw, "status")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range w.everybody() {
			if other != r && listed[other.id] != "CONNECTED" {
				t.Errorf("%s sees %s as %q", r.Name(), other.id, listed[other.id])
			}
		}
		if r.v == ocpi.V230 {
			w.reachable(t, r)
		}
	}
}

// reachable waits until the hub has told a platform of 2.3.0 whom it reaches.
func (w *world) reachable(t *testing.T, r *resident) {
	t.Helper()
	holds(t, r.Platform, r.Name()+" is told of everybody by credentials", func() bool {
		known := r.Reachable()
		return !slices.ContainsFunc(w.everybody(), func(other *resident) bool {
			in := slices.ContainsFunc(known, func(p ocpitest.Party) bool { return p.ID == other.id })
			return in == (other == r)
		})
	})
	if r.Hub() != hubParty {
		t.Errorf("%s takes %s for the hub", r.Name(), r.Hub())
	}
}

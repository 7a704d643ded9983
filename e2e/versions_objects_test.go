package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// place is the location of a CPO, tariff what it costs there, and card the token
// of an eMSP's driver.
func (r *resident) place() string  { return "LOC-" + r.id.ID }
func (r *resident) tariff() string { return r.place() + "-T" }
func (r *resident) card() string   { return "04" + r.id.ID }

// shared is the id of another tariff, which every CPO has.
const shared = "T-SHARED"

// tokens pushes a token of each eMSP to all.
func (w *world) tokens(t *testing.T) {
	for _, emsp := range w.emsps {
		reply, err := emsp.Push(soon(t), ocpi.Tokens, emsp.Hub(), w.sample(emsp).Token(emsp.card()))
		ok(t, emsp.Name(), reply, err)
	}
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		own, _ := emsp.Offered(emsp.key(ocpi.Tokens, emsp.card()))
		same(t, emsp, cpo, own, cpo.got(t, emsp, ocpi.Tokens, emsp.card()).Raw)
	})
}

// locations pushes two tariffs and a location of each CPO to all.
func (w *world) locations(t *testing.T) {
	for _, cpo := range w.cpos {
		of := w.sample(cpo)
		for _, g := range []struct {
			m    ocpi.ModuleID
			body []byte
		}{{ocpi.Tariffs, of.Tariff(cpo.tariff())}, {ocpi.Tariffs, of.Tariff(shared)}, {ocpi.Locations, of.Location(cpo.place())}} {
			reply, err := cpo.Push(soon(t), g.m, cpo.Hub(), g.body)
			ok(t, cpo.Name(), reply, err)
		}
	}
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		w.compare(t, cpo, emsp, ocpi.Tariffs, cpo.tariff())
		w.compare(t, cpo, emsp, ocpi.Tariffs, shared)
		w.compare(t, cpo, emsp, ocpi.Locations, cpo.place())
	})
}

// compare waits until an eMSP has an object as its CPO has it.
func (w *world) compare(t *testing.T, cpo, emsp *resident, m ocpi.ModuleID, id string) {
	t.Helper()
	own, _ := cpo.Offered(cpo.key(m, id))
	got := emsp.got(t, cpo, m, id)
	holds(t, emsp.Platform, fmt.Sprintf("%s has the newest %s %s of %s", emsp.Name(), m, id, cpo.id), func() bool {
		got = emsp.got(t, cpo, m, id)
		return dig(got.Raw, "last_updated") == dig(own.Raw, "last_updated")
	})
	same(t, cpo, emsp, own, got.Raw)
}

// changes changes the status of an EVSE, and the name of its location.
func (w *world) changes(t *testing.T) {
	for _, cpo := range w.cpos {
		for _, change := range []ocpitest.Change{
			{Parts: []string{ocpitest.SampleEVSE}, Body: w.stamped(`{"status":"CHARGING"}`)},
			{Body: w.stamped(`{"name":"Kade 2"}`)},
		} {
			change.Key, change.To = cpo.key(ocpi.Locations, cpo.place()), cpo.Hub()
			reply, err := cpo.Patch(soon(t), change)
			ok(t, cpo.Name(), reply, err)
		}
	}
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		w.compare(t, cpo, emsp, ocpi.Locations, cpo.place())
		if got := emsp.got(t, cpo, ocpi.Locations, cpo.place()); dig(got.Raw, "evses.0.status") != "CHARGING" || dig(got.Raw, "name") != "Kade 2" {
			t.Errorf("%s has %s", emsp.Name(), got.Raw)
		}
	})
}

// stamped gives a change the time at which it is made.
func (w *world) stamped(body string) []byte {
	return ocpi.SetMember([]byte(body), "last_updated", ocpi.Quote(ocpi.FormatDateTime(w.now())))
}

// listed gets a list of all that the hub has for a resident, by id.
func (r *resident) listed(t *testing.T, m ocpi.ModuleID) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	list := ocpitest.List{Module: m, From: r.id, To: r.Hub(), Limit: 2}
	if m == ocpi.Sessions || m == ocpi.CDRs {
		list.Query = url.Values{"date_from": {"2020-01-01T00:00:00Z"}}
	}
	crawl, err := r.GetAll(soon(t), list, func(raw []byte) error {
		id := dig(raw, "id", "uid")
		if r.v != ocpi.V211 { // where the same id may be another owner's
			id = dig(raw, "country_code") + "*" + dig(raw, "party_id") + "*" + id
		}
		out[id] = slices.Clone(raw)
		return nil
	})
	if err != nil || crawl.Objects != len(out) || crawl.Total != len(out) {
		t.Errorf("%s lists %d different %s: %+v, %v", r.Name(), len(out), m, crawl, err)
	}
	return out
}

// wantListed finds an object of another in a list, as its owner has it.
func (r *resident) wantListed(t *testing.T, owner *resident, m ocpi.ModuleID, id string, list map[string][]byte) {
	t.Helper()
	name := owner.id.String() + "*" + id
	if r.v == ocpi.V211 && (m == ocpi.Tokens || m == ocpi.CDRs) {
		name = id
	}
	own, _ := owner.Offered(owner.key(m, id))
	if got := list[name]; got == nil {
		t.Errorf("%s of %s is not in the list of %s", id, owner.id, r.Name())
	} else {
		same(t, owner, r, own, got)
	}
}

// lists gets all at once what was pushed to all.
func (w *world) lists(t *testing.T) {
	for _, emsp := range w.emsps {
		locations, tariffs := emsp.listed(t, ocpi.Locations), emsp.listed(t, ocpi.Tariffs)
		for _, cpo := range w.cpos {
			emsp.wantListed(t, cpo, ocpi.Locations, cpo.place(), locations)
			emsp.wantListed(t, cpo, ocpi.Tariffs, cpo.tariff(), tariffs)
			emsp.wantListed(t, cpo, ocpi.Tariffs, shared, tariffs)
		}
	}
	for _, cpo := range w.cpos {
		tokens := cpo.listed(t, ocpi.Tokens)
		for _, emsp := range w.emsps {
			cpo.wantListed(t, emsp, ocpi.Tokens, emsp.card(), tokens)
		}
	}
}

// single asks a CPO for its location, and for the parts of it; and an eMSP for
// its copy, where a message can be addressed.
func (w *world) single(t *testing.T) {
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		own, _ := cpo.Offered(cpo.key(ocpi.Locations, cpo.place()))
		get := func(to ocpi.PartyID, below string) []byte {
			t.Helper()
			reply, err := emsp.Do(soon(t), ocpitest.Request{
				Module: ocpi.Locations, Interface: ocpi.Sender, Method: http.MethodGet,
				Path: url.PathEscape(emsp.sees(cpo, cpo.place())) + below, From: emsp.id, To: to,
			})
			return ok(t, "GET of the location"+below, reply, err).Envelope.Data
		}
		same(t, cpo, emsp, own, get(emsp.to(cpo), ""))
		if got := dig(get(emsp.to(cpo), "/"+ocpitest.SampleEVSE), "status"); got != "CHARGING" {
			t.Errorf("the EVSE is %q", got)
		}
		if got := dig(get(emsp.to(cpo), "/"+ocpitest.SampleEVSE+"/"+ocpitest.SampleConnector), "max_voltage", "voltage"); got != "230" {
			t.Errorf("the connector has %q V", got)
		}
		if cpo.v == ocpi.V211 {
			return
		}
		reply, err := cpo.Do(soon(t), ocpitest.Request{
			Module: ocpi.Locations, Interface: ocpi.Receiver, Method: http.MethodGet,
			Path: fmt.Sprintf("%s/%s/%s", cpo.id.Country, cpo.id.ID, cpo.place()), From: cpo.id, To: emsp.id,
		})
		if back := factsOf(ocpi.Locations, ok(t, "GET of the copy", reply, err).Envelope.Data); back["id"] != cpo.place() || back["evse.status"] != "CHARGING" {
			t.Errorf("the copy comes back as %s", reply.Envelope.Data)
		}
	})
}

// deletions takes the tariffs away that are one CPO's alone.
func (w *world) deletions(t *testing.T) {
	for _, cpo := range w.cpos {
		reply, err := cpo.Delete(soon(t), cpo.key(ocpi.Tariffs, cpo.tariff()), cpo.Hub())
		ok(t, cpo.Name(), reply, err)
	}
	w.pairs(t, func(t *testing.T, cpo, emsp *resident) {
		holds(t, emsp.Platform, "the tariff is gone", func() bool {
			_, there := emsp.Object(ocpitest.Key{Module: ocpi.Tariffs, Owner: cpo.id, ID: emsp.sees(cpo, cpo.tariff())}, emsp.id)
			return !there
		})
	})
	for _, emsp := range w.emsps {
		if left := emsp.listed(t, ocpi.Tariffs); len(left) != len(w.cpos) {
			t.Errorf("%s is given %d tariffs, want those that are left, one of each CPO", emsp.Name(), len(left))
		}
	}
}

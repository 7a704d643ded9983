package hub_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/boltstore"
)

// tells is a condition for the client info of a party in a status.
func tells(party ocpi.PartyID, status parties.Status) func(ocpitest.Call) bool {
	return func(c ocpitest.Call) bool {
		return c.Module == ocpi.HubClientInfo && c.Method == "PUT" &&
			ocpi.FindString(c.Body, "party_id") == party.ID && ocpi.FindString(c.Body, "country_code") == party.Country &&
			ocpi.FindString(c.Body, "status") == string(status)
	}
}

func waitFor(t *testing.T, p *ocpitest.Platform, wanted func(ocpitest.Call) bool) ocpitest.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := p.WaitFor(ctx, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// edit changes the one platform that holds a party, behind the back of a hub
// that is stopped: what a kill leaves between the save and the announcement.
func edit(t *testing.T, dir string, party ocpi.PartyID, change func(*parties.Platform)) {
	t.Helper()
	store, err := boltstore.Open(filepath.Join(dir, "registry.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	platforms, _, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range platforms {
		if p.Holds(party) {
			change(p)
			if err := store.Save(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestH185_AChangeThatWasNotToldBeforeTheHubDiedIsToldAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	in := func(c *hub.Config) { c.DataDir = dir }
	h := startHub(t, in)
	reader := join(t, h, of(ocpi.EMSP, emsp))
	join(t, h, of(ocpi.CPO, cpo))
	waitFor(t, reader, tells(cpo, parties.Connected))
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	reader.ForgetCalls()
	edit(t, dir, cpo, func(p *parties.Platform) {
		p.Status, p.Updated = parties.Suspended, p.Updated.Add(time.Second)
	})

	startHub(t, in)
	waitFor(t, reader, tells(cpo, parties.Suspended))
}

// slowly is how long an answer takes beside which everything else would be
// quicker.
const slowly = 50 * time.Millisecond

// infos reads one page of the client info as a platform sees it.
func infos(t *testing.T, p *ocpitest.Platform, query url.Values) (names []string, reply ocpitest.Reply) {
	t.Helper()
	reply = send(t, p, ocpitest.Request{
		Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: http.MethodGet, Query: query,
	})
	want(t, reply, 200, 1000)
	for raw := range ocpi.Elements(reply.Envelope.Data) {
		names = append(names, ocpi.FindString(raw, "country_code")+"*"+ocpi.FindString(raw, "party_id")+" "+
			ocpi.FindString(raw, "role")+" "+ocpi.FindString(raw, "status"))
	}
	return names, reply
}

func TestH185_TheListOfClientInfo(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	both := of(ocpi.CPO, cpo2)
	both.Parties = append(both.Parties, of(ocpi.EMSP, cpo2).Parties...)
	join(t, h, both)
	joined := time.Now().UTC().Add(time.Millisecond).Truncate(time.Millisecond)
	for time.Now().Before(joined) { // the next is not before that
		time.Sleep(time.Millisecond)
	}
	invite(t, h, "next", of(ocpi.EMSP, emsp).Parties...)
	all := []string{"DE*AB2 CPO CONNECTED", "DE*AB2 EMSP CONNECTED", "NL*TNM EMSP PLANNED"}

	t.Run("H-188, H-189, H-193 shows the others in each role, and not the hub", func(t *testing.T) {
		got, reply := infos(t, c, nil)
		if !slices.Equal(got, all) || reply.Header.Get("X-Total-Count") != "3" || reply.Header.Get("Link") != "" {
			t.Errorf("got %v, %v", got, reply.Header)
		}
	})
	t.Run("is paginated", func(t *testing.T) {
		got, reply := infos(t, c, url.Values{"limit": {"2"}})
		if !slices.Equal(got, all[:2]) || reply.Header.Get("X-Total-Count") != "3" || !strings.Contains(reply.Header.Get("Link"), "offset=2") {
			t.Errorf("the first page is %v, %v", got, reply.Header)
		}
		crawl, err := c.GetAll(t.Context(), ocpitest.List{Module: ocpi.HubClientInfo, Limit: 1}, nil)
		if err != nil || crawl.Objects != 3 || crawl.Pages != 3 || crawl.Total != 3 {
			t.Errorf("a crawl sees %+v, %v", crawl, err)
		}
	})
	t.Run("is limited by last_updated", func(t *testing.T) {
		at := ocpi.FormatDateTime(joined)
		if got, _ := infos(t, c, url.Values{"date_from": {at}}); !slices.Equal(got, all[2:]) {
			t.Errorf("since then: %v", got)
		}
		if got, _ := infos(t, c, url.Values{"date_to": {at}}); !slices.Equal(got, all[:2]) {
			t.Errorf("before that: %v", got)
		}
	})
	t.Run("refuses a query that makes no sense", func(t *testing.T) {
		for _, query := range []url.Values{{"limit": {"-1"}}, {"offset": {"x"}}, {"date_from": {"yesterday"}}} {
			reply := send(t, c, ocpitest.Request{Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: http.MethodGet, Query: query})
			want(t, reply, 200, 2001)
		}
	})
	t.Run("H-146 is read only", func(t *testing.T) {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete} {
			reply := send(t, c, ocpitest.Request{Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: method, Body: []byte("{}")})
			want(t, reply, 405, 2000)
			if reply.Header.Get("Allow") != http.MethodGet {
				t.Errorf("%s: Allow is %q", method, reply.Header.Get("Allow"))
			}
		}
	})
	t.Run("H-068 routing headers are ignored, and none are answered", func(t *testing.T) {
		reply := send(t, c, ocpitest.Request{
			Module: ocpi.HubClientInfo, Interface: ocpi.Sender, Method: http.MethodGet,
			Header: http.Header{"Ocpi-To-Party-Id": {"XXX"}, "Ocpi-To-Country-Code": {"XX"}},
		})
		want(t, reply, 200, 1000)
		if reply.Routing() != (ocpi.Routing{}) {
			t.Errorf("the answer has %+v", reply.Routing())
		}
	})
}

func TestH122_EachOwnerInAListIsInTheReadersClientInfo(t *testing.T) {
	s := newScene(t)
	want(t, send(t, s.sender, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	known := func() map[string]bool {
		list, _ := infos(t, s.witness, nil)
		out := map[string]bool{}
		for _, name := range list {
			party, _, _ := strings.Cut(name, " ")
			out[party] = true
		}
		return out
	}
	check := func(step string, owners int) {
		t.Helper()
		seen := map[string]bool{}
		_, err := s.witness.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, func(raw []byte) error {
			seen[ocpi.FindString(raw, "country_code")+"*"+ocpi.FindString(raw, "party_id")] = true
			return nil
		})
		if err != nil || len(seen) != owners {
			t.Errorf("%s: owners %v, %v, want %d", step, seen, err, owners)
		}
		for owner := range seen {
			if !known()[owner] {
				t.Errorf("%s: %s is in the list and not in client info", step, owner)
			}
		}
	}
	check("all are connected", 2)
	if _, err := s.hub.Registry().Remove(t.Context(), s.id()); err != nil {
		t.Fatal(err)
	}
	check("one was removed", 1)
}

func TestH109_ANewReceiverHearsOfEverybodyBeforeItsFirstObject(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo, cpo2))
	for n := range 10 {
		e, err := ocpitest.New(ocpitest.Options{Name: "newcomer", Parties: of(ocpi.EMSP, ocpi.NewPartyID("BE", fmt.Sprintf("N%02d", n))).Parties})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		e.Fail(ocpitest.Fault{Module: ocpi.HubClientInfo, Delay: slowly})
		if err := e.Register(t.Context(), h.VersionsURL(), invite(t, h, "newcomer", e.Parties()...)); err != nil {
			t.Fatal(err)
		}
		id, to := fmt.Sprint("L", n), e.Parties()[0].ID
		want(t, send(t, c, putLocation(hubParty, cpo, id, location(cpo, id, t0))), 200, 1000)
		want(t, send(t, c, putLocation(to, cpo2, id, location(cpo2, id, t0))), 201, 1000)
		until(t, e, "the broadcast", func() bool { return arrived(e, to, id) != "" })
		told := map[string]bool{}
		for _, call := range e.Calls() {
			owner := call.Below[:min(6, len(call.Below))]
			switch {
			case call.Module == ocpi.HubClientInfo:
				told[owner] = true
			case call.Module == ocpi.Locations && !told[owner]:
				t.Errorf("newcomer %d got %s before it was told of its owner", n, call.Below)
			}
		}
	}
}

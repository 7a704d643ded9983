package hub_test

import (
	"context"
	"path/filepath"
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

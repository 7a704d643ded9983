package e2e

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const (
	rounds           = 5
	patchesARound    = 5000
	locationsOfACPO  = 50
	evsesOfALocation = 3
	workers          = 16
)

var hubParty = ocpi.NewPartyID("NL", "HUB")

// pump is one EVSE whose status is patched: its CPO, its path, its last status.
type pump struct {
	cpo    *ocpitest.Platform
	owner  ocpi.PartyID
	path   string
	name   string
	serial int
}

func TestAfterKill9InTheMiddleOfABroadcastEveryEMSPEndsWithTheNewestAcknowledgedState(t *testing.T) {
	h := startHub(t)
	cpos := []*ocpitest.Platform{
		h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.CPO, "NL*CPX", "NL*CPY")),
	}
	emsps := []*ocpitest.Platform{
		h.join(platformOf(ocpi.EMSP, "NL*TNM")), h.join(platformOf(ocpi.EMSP, "BE*ECO", "BE*EC2")), h.join(platformOf(ocpi.EMSP, "FR*DRV")),
	}
	pumps := publish(t, cpos)
	for round := range rounds {
		acknowledged := killWhilePatching(t, h, pumps, round)
		for _, e := range emsps {
			wantStatuses(t, e, acknowledged, round)
		}
	}
	wantEverythingStillThere(t, h, append(cpos, emsps...), emsps[0], pumps)
}

// publish broadcasts the locations of every CPO party.
func publish(t *testing.T, cpos []*ocpitest.Platform) (pumps []*pump) {
	t.Helper()
	for _, c := range cpos {
		for _, party := range c.Parties() {
			for i := range locationsOfACPO {
				id := fmt.Sprint("LOC", i)
				reply, err := c.Push(t.Context(), ocpi.Locations, hubParty, []byte(locationWith(party.ID, id, evsesOfALocation)))
				if err != nil || !reply.OK() {
					t.Fatalf("publish %s: %v, %v", id, err, reply.Err())
				}
				for n := range evsesOfALocation {
					uid := fmt.Sprint(id, "-", n)
					pumps = append(pumps, &pump{
						cpo: c, owner: party.ID, name: party.ID.String() + "/" + id + "/" + uid,
						path: party.ID.Country + "/" + party.ID.ID + "/" + id + "/" + uid,
					})
				}
			}
		}
	}
	return pumps
}

// killWhilePatching sends patches from many workers, kills the hub in the
// middle of them, starts it again, and returns the last acknowledged status of
// every EVSE. What got no answer is sent again, as senders do.
func killWhilePatching(t *testing.T, h *hubProcess, pumps []*pump, round int) map[string]string {
	t.Helper()
	dice := rand.New(rand.NewPCG(42, uint64(round)))
	killAt := int64(500 + dice.IntN(patchesARound-1000))
	var sent, acked atomic.Int64
	statuses := make([]map[string]string, workers)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for w := range workers {
		statuses[w] = map[string]string{}
		all.Go(func() {
			for sent.Add(1) <= patchesARound && ctx.Err() == nil {
				p := pumps[w+workers*int(sent.Load()%int64(len(pumps)/workers))]
				statuses[w][p.name] = p.patch(ctx)
				acked.Add(1)
			}
		})
	}
	for acked.Load() < killAt && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	h.kill()
	h.start()
	all.Wait()
	if ctx.Err() != nil {
		t.Fatalf("round %d: only %d of %d patches were acknowledged in time", round, acked.Load(), patchesARound)
	}
	t.Logf("round %d: killed after %d of %d patches", round, killAt, patchesARound)
	out := map[string]string{}
	for _, s := range statuses {
		maps.Copy(out, s)
	}
	return out
}

// patch changes the status until the hub acknowledges it.
func (p *pump) patch(ctx context.Context) string {
	p.serial++
	status := fmt.Sprint("S", p.serial)
	at := time.Date(2026, 2, 1, 0, 0, p.serial, 0, time.UTC)
	body := fmt.Appendf(nil, `{"status":%q,"last_updated":%q}`, status, ocpi.FormatDateTime(at))
	for ctx.Err() == nil {
		reply, err := p.cpo.Do(ctx, ocpitest.Request{
			Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PATCH", From: p.owner, To: hubParty, Path: p.path, Body: body,
		})
		if err == nil && reply.OK() {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return status
}

// wantStatuses waits until every party of a platform has these statuses, and
// no state came after a newer one.
func wantStatuses(t *testing.T, e *ocpitest.Platform, want map[string]string, round int) {
	t.Helper()
	for _, party := range e.Parties() {
		eventually(t, time.Minute, fmt.Sprintf("round %d: %s has the newest states", round, party), func() error {
			got := ocpitest.Statuses(e.Objects(ocpi.Locations, func(o ocpitest.Object) bool { return o.To == party.ID }))
			for name, status := range want {
				if got[name] != status {
					return fmt.Errorf("%s is %q, want %q", name, got[name], status)
				}
			}
			return nil
		})
	}
	if old := e.Regressions(); len(old) > 0 {
		t.Errorf("round %d: %s got older states after newer ones: %v", round, e.Name(), old[:min(3, len(old))])
	}
}

// wantEverythingStillThere checks registrations, tokens and catalog.
func wantEverythingStillThere(t *testing.T, h *hubProcess, everybody []*ocpitest.Platform, e *ocpitest.Platform, pumps []*pump) {
	t.Helper()
	var listed []struct {
		Status  string `json:"status"`
		Parties []any  `json:"parties"`
	}
	h.hubctl(&listed, "platforms", "list")
	for _, p := range listed {
		if p.Status != "CONNECTED" || len(p.Parties) == 0 {
			t.Errorf("a platform is %+v", p)
		}
	}
	if len(listed) != len(everybody) {
		t.Errorf("%d platforms are listed, want %d", len(listed), len(everybody))
	}
	for _, p := range everybody {
		reply, err := p.Do(t.Context(), ocpitest.Request{Module: ocpi.Credentials, Method: "GET"})
		if err != nil || !reply.OK() {
			t.Errorf("the token of %s is not good any more: %v, %v", p.Name(), err, reply.Err())
		}
	}
	var held []ocpitest.Object
	crawl, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, func(raw []byte) error {
		owner := ocpi.NewPartyID(ocpi.FindString(raw, "country_code"), ocpi.FindString(raw, "party_id"))
		held = append(held, ocpitest.Object{Key: ocpitest.Key{Module: ocpi.Locations, Owner: owner, ID: ocpi.FindString(raw, "id")}, Raw: raw})
		return nil
	})
	if want := len(pumps) / evsesOfALocation; err != nil || crawl.Objects != want || crawl.Total != want {
		t.Errorf("the catalog lists %+v, %v; want %d", crawl, err, want)
	}
	got := ocpitest.Statuses(held)
	for _, p := range pumps {
		if want := fmt.Sprint("S", p.serial); p.serial > 0 && got[p.name] != want {
			t.Errorf("in the catalog %s is %q, want %q", p.name, got[p.name], want)
		}
	}
}

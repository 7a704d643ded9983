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
	rounds           = 2 // e2e/chaos kills more often, and more than the hub
	patchesARound    = 3000
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
	t.Parallel()
	h := startHub(t)
	cpos := []*ocpitest.Platform{
		h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.CPO, "NL*CPX", "NL*CPY")),
	}
	emsps := []*ocpitest.Platform{
		h.join(platformOf(ocpi.EMSP, "NL*TNM")), h.join(platformOf(ocpi.EMSP, "BE*ECO", "BE*EC2")), h.join(platformOf(ocpi.EMSP, "FR*DRV")),
	}
	pumps := publish(t, cpos)
	for round := range rounds {
		r := &crashRound{hub: h, pumps: pumps, newest: map[string]string{}, goOn: make(chan struct{})}
		killAt := int64(500 + rand.New(rand.NewPCG(42, uint64(round))).IntN(patchesARound-1000))
		finished := r.patchUntilKilled(t, killAt, emsps[round%len(emsps)])
		// What was acknowledged just before the kill must come, with no later
		// change of the same EVSE to hide that it did not.
		atKill := r.acknowledged()
		for _, e := range emsps {
			wantStatuses(t, e, atKill, round)
		}
		t.Logf("round %d: killed after %d of %d patches", round, killAt, patchesARound)
		close(r.goOn)
		finished(t)
		for _, e := range emsps {
			wantStatuses(t, e, r.acknowledged(), round)
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

// crashRound is one kill of the hub in the middle of many patches.
type crashRound struct {
	hub         *hubProcess
	pumps       []*pump
	down        atomic.Bool
	goOn        chan struct{} // closed when the patches may go on after the kill
	sent, acked atomic.Int64
	mu          sync.Mutex
	newest      map[string]string // the last acknowledged status of every EVSE
}

func (r *crashRound) acknowledged() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.newest)
}

// patchUntilKilled sends patches from many workers, kills the hub in the middle
// of them while one receiver lags behind, and starts it again. What got no
// answer is sent again, as senders do; then the workers pause. Finished waits
// for the rest of the patches.
func (r *crashRound) patchUntilKilled(t *testing.T, killAt int64, lagging *ocpitest.Platform) (finished func(*testing.T)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	var all, paused sync.WaitGroup
	paused.Add(workers)
	for w := range workers {
		all.Go(func() { r.work(ctx, w, paused.Done) })
	}
	lagging.Fail(ocpitest.Fault{Module: ocpi.Locations, Delay: 20 * time.Millisecond})
	for r.acked.Load() < killAt && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	r.down.Store(true)
	r.hub.kill()
	lagging.Heal()
	r.hub.start()
	paused.Wait()
	return func(t *testing.T) {
		t.Helper()
		all.Wait()
		if ctx.Err() != nil {
			t.Fatalf("only %d of %d patches were acknowledged in time", r.acked.Load(), patchesARound)
		}
	}
}

// work patches the EVSEs of one worker, with a pause when the hub was killed.
func (r *crashRound) work(ctx context.Context, worker int, pause func()) {
	pause = sync.OnceFunc(pause)
	defer pause()
	for r.sent.Add(1) <= patchesARound && ctx.Err() == nil {
		p := r.pumps[worker+workers*int(r.sent.Load()%int64(len(r.pumps)/workers))]
		status := p.patch(ctx)
		r.mu.Lock()
		r.newest[p.name] = status
		r.mu.Unlock()
		r.acked.Add(1)
		if r.down.Load() {
			pause()
			select {
			case <-r.goOn:
			case <-ctx.Done():
			}
		}
	}
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
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		lacks := ""
		err := e.Until(ctx, func() bool {
			lacks = differing(ocpitest.Statuses(e.Objects(ocpi.Locations, func(o ocpitest.Object) bool { return o.To == party.ID })), want)
			return lacks == ""
		})
		if err != nil {
			t.Fatalf("round %d: %s does not get the newest states: %s", round, party, lacks)
		}
	}
	if old := e.Regressions(); len(old) > 0 {
		t.Errorf("round %d: %s got older states after newer ones: %v", round, e.Name(), old[:min(3, len(old))])
	}
}

// differing names a status that is not as it should be, or nothing.
func differing(got, want map[string]string) string {
	for name, status := range want {
		if got[name] != status {
			return fmt.Sprintf("%s is %q, want %q", name, got[name], status)
		}
	}
	return ""
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

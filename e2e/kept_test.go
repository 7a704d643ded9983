package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

const (
	keptRounds  = 3
	cdrsARound  = 400
	cdrWorkers  = 8
	killedAfter = 150
)

// listOf returns the ids that a platform is listed by the hub, in order.
func listOf(t *testing.T, p *ocpitest.Platform, m ocpi.ModuleID, reader ocpi.PartyID) (ids []string) {
	t.Helper()
	list := ocpitest.List{Module: m, To: hubParty, From: reader, Query: url.Values{"date_from": {"2020-01-01T00:00:00Z"}}}
	_, err := p.GetAll(t.Context(), list, func(raw []byte) error {
		ids = append(ids, ocpi.FindString(raw, "id"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// posting posts CDRs from many workers to eMSPs, while the hub is killed.
type posting struct {
	cpo            *ocpitest.Platform
	drivers        []ocpi.PartyID
	next, answered atomic.Int64
	mu             sync.Mutex
	acked          map[string]ocpi.PartyID
	goOn           chan struct{} // closed when the hub is up again
}

func (p *posting) work(ctx context.Context, round int) {
	for n := p.next.Add(1); n <= int64(cdrsARound) && ctx.Err() == nil; n = p.next.Add(1) {
		id := fmt.Sprintf("R%d-%d", round, n)
		p.post(ctx, id, p.drivers[n%int64(len(p.drivers))])
	}
}

// post sends a CDR until it is answered, as senders do when a connection broke.
func (p *posting) post(ctx context.Context, id string, driver ocpi.PartyID) {
	for ctx.Err() == nil {
		reply, err := p.cpo.Push(ctx, ocpi.CDRs, driver, []byte(cdrOf(abc, id, driver)))
		if err == nil && (reply.OK() || reply.Code() == 2001) {
			p.mu.Lock()
			if reply.OK() {
				p.acked[id] = driver
			}
			p.mu.Unlock()
			p.answered.Add(1)
			return
		}
		select {
		case <-p.goOn: // repeated once the hub is up again
		case <-ctx.Done():
		}
	}
}

func TestAfterKill9EveryAcknowledgedCDRIsInTheListOfItsEMSPOnceAndNoRefusedOne(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	cpo := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	emsps := map[ocpi.PartyID]*ocpitest.Platform{
		tnm: h.join(platformOf(ocpi.EMSP, "NL*TNM")), eco: h.join(platformOf(ocpi.EMSP, "BE*ECO")),
	}
	picky := h.join(platformOf(ocpi.EMSP, "FR*DRV"))
	picky.Fail(ocpitest.Fault{Module: ocpi.CDRs, Code: 2001})
	p := &posting{cpo: cpo, drivers: []ocpi.PartyID{tnm, eco, drv}, acked: map[string]ocpi.PartyID{}}
	for round := range keptRounds {
		p.killedInTheMiddle(t, h, round)
		for driver, e := range emsps {
			p.wantKept(t, round, driver, listOf(t, e, ocpi.CDRs, driver))
		}
		if listed := listOf(t, picky, ocpi.CDRs, drv); len(listed) > 0 {
			t.Errorf("round %d: %d CDRs that were refused are listed", round, len(listed))
		}
	}
}

// killedInTheMiddle posts a round of CDRs and kills the hub in the middle.
func (p *posting) killedInTheMiddle(t *testing.T, h *hubProcess, round int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	p.next.Store(0)
	p.answered.Store(0)
	p.goOn = make(chan struct{})
	var workers sync.WaitGroup
	for range cdrWorkers {
		workers.Go(func() { p.work(ctx, round) })
	}
	for p.answered.Load() < killedAfter && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	h.kill()
	h.start()
	close(p.goOn)
	workers.Wait()
	if ctx.Err() != nil {
		t.Fatalf("round %d: only %d of %d CDRs were answered", round, p.answered.Load(), cdrsARound)
	}
}

func (p *posting) wantKept(t *testing.T, round int, driver ocpi.PartyID, listed []string) {
	t.Helper()
	slices.Sort(listed)
	if doubled := len(listed) - len(slices.Compact(slices.Clone(listed))); doubled > 0 {
		t.Errorf("round %d: %d CDRs are listed twice", round, doubled)
	}
	for id := range maps.Keys(p.acked) {
		if _, found := slices.BinarySearch(listed, id); found != (p.acked[id] == driver) {
			t.Errorf("round %d: CDR %s of %s is listed to %s: %v", round, id, p.acked[id], driver, found)
		}
	}
}

func TestACDRThatWasWithItsEMSPWhenTheHubWasKilledIsThereForItsGET(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	cpo, e := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	e.Fail(ocpitest.Fault{Module: ocpi.CDRs, Hang: true, TakesEffect: true})
	failed := make(chan error, 1)
	go func() {
		_, err := cpo.Push(context.WithoutCancel(t.Context()), ocpi.CDRs, tnm, []byte(cdrOf(abc, "C1", tnm)))
		failed <- err
	}()
	if err := e.Until(soon(t), func() bool { return len(e.Calls(ocpitest.Is(ocpi.CDRs, "POST"))) == 1 }); err != nil {
		t.Fatal(err)
	}
	if listed := listOf(t, e, ocpi.CDRs, tnm); len(listed) > 0 {
		t.Errorf("what is on its way is listed: %v", listed)
	}
	h.kill()
	if err := <-failed; err == nil {
		t.Error("it was answered by a hub that was killed")
	}
	e.Heal()
	h.start()
	for range 2 {
		if listed := listOf(t, e, ocpi.CDRs, tnm); fmt.Sprint(listed) != "[C1]" {
			t.Errorf("after the kill the list is %v", listed)
		}
		push(t, cpo, ocpi.CDRs, tnm, cdrOf(abc, "C1", tnm)) // the sender repeats it
	}
}

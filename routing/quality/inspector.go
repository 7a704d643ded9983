package quality

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	// maxWaiting and maxWaitingBytes bound the objects that wait to be looked
	// at.
	maxWaiting      = 1024
	maxWaitingBytes = 32 << 20
	// nap is how long Run sleeps when the queue is empty: to be woken for each object
	// would cost the messages more.
	nap = 10 * time.Millisecond
	// saveEvery is how old a count may be that a crash loses.
	saveEvery = 5 * time.Second
)

// Options configure an Inspector.
type Options struct {
	Store Store
	Now   func() time.Time
	Log   *slog.Logger
	// Found is told how many findings of a kind an object had; may be nil.
	Found func(kind ocpi.FindingKind, n int)
}

// Inspector looks at objects and keeps the counts. It is safe for concurrent
// use.
type Inspector struct {
	Options
	ledger  *ledger
	queue   chan Object
	bytes   atomic.Int64 // of the bodies that wait
	dropped atomic.Int64
	saving  sync.Mutex // held while rows are between ledger and store
}

// New returns an inspector. Run must run for anything to be counted.
func New(o Options) *Inspector {
	if o.Found == nil {
		o.Found = func(ocpi.FindingKind, int) {}
	}
	return &Inspector{Options: o, ledger: newLedger(), queue: make(chan Object, maxWaiting)}
}

// Inspect takes an object to be looked at. It never waits: when too much is
// waiting already, the object is dropped.
func (i *Inspector) Inspect(o Object) {
	size := int64(len(o.Body))
	if i.bytes.Add(size) <= maxWaitingBytes {
		select {
		case i.queue <- o:
			return
		default:
		}
	}
	i.bytes.Add(-size)
	i.dropped.Add(1)
}

// Dropped counts the objects that were not looked at since the start.
func (i *Inspector) Dropped() int64 { return i.dropped.Load() }

// Run looks at objects until ctx ends; then it looks at those that wait, and
// writes the counts a last time.
func (i *Inspector) Run(ctx context.Context) error {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case o := <-i.queue:
			i.look(o)
			i.drain()
			sleep(ctx, nap)
		case <-tick.C:
			i.save(ctx)
		case <-ctx.Done():
			i.drain()
			i.save(context.WithoutCancel(ctx))
			return nil
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (i *Inspector) drain() {
	for range maxWaiting { // no more: others may go on handing over
		select {
		case o := <-i.queue:
			i.look(o)
		default:
			return
		}
	}
}

// look counts the findings of an object.
func (i *Inspector) look(o Object) {
	i.bytes.Add(-int64(len(o.Body)))
	now := i.Now()
	found := findings(o, now)
	if len(found) == 0 {
		return
	}
	kinds := map[ocpi.FindingKind]int{}
	for _, f := range found {
		p := Place{Party: o.Owner, Module: o.Module, Kind: f.Kind, Field: fieldOf(o.Class, f)}
		i.ledger.note(p, now, exampleOf(o, p.Field, f))
		kinds[f.Kind]++
	}
	for kind, n := range kinds {
		i.Found(kind, n)
	}
}

func findings(o Object, now time.Time) []ocpi.Finding {
	if o.WentBack {
		return []ocpi.Finding{{Kind: ocpi.WentBack, Pointer: "/last_updated", Field: "last_updated", Problem: "is older than what the hub holds"}}
	}
	return ocpi.Review(o.Version, o.Class, o.Body, ocpi.Reviewing{Partial: o.Partial, Now: now})
}

// fieldOf is the field in the module's object: EVSEs and connectors come alone,
// too.
func fieldOf(class string, f ocpi.Finding) string {
	above := ""
	switch class {
	case "EVSE":
		above = "evses"
	case "Connector":
		above = "evses.connectors"
	}
	return strings.Trim(above+"."+f.Field, ".")
}

// save writes what has changed. What cannot be written stays counted, and is
// tried again.
func (i *Inspector) save(ctx context.Context) {
	i.saving.Lock()
	defer i.saving.Unlock()
	rows := i.ledger.take()
	if len(rows) == 0 {
		return
	}
	if err := i.Store.Add(ctx, rows); err != nil {
		i.ledger.putBack(rows)
		i.Log.Warn("the findings cannot be written now", "rows", len(rows), "error", err)
	}
}

// Rows returns the rows that a query selects, by party, then the most frequent
// first: those of all inspectors of the store, and what this one is yet to
// write.
func (i *Inspector) Rows(ctx context.Context, q Query) ([]Row, error) {
	i.saving.Lock()
	defer i.saving.Unlock()
	stored, err := i.Store.Rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the findings: %w", err)
	}
	sum := newTable()
	for _, r := range append(stored, i.ledger.unwritten()...) {
		sum.add(r)
	}
	rows := sum.list(q)
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(a.Party.String(), b.Party.String()), cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Module, b.Module), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Field, b.Field),
		)
	})
	return rows, nil
}

// Clear forgets the counts of a party, here and in the store.
func (i *Inspector) Clear(ctx context.Context, party ocpi.PartyID) error {
	i.saving.Lock() // else rows on their way to the store would come back
	defer i.saving.Unlock()
	if err := i.Store.Clear(ctx, party, i.Now()); err != nil {
		return fmt.Errorf("clear the findings of %s: %w", party, err)
	}
	i.ledger.clear(party)
	return nil
}

package hub

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// arrears brings the two sides of an agreement that is in force again what the
// other pushed to all meanwhile: the newest state of each object that changed,
// through the feed, so that order and outages are settled there. What is due is
// written on the agreement, and is done again when the process dies before that
// is taken back.
type arrears struct {
	directory func() *parties.Directory
	catalog   interface {
		Changed(ctx context.Context, since time.Time, each func(catalog.Key) bool) error
	}
	audience routing.Audience
	roleOf   func(owner ocpi.PartyID, m ocpi.ModuleID) ocpi.Role // in which a party pushes a module
	feed     routing.Feed
	herald   routing.Herald
	settled  func(ctx context.Context, a *parties.Agreement) error
	catchUp  string // what a platform that was away gets, unless the agreement says otherwise
	now      func() time.Time
	log      *slog.Logger
	wake     chan struct{}
}

func newArrears(h *Hub) *arrears {
	return &arrears{
		directory: h.registry.Directory, catalog: h.stores.catalog, audience: routing.Audience{Registry: h.registry, Now: time.Now},
		roleOf: h.engine.RoleOf,
		feed:   h.engine, herald: herald{h.announcer, h.engine}, settled: h.registry.NoteSettled,
		catchUp: h.cfg.Delivery.CatchUp, now: time.Now, log: h.log, wake: make(chan struct{}, 1),
	}
}

const (
	// arrearsSlack is taken off the time since when something is owed: the
	// catalog stores a change a little before it enters the feed.
	arrearsSlack = time.Minute
	// arrearsAgain is when arrears that could not be settled are tried again.
	arrearsAgain = 10 * time.Second
	// arrearsParallel is how many changes are on their way into the feed at a
	// time: each waits for the disk.
	arrearsParallel = 16
)

// changed takes note that the registry has changed. It does not block.
func (r *arrears) changed(_, _ *parties.Directory) {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run settles what is due, now and after every change, until ctx ends.
func (r *arrears) run(ctx context.Context) error {
	for {
		var again <-chan time.Time
		if wait := r.settle(ctx); wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-again:
		}
	}
}

// settle brings what is due, and returns when to look again; 0 when only a
// change of the registry can make something due.
func (r *arrears) settle(ctx context.Context) (wait time.Duration) {
	dir, now := r.directory(), r.now()
	due, next := dir.Arrears(now)
	for _, a := range due {
		n, err := r.bring(ctx, dir, a)
		if err == nil {
			err = r.settled(context.WithoutCancel(ctx), a)
		}
		if ctx.Err() != nil {
			return 0
		}
		if err != nil {
			r.log.WarnContext(ctx, "what the sides of an agreement missed cannot be brought now", "agreement_id", a.ID, "error", err)
			return arrearsAgain
		}
		r.log.InfoContext(ctx, "what the sides of an agreement missed is brought to them", "agreement_id", a.ID, "since", a.Owed, "objects", n)
	}
	if next.IsZero() {
		return 0
	}
	return min(max(next.Sub(now), time.Millisecond), clockCheck)
}

// bring puts into the feed what both sides of an agreement have missed. n counts
// the objects, once for each platform.
func (r *arrears) bring(ctx context.Context, dir *parties.Directory, a *parties.Agreement) (n int, err error) {
	if dir.Policy() != parties.PolicyByAgreement {
		return 0, nil // then nothing was held back
	}
	for _, party := range []ocpi.PartyID{a.CPO, a.EMSP} {
		r.herald.Announced(ctx, party)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(arrearsParallel)
	err = r.catalog.Changed(ctx, a.Owed.Add(-arrearsSlack), func(k catalog.Key) bool {
		reader, ok := otherSide(a, k.Owner)
		if !ok {
			return true
		}
		for _, change := range r.renewals(dir, k, reader) {
			n++
			work.Go(func() error { return r.feed.Accept(ctx, change) })
		}
		return ctx.Err() == nil
	})
	return n, cmp.Or(work.Wait(), err)
}

// otherSide is the side of an agreement that faces a party.
func otherSide(a *parties.Agreement, p ocpi.PartyID) (other ocpi.PartyID, ok bool) {
	switch p {
	case a.CPO:
		return a.EMSP, true
	case a.EMSP:
		return a.CPO, true
	}
	return ocpi.PartyID{}, false
}

// renewals are the changes that bring the newest state of an object to the
// platforms of a party; none when it does not get it.
func (r *arrears) renewals(dir *parties.Directory, k catalog.Key, reader ocpi.PartyID) (out []fanout.Change) {
	role := r.roleOf(k.Owner, k.Module)
	if r.skips(dir, parties.Claim{Role: role, Party: k.Owner}, reader) {
		return nil
	}
	told := ""
	for _, home := range dir.Homes(reader) {
		change := fanout.Renewal(k, role)
		change.For, change.CorrelationID = home.Platform.ID, uuid.NewString()
		if change.For == told || len(r.audience.Receivers(change.For, change)) == 0 {
			continue
		}
		told = change.For
		out = append(out, change)
	}
	return out
}

// skips says whether a party gets nothing of what another pushed while it could
// not have it.
func (r *arrears) skips(dir *parties.Directory, owner parties.Claim, reader ocpi.PartyID) bool {
	return cmp.Or(string(dir.CatchUp(owner, reader, r.now())), r.catchUp) == fanout.CatchUpNone
}

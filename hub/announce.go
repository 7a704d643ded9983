package hub

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// announcer tells the parties of every change of another party's status: a PUT
// of its ClientInfo goes through the fan-out like any other push (hub client
// info, Flow). It compares what the directory says with what was last told, so
// that a change which was lost with the process is told at the next start, and
// changes that follow quickly become one. Of several replicas one announces, the
// one that runs it; the others look into the book where it is not (elsewhere).
type announcer struct {
	directory func() *parties.Directory
	feed      routing.Feed
	book      parties.Book
	links     links
	shared    bool // another replica may announce while this one does not
	now       func() time.Time
	log       *slog.Logger

	wake chan struct{}
	damp damper
	mu   sync.RWMutex
	here bool                           // this replica announces
	told map[parties.Claim]parties.Told // the feed has it
	held map[parties.Claim]bool         // told later, for they come and go too often
	news chan struct{}                  // closed when told, held or here changes
	read time.Time                      // when the book was last read
}

// open reads what was told before.
func (a *announcer) open(ctx context.Context) error {
	a.held, a.damp = map[parties.Claim]bool{}, newDamper()
	a.news, a.wake = make(chan struct{}), make(chan struct{}, 1)
	a.here = !a.shared
	return a.look(ctx)
}

// look reads the book.
func (a *announcer) look(ctx context.Context) error {
	began := a.now()
	told, err := a.book.Told(ctx)
	if err != nil {
		return fmt.Errorf("read what was told of the parties: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told, a.read = told, began
	return nil
}

// changed takes note that the registry has changed. It does not block.
func (a *announcer) changed(_, _ *parties.Directory) {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// run tells what is untold, now and after every change, until ctx ends. It may be
// called again then.
func (a *announcer) run(ctx context.Context) error {
	if a.shared {
		if !a.takeOver(ctx) {
			return nil
		}
		defer a.handOver()
	}
	for {
		again := a.announce(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-a.wake:
		case <-again:
		}
	}
}

// announce brings what is untold into the feed, then writes it down. To die in
// between means to tell it twice. What is held back is due when again fires;
// nil when nothing is.
func (a *announcer) announce(ctx context.Context) (again <-chan time.Time) {
	now, wait := a.due()
	done := map[parties.Claim]parties.Told{}
	for _, m := range now {
		if !a.publish(ctx, m) {
			break
		}
		done[m.Claim] = m.Told()
	}
	if len(done) > 0 {
		if err := a.book.Tell(context.WithoutCancel(ctx), done); err != nil {
			a.log.Warn("what was told of the parties cannot be written down, and is told again after a start", "error", err)
		}
	}
	if turn := a.tellAgreements(ctx); turn > 0 && (wait == 0 || turn < wait) {
		wait = turn
	}
	if wait > 0 {
		again = time.After(wait)
	}
	return again
}

// due returns the members that are to be told now, and how long until the first
// of those that are held back; 0 when none is.
func (a *announcer) due() (now []parties.Member, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.held)
	for _, m := range parties.Untold(a.directory().Members(), a.told) {
		later := a.damp.wait(m, a.told[m.Claim], a.now())
		if later == 0 {
			now = append(now, m)
			continue
		}
		a.held[m.Claim] = true
		if wait == 0 || later < wait {
			wait = later
		}
	}
	a.tell()
	return now, wait
}

// tell wakes those who wait. The caller holds the lock.
func (a *announcer) tell() {
	close(a.news)
	a.news = make(chan struct{})
}

// pending says whether a party is to be told of now and the feed does not have
// it yet; news closes when that may have changed. Where another replica announces,
// which may hold back the comings and goings of a party, nobody waits for these.
func (a *announcer) pending(party ocpi.PartyID) (pending bool, news <-chan struct{}) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, m := range parties.Untold(a.directory().MembersOf(party), a.told) {
		if !a.held[m.Claim] && (a.here || !flaps(m.Status) || !flaps(a.told[m.Claim].Status)) {
			return true, a.news
		}
	}
	return a.links.look().by[party], a.news
}

// publish tells all who see a member how it is; false when ctx ended first.
func (a *announcer) publish(ctx context.Context, m parties.Member) bool {
	if !a.accept(ctx, routing.ClientInfoChange(m), m) {
		return false
	}
	a.note(m)
	return true
}

// accept repeats until the feed takes a change; false when ctx ended first.
func (a *announcer) accept(ctx context.Context, change fanout.Change, m parties.Member) bool {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := a.feed.Accept(ctx, change)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		a.log.Warn("cannot announce the status of a party yet", "party", m.Party.String(), "error", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
		}
	}
}

// await waits until the feed has what the registry says of a party, or ctx
// ends.
func (a *announcer) await(ctx context.Context, party ocpi.PartyID) {
	for pending, news := a.pending(party); pending; pending, news = a.pending(party) {
		select {
		case <-ctx.Done():
			return
		case <-news:
		case <-a.peek(ctx):
		}
	}
}

// note remembers that the feed has the member as it is.
func (a *announcer) note(m parties.Member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told[m.Claim] = m.Told()
	a.tell()
}

// herald lets nothing of a party overtake its client info.
type herald struct {
	announcer *announcer
	engine    *fanout.Engine
}

var _ routing.Herald = herald{}

// headStart bounds how long a message waits for the feed to take client info.
const headStart = 5 * time.Second

// Announced waits until the feed has the client info of a party.
func (h herald) Announced(ctx context.Context, party ocpi.PartyID) {
	if pending, _ := h.announcer.pending(party); !pending {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, headStart)
	defer cancel()
	h.announcer.await(ctx, party)
}

// Introduced waits until a platform was told of a party.
func (h herald) Introduced(ctx context.Context, platform string, party ocpi.PartyID) {
	h.Announced(ctx, party)
	h.engine.Introduced(ctx, platform, party)
}

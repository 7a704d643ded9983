package hub

import (
	"context"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// links follows which agreements are in force, and knows whom they concern, so
// that two parties hear of one another when an agreement begins, and that the
// other is SUSPENDED when it is over. The announcer asks it under the policy
// agreement; under the policy open agreements hide nobody.
type links struct {
	directory func() *parties.Directory
	note      func(ctx context.Context, id string, told bool) error
	now       func() time.Time

	mu   sync.Mutex
	told map[string]lastTold // by agreement, as the feed has it; else as the store has it
	seen survey
}

// lastTold is what others were last told of an agreement.
type lastTold struct {
	inForce bool
	changed time.Time // Agreement.Changed
}

// survey is what there is to tell, until the directory or a date changes it.
type survey struct {
	of    *parties.Directory
	until time.Time // zero: no date ahead
	due   []*parties.Agreement
	by    map[ocpi.PartyID]bool // the parties of those that are due
}

// look returns what there is to tell now. It costs next to nothing when nothing
// has changed.
func (l *links) look() survey {
	dir, now := l.directory(), l.now()
	if dir.Policy() != parties.PolicyByAgreement {
		return survey{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen.of == dir && (l.seen.until.IsZero() || now.Before(l.seen.until)) {
		return l.seen
	}
	l.seen = survey{of: dir, by: map[ocpi.PartyID]bool{}}
	l.seen.due, l.seen.until = dir.UntoldAgreements(now, l.wasTold)
	for _, a := range l.seen.due {
		l.seen.by[a.CPO], l.seen.by[a.EMSP] = true, true
	}
	return l.seen
}

// wasTold says whether others were last told that an agreement is in force. One
// that an operator has stopped and put into force again since is told anew: what
// was on its way when it was out of force reached nobody.
func (l *links) wasTold(a *parties.Agreement) bool {
	told, ok := l.told[a.ID]
	switch {
	case !ok:
		return a.Told
	case !told.changed.Equal(a.Changed):
		return !a.InForce(l.now())
	}
	return told.inForce
}

// forget drops what is remembered beside the store: another replica tells now, or
// told until now.
func (l *links) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told, l.seen = nil, survey{}
}

// done remembers that the feed has what became of an agreement.
func (l *links) done(a *parties.Agreement, inForce bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told == nil {
		l.told = map[string]lastTold{}
	}
	l.told[a.ID] = lastTold{inForce, a.Changed}
	l.seen = survey{}
}

// tellAgreements tells both sides of each agreement that has come into force or
// gone out of it. It returns when to look again for one that does so by its date; 0
// when none will.
func (a *announcer) tellAgreements(ctx context.Context) (wait time.Duration) {
	s := a.links.look()
	for _, g := range s.due {
		now := a.now()
		for _, i := range s.of.Introductions(g, now) {
			change := routing.ClientInfoChange(i.Member)
			change.For = i.Reader
			if !a.accept(ctx, change, i.Member) {
				return 0
			}
		}
		a.links.done(g, g.InForce(now))
		a.mu.Lock()
		a.tell()
		a.mu.Unlock()
		if err := a.links.note(context.WithoutCancel(ctx), g.ID, g.InForce(now)); err != nil {
			a.log.Warn("what was told of an agreement cannot be written down, and is told again after a start", "agreement_id", g.ID, "error", err)
		}
	}
	if s.until.IsZero() {
		return 0
	}
	return min(max(s.until.Sub(a.now()), time.Millisecond), clockCheck)
}

// clockCheck bounds the wait for a date: the clock of the wall may be set.
const clockCheck = time.Minute

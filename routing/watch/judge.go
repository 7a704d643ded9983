package watch

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// judge asks every detector.
func (w *Watcher) judge(now time.Time, a around) (out []Judgement) {
	out = append(out, w.silences(now)...)
	out = append(out, w.judgeShares(now)...)
	out = append(out, w.judgeBacklogs(a.loads)...)
	out = append(out, w.judgeEnds(now, a.ends)...)
	out = append(out, w.judgeTakings(now, a.stocks)...)
	for id, s := range a.seen.Platforms {
		out = append(out, judgeInvitation(id, s, w.Invitation, now))
	}
	for id, s := range w.skews {
		if j, sure := s.judge(id, w.ClockSkew); sure {
			out = append(out, j)
		}
	}
	return out
}

func (w *Watcher) silences(now time.Time) (out []Judgement) {
	if w.Silence == 0 {
		return nil
	}
	for _, r := range w.rhythms {
		var since time.Time
		a, firing := w.ledger.firing(Silence, Subject{Party: r.Party, Module: r.Module})
		if firing {
			since = a.Since
		}
		if j, sure := w.silence(r, now, firing, since); sure {
			out = append(out, j)
		}
	}
	return out
}

// judgeShares judges the shares of failure, and forgets those that were not used
// for a cycle.
func (w *Watcher) judgeShares(now time.Time) (out []Judgement) {
	for k, s := range w.shares {
		s.turn(now, w.Window)
		j := s.judge(k, w.ErrorShare)
		s.alert = j.Bad || s.alert && w.fires(k.kind, k.subject)
		out = append(out, j)
		if !s.alert && now.Sub(s.used) > w.Cycle {
			delete(w.shares, k)
		}
	}
	return out
}

func (w *Watcher) fires(k Kind, s Subject) bool {
	_, firing := w.ledger.firing(k, s)
	return firing
}

func (w *Watcher) judgeBacklogs(loads []Load) (out []Judgement) {
	here := map[string]bool{}
	for _, l := range loads {
		here[l.Platform] = true
		b := w.backlogs[l.Platform]
		if b == nil {
			b = &backlog{}
			w.backlogs[l.Platform] = b
		}
		out = append(out, b.judge(l, w.Backlog, w.fires(Backlog, Subject{Platform: l.Platform})))
	}
	for id := range w.backlogs {
		if !here[id] {
			delete(w.backlogs, id)
		}
	}
	return out
}

// judgeEnds judges what ends. A token that is not among the ends any more was
// revoked.
func (w *Watcher) judgeEnds(now time.Time, ends []End) (out []Judgement) {
	named := map[string]bool{}
	for _, e := range ends {
		named[idOf(e.Kind, e.Subject)] = true
		out = append(out, e.judge(w.Expiry, now))
	}
	for _, e := range w.ends {
		out = append(out, e.judge(w.Expiry, now))
	}
	for id, a := range w.ledger.alerts {
		if a.Kind == TokenExpiry && a.State == Firing && !named[id] && ends != nil {
			out = append(out, Judgement{Kind: a.Kind, Subject: a.Subject})
		}
	}
	return out
}

// suspects are the takings whose stock must be asked for.
func (w *Watcher) suspects() map[taking]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.Now().Add(-massWindows * w.Window)
	out := map[taking]int{}
	for k, t := range w.taken {
		t.prune(before)
		if len(t) >= leastTaken || len(t) > 0 && w.fires(MassChange, massSubject(k)) {
			out[k] = 0
		}
	}
	return out
}

func massSubject(k taking) Subject { return Subject{Party: k.party, Module: k.module, Name: k.what} }

func (w *Watcher) judgeTakings(now time.Time, stocks map[taking]int) (out []Judgement) {
	for k, t := range w.taken {
		stock, asked := stocks[k]
		firing := w.fires(MassChange, massSubject(k))
		switch {
		case len(t) == 0:
			out = append(out, t.judge(k, 0, w.MassShare, firing))
			if !firing {
				delete(w.taken, k)
			}
		case asked && !w.new(k.party, k.module, now):
			out = append(out, t.judge(k, stock, w.MassShare, firing))
		}
	}
	for _, a := range w.ledger.alerts { // of the time before a restart
		k := taking{a.Subject.Party, a.Subject.Module, a.Subject.Name}
		if a.Kind == MassChange && a.State == Firing && w.taken[k] == nil && now.Sub(a.Since) > massWindows*w.Window {
			out = append(out, Judgement{Kind: MassChange, Subject: a.Subject})
		}
	}
	return out
}

// new says whether a party has only begun to push a module: what it takes away
// then was never there for the others.
func (w *Watcher) new(party ocpi.PartyID, m ocpi.ModuleID, now time.Time) bool {
	r := w.rhythms[rhythmKey{party, m}]
	return r == nil || now.Sub(r.First) < massWindows*w.Window
}

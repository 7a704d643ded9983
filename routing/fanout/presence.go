package fanout

import (
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// stopped says whether nothing at all may be sent now.
func (o *outlet) stopped() bool { return o.away || o.paused }

// holds says whether a module is held back by itself.
func (o *outlet) holds(m ocpi.ModuleID) bool { return slices.Contains(o.held, m) }

// present tells the outlet what may be sent to its platform.
func (o *outlet) present(t Target) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.holdModules(t.Held)
	was, is := o.stopped(), t.Away || t.Paused
	if !was && is {
		o.drop()
	}
	o.turn(t)
	if was && !is {
		o.fails, o.until, o.hold = 0, time.Time{}, time.Time{}
		o.comeBack()
	}
	o.fresh = false
	o.pursue()
	o.stir()
}

// turn notes who holds what back from now on. What comes while the platform is
// away may not be owed to it; what comes while the operator pauses it is.
func (o *outlet) turn(t Target) {
	if o.away && !o.paused && (!t.Away || t.Paused) {
		o.done = o.reached()
		if !o.fresh {
			o.missed = o.pos.Seq
		}
	}
	if o.paused && !t.Paused && t.Away {
		o.debt = o.pos.Seq
	}
	o.away, o.paused = t.Away, t.Paused
}

// comeBack begins the catch-up of what came while the platform was away or
// paused, or while the hub was away: the latter two are owed whatever a platform
// that goes away gets.
func (o *outlet) comeBack() {
	if o.done.Seq < o.pos.Seq || o.newcomer {
		o.startCatchUp(false)
	}
}

// skips says whether the platform gets nothing of what comes now, for it is
// away.
func (o *outlet) skips() bool {
	return o.away && !o.paused && !o.fresh && o.debt <= o.done.Seq &&
		o.engine.CatchUp == CatchUpNone && (o.engine.Terms == nil || !o.engine.Terms.AnyLatest())
}

// holdModules notes which modules the operator holds back by themselves. What is
// in the queue of one that is new among them is dropped: it is owed from here on.
func (o *outlet) holdModules(held []ocpi.ModuleID) {
	from := o.reached()
	before := o.held
	o.held = slices.Clone(held)
	for _, m := range held {
		if slices.Contains(before, m) {
			continue
		}
		back := func(w Owed) bool { return w.Module == m && !w.Resync }
		if !slices.ContainsFunc(o.owed, back) {
			o.owed = append(o.owed, Owed{Module: m, Seq: from.Seq, At: from.At})
		}
		dropped, caught := o.queue.leave(m)
		o.holdBack(m, dropped)
		o.arrived(caught)
		o.interrupt(m)
	}
}

// holdBack counts changes of a module that is held back.
func (o *outlet) holdBack(m ocpi.ModuleID, changes int) {
	for i := range o.owed {
		if w := &o.owed[i]; w.Module == m && !w.Resync {
			w.Count += changes
		}
	}
}

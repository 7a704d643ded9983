package fanout

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// deliver makes one attempt and settles what comes of it.
func (o *outlet) deliver(r *row, e *entry) {
	change, send, err := o.load(r, e)
	if !send && err == nil {
		o.settle(r, e, Attempt{Verdict: Verdict{Outcome: Delivered, Reason: ReasonAccepted}})
		return
	}
	attempt := Attempt{
		Platform: o.platform, To: r.to, Module: change.Key.Module, Method: change.Method, CorrelationID: change.CorrelationID, Covers: change.Covers,
		Owner: change.Key.Owner, Path: ocpi.MaskPath(change.Key.Module, ocpi.Receiver, change.Path),
		Number: r.fails + 1, Began: o.engine.Now(),
	}
	if !o.shard.held.Valid() {
		o.shard.lose() // it is another process's to send now
		return
	}
	var answer Answer
	if err == nil {
		answer, err = o.engine.Courier.Deliver(o.ctx, Delivery{Platform: o.platform, To: r.to, Change: change, Attempt: attempt.Number})
	}
	attempt.Took = o.engine.Now().Sub(attempt.Began)
	attempt.RequestID, attempt.TraceID = answer.RequestID, cmp.Or(answer.TraceID, change.traceID())
	attempt.HTTPStatus, attempt.Status, attempt.Bridged = answer.HTTPStatus, answer.Status, answer.Bridged
	attempt.Bodies = ocpi.Bodies{Module: attempt.Module, Side: ocpi.Receiver, Path: change.Path, Request: change.Body, Answer: answer.Body}
	attempt.Verdict = Judge(change, answer, err, attempt.Number)
	if attempt.Verdict.Reason == ReasonWhole {
		o.settle(r, e, Attempt{Verdict: attempt.Verdict}) // nothing was sent
		return
	}
	if why := answer.withheld(); why != "" {
		answer.Message = why.Why()
	}
	o.enter(attempt, change, answer.Message)
	o.settle(r, e, attempt)
	o.engine.Observe(attempt)
}

// enter notes in the docket what an attempt brought, before its mark may move.
func (o *outlet) enter(a Attempt, c Change, message string) {
	switch a.Verdict.Outcome {
	case Rejected:
		o.shard.docket.add(o.reject(a, c, message))
	case Delivered:
		o.shard.docket.strike(o.platform, func(r Rejection) bool { return r.healedBy(a.To, c) })
	case Again, Lacking:
	}
}

// load makes the request of an entry: the change as it came, or the newest
// state. send is false when there is nothing to send any more, or when the party
// may not have it any more. Client info always goes out as newest state: nothing
// keeps the registry from moving on while the feed takes it, so that no fence can
// tell whether it is older than what went out.
func (o *outlet) load(r *row, e *entry) (c Change, send bool, err error) {
	if !o.entitled(r, e) {
		return e.change, false, nil
	}
	if !e.newest && !r.introduces() {
		return e.change, true, nil
	}
	now, part, err := o.newest(r, e.change.Key, e.part)
	switch {
	case err == nil:
		return asPut(e.change, part, now), true, nil
	case !errors.Is(err, catalog.ErrUnknown):
		return e.change, false, fault.Wrap(fault.Unavailable, err, "the newest state cannot be read now")
	case e.change.Key.Module == ocpi.Tariffs:
		return asPut(e.change, catalog.Part{}, Content{Version: e.change.Version}), true, nil
	}
	return e.change, false, nil
}

// entitled says whether a party may have the change of an entry now: it may have
// waited in the queue for long.
func (o *outlet) entitled(r *row, e *entry) bool {
	receivers := o.engine.Audience.Receivers(o.platform, e.change)
	if r.introduces() { // to the platform, in the name of any of its parties
		return len(receivers) > 0
	}
	return slices.Contains(receivers, r.to)
}

// newest reads the state of a part, or of the whole object when the part is
// there no more, and fences off the changes that are in it already.
func (o *outlet) newest(r *row, k catalog.Key, part catalog.Part) (Content, catalog.Part, error) {
	now, err := o.engine.States.Newest(o.ctx, o.platform, k, part)
	if errors.Is(err, catalog.ErrUnknown) && part != (catalog.Part{}) {
		part = catalog.Part{}
		now, err = o.engine.States.Newest(o.ctx, o.platform, k, part)
	}
	if err != nil && !errors.Is(err, catalog.ErrUnknown) {
		return Content{}, part, err
	}
	upTo, endErr := o.ahead()
	if endErr != nil {
		return Content{}, part, endErr
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue.raise(r, part, upTo)
	return now, part, err
}

// ahead is the last sequence of a change that a newest state which has been read
// by now may be newer than, and that may yet go out as it came: of all that is
// published, or, where each is compared with the newest state before it is
// offered, of those whose comparison has begun.
func (o *outlet) ahead() (uint64, error) {
	if o.engine.Agrees != nil {
		return o.shard.judged.Load(), nil
	}
	return o.engine.end.seq(o.ctx, o.engine.Feed)
}

// settle does what the verdict of an attempt says; of one that was not made,
// for there was nothing to send, Number is 0.
func (o *outlet) settle(r *row, e *entry, a Attempt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v := a.Verdict
	o.inFlight--
	o.heed(v, r.fails)
	if a.Number > 0 {
		o.count(a, o.engine.Now())
	}
	switch {
	case r.current != e:
		// The queue was cleared meanwhile; the catch-up brings the object.
		o.queue.done(r)
	case v.Outcome == Lacking:
		o.queue.again(r, whole(e), time.Time{})
	case v.Outcome == Again:
		r.fails++
		o.queue.again(r, e, o.engine.Now().Add(backoff(r.fails)))
		if v.heard(r.fails) {
			o.queue.open(r)
		}
	default:
		o.finished(r, e)
	}
	o.stir()
	o.pump()
}

// heed draws conclusions about the platform. A platform that asks for a pause
// is there; one that fails may not be.
func (o *outlet) heed(v Verdict, fails int) {
	now := o.engine.Now()
	switch {
	case v.Outcome != Again:
		o.fails, o.until = 0, time.Time{}
	case v.Reason == ReasonTooMany:
		o.hold = now.Add(max(v.After, backoff(fails+1)))
	case v.Reason.Doubtful() && !o.until.After(now): // else it was under way with one that counts
		o.fails++
		o.until = now.Add(backoff(o.fails))
	}
}

// finished takes a lane on to its next entry.
func (o *outlet) finished(r *row, e *entry) {
	o.queue.done(r)
	if e.caught > 0 {
		o.arrived(e.caught)
	}
}

// whole turns an entry whose PATCH met nothing into the PUT of the top-level
// object: the receiver may lack all of it.
func whole(e *entry) *entry {
	w := *e
	w.part, w.newest = catalog.Part{}, true
	w.change.Method, w.change.Body = http.MethodPut, nil
	return &w
}

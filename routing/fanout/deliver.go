package fanout

import (
	"errors"
	"net/http"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// deliver makes one attempt and settles what comes of it.
func (o *outlet) deliver(r *row, e *entry, age int) {
	change, send, err := o.load(e)
	if !send && err == nil {
		o.settle(r, e, age, Verdict{Outcome: Delivered, Reason: ReasonAccepted})
		return
	}
	attempt := Attempt{
		Platform: o.platform, To: r.to, Module: change.Key.Module, Method: change.Method, CorrelationID: change.CorrelationID,
	}
	began := o.engine.Now()
	var answer Answer
	if err == nil {
		answer, err = o.engine.Courier.Deliver(o.ctx, Delivery{Platform: o.platform, To: r.to, Change: change, Attempt: r.fails + 1})
	}
	attempt.Took = o.engine.Now().Sub(began)
	attempt.HTTPStatus, attempt.Status = answer.HTTPStatus, answer.Status
	attempt.Verdict = Judge(change.Method, answer, err, r.fails+1)
	o.settle(r, e, age, attempt.Verdict)
	o.engine.Observe(attempt)
}

// load makes the request of an entry: the change as it came, or the newest
// state. send is false when there is nothing to send any more.
func (o *outlet) load(e *entry) (c Change, send bool, err error) {
	if !e.newest {
		return e.change, true, nil
	}
	body, part, err := o.newest(e.change.Key, e.part)
	switch {
	case err == nil:
		return asPut(e.change, part, body), true, nil
	case !errors.Is(err, catalog.ErrUnknown):
		return e.change, false, fault.Wrap(fault.Unavailable, err, "the newest state cannot be read now")
	case e.change.Key.Module == ocpi.Tariffs:
		return asPut(e.change, catalog.Part{}, nil), true, nil
	}
	return e.change, false, nil
}

// newest reads the state of a part, or of the whole object when the part is
// there no more.
func (o *outlet) newest(k catalog.Key, part catalog.Part) ([]byte, catalog.Part, error) {
	body, err := o.engine.States.Newest(o.ctx, k, part)
	if errors.Is(err, catalog.ErrUnknown) && part != (catalog.Part{}) {
		part = catalog.Part{}
		body, err = o.engine.States.Newest(o.ctx, k, part)
	}
	return body, part, err
}

// settle does what the verdict says.
func (o *outlet) settle(r *row, e *entry, age int, v Verdict) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inFlight--
	o.heed(v)
	if age != o.age {
		// The queue was dropped meanwhile; the catch-up will bring the object.
		o.pump()
		return
	}
	switch v.Outcome {
	case Delivered:
		o.delivered++
		o.finished(r, e)
	case Rejected:
		o.rejected++
		o.finished(r, e)
	case Lacking:
		o.queue.again(r, whole(e), time.Time{})
	case Again:
		r.fails++
		o.queue.again(r, e, o.notBefore(r, v))
	}
	o.pump()
}

// heed draws conclusions about the platform.
func (o *outlet) heed(v Verdict) {
	if v.Reason != ReasonAccepted {
		o.lastError = v.Reason
	}
	switch {
	case v.Reason.Doubtful():
		o.fails++
		o.until = o.engine.Now().Add(max(v.After, backoff(o.fails)))
	case v.Reason == ReasonTooMany:
		o.until = o.engine.Now().Add(max(v.After, backoff(1)))
	default:
		o.fails, o.until = 0, time.Time{}
	}
}

// notBefore holds an object back when the failure was about it alone; doubt
// about the platform holds back all of them.
func (o *outlet) notBefore(r *row, v Verdict) time.Time {
	if v.Reason == ReasonNoState || v.Reason == ReasonServerError {
		return o.engine.Now().Add(backoff(r.fails))
	}
	return time.Time{}
}

// finished takes a lane on to its next entry.
func (o *outlet) finished(r *row, e *entry) {
	o.queue.done(r)
	if e.caught > 0 && o.catch != nil {
		o.catch.delivered(e.caught)
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

package ocpitest

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Fault is something that the platform does wrong on order, with the calls
// that it fits.
type Fault struct {
	// Module and Method limit the calls; empty stands for any.
	Module ocpi.ModuleID
	Method string
	// Times ends the fault after so many calls; 0 is until Heal.
	Times int

	// Delay is waited before anything else happens.
	Delay time.Duration
	// Hang withholds the answer until the client goes away, Heal or Stop.
	Hang bool
	// Drop closes the connection instead of an answer.
	Drop bool
	// Garbage answers with something that is not OCPI.
	Garbage bool
	// HTTPStatus and Code are answered instead of what would be right; of the
	// two, one may be left out. RetryAfter goes along as a header.
	HTTPStatus int
	Code       ocpi.StatusCode
	Message    string
	RetryAfter time.Duration
	// TakesEffect lets the call do its work before its answer goes wrong.
	TakesEffect bool
	// NoHeaders leaves routing headers and message ids out of the answer,
	// WrongHeaders fills them with something else.
	NoHeaders, WrongHeaders bool
}

// faultList are the faults that are on order.
type faultList struct {
	mu     sync.Mutex
	list   []*Fault
	healed chan struct{}
}

// Fail orders a fault. Where several fit a call, the one ordered first counts.
func (p *Platform) Fail(f Fault) {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	if p.faults.healed == nil {
		p.faults.healed = make(chan struct{})
	}
	p.faults.list = append(p.faults.list, &f)
}

// Heal ends all faults; calls that hang are dropped.
func (p *Platform) Heal() {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	p.faults.list = nil
	if p.faults.healed != nil {
		close(p.faults.healed)
		p.faults.healed = nil
	}
}

// take returns the fault for a call, or none, and when it is healed.
func (l *faultList) take(c *Call) (Fault, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.list {
		if !Is(f.Module, f.Method)(*c) {
			continue
		}
		out := *f
		if f.Times == 1 {
			l.list = slices.Delete(l.list, i, i+1)
		} else if f.Times > 1 {
			f.Times--
		}
		return out, l.healed
	}
	return Fault{}, nil
}

// wait sits out the delay. It is false when the client went away meanwhile.
func (f Fault) wait(ctx context.Context) bool {
	if f.Delay <= 0 {
		return true
	}
	select {
	case <-time.After(f.Delay):
		return true
	case <-ctx.Done():
		return false
	}
}

// spoils says whether the right answer is not given.
func (f Fault) spoils() bool {
	return f.Hang || f.Drop || f.Garbage || f.HTTPStatus != 0 || f.Code != 0
}

// answer is the wrong answer of a fault.
func (f Fault) answer() answer {
	status, code := f.HTTPStatus, f.Code
	if status == 0 {
		status = http.StatusOK
	}
	if code == 0 {
		code = ocpi.StatusServerError
		if status < http.StatusInternalServerError {
			code = ocpi.StatusClientError
		}
	}
	message := f.Message
	if message == "" {
		message = "failed as ordered"
	}
	a := refuse(status, code, message)
	if f.RetryAfter > 0 {
		a.set("Retry-After", seconds(f.RetryAfter))
	}
	a.garbage = f.Garbage
	return a
}

package fanout_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/memfeed"
)

// courier carries the deliveries of one life.
type courier struct {
	w *world
	l *life
}

func (c courier) Deliver(ctx context.Context, d fanout.Delivery) (fanout.Answer, error) {
	w, p := c.w, c.w.platform(d.Platform)
	w.pause()
	w.mu.Lock()
	takes := p.takes
	w.mu.Unlock()
	if !waited(ctx, takes) {
		return fanout.Answer{}, fault.Wrap(fault.NotConnected, ctx.Err(), "ended")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.l.dead {
		return fanout.Answer{}, fault.New(fault.NotConnected, "killed")
	}
	p.got = append(p.got, d)
	if p.answers != nil {
		if answer, err, instead := p.answers(d); instead {
			return answer, err
		}
	}
	answer := w.receive(p, d)
	if p.late {
		return fanout.Answer{}, fault.New(fault.Timeout, "late")
	}
	return answer, nil
}

// waited waits unless ctx ends first. A timer that is due at once crashes the
// runtime in a bubble under the race detector (golang/go#78156).
func waited(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func ok() fanout.Answer { return fanout.Answer{HTTPStatus: 200, Status: ocpi.StatusOK} }

// receive lets a delivery take effect.
func (w *world) receive(p *platform, d fanout.Delivery) fanout.Answer {
	if d.Key.Module != ocpi.Locations {
		return ok()
	}
	var got versions
	if err := json.Unmarshal(d.Body, &got); err != nil {
		w.breaks("%s %s has the body %q", d.Method, d.Path, d.Body)
	}
	if want := strings.TrimSuffix("DE/CPO/"+d.Key.ID+"/"+d.Part.EVSE, "/"); d.Path != want {
		w.breaks("the path of %v %v is %s", d.Key, d.Part, d.Path)
	}
	at := d.To.String() + " " + d.Key.ID
	held := p.held[at]
	if whole := d.Method == http.MethodPut && d.Part == (catalog.Part{}); whole && held == nil {
		held = versions{}
		p.held[at] = held
	} else if held == nil {
		return fanout.Answer{HTTPStatus: 200, Status: ocpi.StatusUnknownLocation}
	}
	for part, v := range got {
		if v < held[part] {
			w.breaks("%s %s brings %s the state %d of %q after %d", d.Method, d.Path, d.To, v, part, held[part])
		}
		held[part] = v
	}
	return ok()
}

// lagging is the feed as a slow process sees it.
type lagging struct {
	*memfeed.Feed
	w *world
	l *life
}

var errDown = errors.New("down")

func (f lagging) Publish(ctx context.Context, c fanout.Change) (uint64, error) {
	f.w.mu.Lock()
	fails := f.w.failing && rand.IntN(2) == 0
	f.w.mu.Unlock()
	if fails && rand.IntN(2) == 0 {
		return 0, errDown
	}
	seq, err := f.Feed.Publish(ctx, c)
	if fails {
		return 0, errDown // stored, and nobody knows
	}
	f.w.pause()
	return seq, err
}

func (f lagging) Read(ctx context.Context, after uint64, each func(fanout.Record) error) error {
	return f.Feed.Read(ctx, after, func(r fanout.Record) error {
		linger(f.w.lag)
		return each(r)
	})
}

// mortal keeps marks only as long as its engine lives.
type mortal struct {
	*memfeed.Feed
	w *world
	l *life
}

func (m mortal) Take(ctx context.Context, s fanout.Shard) (fanout.Ledger, error) {
	l, err := m.Feed.Take(ctx, s)
	return mortalLedger{l, m}, err
}

type mortalLedger struct {
	fanout.Ledger
	mortal
}

func (m mortalLedger) Marks() map[string]fanout.Mark { return m.Ledger.Marks() }

func (m mortalLedger) Save(ctx context.Context, marks map[string]fanout.Mark) error {
	m.w.mu.Lock()
	dead := m.l.dead
	m.w.mu.Unlock()
	if dead {
		return errDown
	}
	return m.Ledger.Save(ctx, marks)
}

// mortalDocket keeps rejections only as long as its engine lives.
type mortalDocket struct {
	*fanout.MemoryRejections
	w *world
	l *life
}

func (m mortalDocket) Write(ctx context.Context, keep []fanout.Rejection, drop []fanout.RejectionRef) error {
	m.w.mu.Lock()
	dead := m.l.dead
	m.w.mu.Unlock()
	if dead {
		return errDown
	}
	return m.MemoryRejections.Write(ctx, keep, drop)
}

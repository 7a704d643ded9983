package fanout

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

const (
	// repeatWithin is how long the sender of a push that could not be published
	// has to repeat it, so that it still goes out as it came.
	repeatWithin = 5 * time.Second
	// mostUnpublished bounds how many objects are remembered.
	mostUnpublished = 100_000
)

// unpublished are objects of which the catalog holds a change that the feed did
// not take. Its sender was told so and repeats it; but where a newer change of
// the object came first the repeat is out of date and is not published, and the
// receivers would never see what it held. So the newest state of such an object
// is published as soon as the feed takes it. This does not outlive the process.
type unpublished struct {
	mu      sync.Mutex
	objects map[catalog.Key]missing
}

// missing is a change that the feed did not take, and when that was.
type missing struct {
	Change
	since time.Time
	more  bool // there are others of the same object
}

// note remembers a change; false when there are too many.
func (u *unpublished) note(c Change, now time.Time) bool {
	if c.Newest || !c.Key.Module.Functional() {
		return true // who publishes these tries again
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	m, known := u.objects[c.Key]
	if !known && len(u.objects) >= mostUnpublished {
		return false
	}
	if u.objects == nil {
		u.objects = map[catalog.Key]missing{}
	}
	u.objects[c.Key] = missing{Change: c, since: now, more: known && !m.repeatedBy(c)}
	return true
}

// settle forgets what a change that was published makes good.
func (u *unpublished) settle(c Change) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if m, known := u.objects[c.Key]; known && (c.Newest || c.whole() || !m.more && m.repeatedBy(c)) {
		delete(u.objects, c.Key)
	}
}

// due returns what nobody has repeated in time.
func (u *unpublished) due(now time.Time) (out []Change) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for k, m := range u.objects {
		if now.Sub(m.since) >= repeatWithin {
			out = append(out, Renewal(k, m.Role))
		}
	}
	return out
}

func (m *missing) repeatedBy(c Change) bool {
	return m.Part == c.Part && m.Method == c.Method && bytes.Equal(m.Body, c.Body)
}

// whole says whether a change replaces the whole object.
func (c *Change) whole() bool { return c.Part == catalog.Part{} && c.Method != http.MethodPatch }

// makeGood publishes what the feed did not take, until ctx ends.
func (e *Engine) makeGood(ctx context.Context) {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, c := range e.unpublished.due(e.Now()) {
			if err := e.Accept(ctx, c); err != nil {
				break // the next ones would fare no better
			}
			e.Log.Info("an object is published as it is now, for the stream had not taken a change of it", "module", string(c.Key.Module))
		}
	}
}

package hub

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// lookout looks at the clock and the certificate of each platform at one call in
// an interval: at the others it costs a look into a map.
type lookout struct {
	routing.Caller
	every time.Duration
	sight func(watch.Sight)
	now   func() time.Time
	next  *sync.Map // by platform: time.Time
}

// lookout has the watcher see what h calls. There may be none yet: it is opened
// after the first ones who call.
func (h *Hub) lookout(c routing.Caller) routing.Caller {
	if !h.cfg.Alerts.Enabled {
		return c
	}
	return lookout{Caller: c, every: h.cfg.Alerts.Interval, now: time.Now, next: &sync.Map{}, sight: func(s watch.Sight) {
		if h.watching.Watcher != nil {
			h.watching.Sight(s)
		}
	}}
}

// Do makes a call.
func (l lookout) Do(ctx context.Context, call peer.Call) (peer.Reply, error) {
	if call.Platform == "" || !l.due(call.Platform) {
		return l.Caller.Do(ctx, call)
	}
	call.Details = true
	began := l.now()
	reply, err := l.Caller.Do(ctx, call)
	if err == nil && reply.Details != nil {
		l.sight(sightOf(call, reply.Details, began, l.now()))
	}
	return reply, err
}

// due says whether it is time to look at a platform, once.
func (l lookout) due(platform string) bool {
	now := l.now()
	next, known := l.next.Load(platform)
	if at, is := next.(time.Time); known && is && now.Before(at) {
		return false
	}
	l.next.Store(platform, now.Add(l.every))
	return true
}

// sightOf reads the clock of an answer, against the middle of the call, and when
// its certificate ends. The Date header has whole seconds.
func sightOf(call peer.Call, d *peer.Details, began, ended time.Time) watch.Sight {
	s := watch.Sight{Platform: call.Platform}
	if u, err := url.Parse(call.URL); err == nil {
		s.Host = u.Host
	}
	if date, err := http.ParseTime(d.Header.Get("Date")); err == nil {
		s.Clock, s.Skew = true, date.Sub(began.Add(ended.Sub(began)/2))
	}
	if d.TLS != nil && len(d.TLS.PeerCertificates) > 0 {
		s.CertificateEnds = d.TLS.PeerCertificates[0].NotAfter
	}
	return s
}

// of names the platform that a caller calls, where the call itself does not.
type of struct {
	routing.Caller
	platform string
}

// Do makes a call.
func (o of) Do(ctx context.Context, call peer.Call) (peer.Reply, error) {
	call.Platform = o.platform
	return o.Caller.Do(ctx, call)
}

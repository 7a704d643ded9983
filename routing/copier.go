package routing

import (
	"cmp"
	"context"
	"net/http"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// Copier carries the copies of pushes into the versions of their receivers. What
// many receivers of one version get is translated once.
type Copier struct {
	interpreter *interpret.Interpreter
	done        shelf
}

// NewCopier returns a Copier.
func NewCopier(i *interpret.Interpreter) *Copier {
	return &Copier{interpreter: i, done: shelf{of: map[reading]bridge.Result{}}}
}

// copied is what is known of a delivery before it is sent.
type copied struct{ fanout.Answer }

// settled says whether it is not sent at all.
func (c copied) settled() bool {
	return c.Whole || len(c.Bridged) > 0 && c.Bridged[0].Withheld != ""
}

// inVersion makes of a delivery what its receiver can read. Client info is
// written in the receiver's version already, and what is deleted has no body.
func (c *Copier) inVersion(ctx context.Context, d fanout.Delivery, p *parties.Platform) (fanout.Delivery, copied, error) {
	from := cmp.Or(d.Version, ocpi.V221) // a DELETE that was made here has none, nor what to translate
	if c == nil || !d.Key.Module.Functional() || !c.interpreter.Needed(from, p.Version) {
		return d, copied{}, nil
	}
	talk := interpret.Talk{
		Class: interpret.Held(d.Key.Module, d.Part), From: from, To: p.Version,
		Owner: d.Key.Owner, Reader: d.To, Partial: d.Method == http.MethodPatch,
		PlainTo: plain(p),
	}
	var did copied
	if len(d.Body) > 0 && talk.Class != "" {
		result, err := c.translate(ctx, talk, d)
		if err != nil {
			return d, copied{}, err
		}
		d.Body, did.Whole = result.Body, result.AsPut != ""
		did.Bridged = []bridge.Crossing{result.Crossing(talk.Class, from, p.Version)}
	}
	var err error
	d.Path, err = c.path(ctx, talk, d)
	if d.Key.Module == ocpi.Tokens {
		d.Query = tokenQuery(p.Version, true, d.Query)
	}
	return d, did, err
}

// path is that of a delivery by the ids that its receiver knows.
func (c *Copier) path(ctx context.Context, talk interpret.Talk, d fanout.Delivery) (string, error) {
	if talk.To != ocpi.V211 {
		return d.Path, nil
	}
	at := ocpi.Address{Version: talk.From, Module: d.Key.Module, Interface: ocpi.Receiver}
	_, segments, _, why := ocpi.Match(at, d.Method, d.Path)
	if why != ocpi.Matched {
		return d.Path, nil
	}
	known, err := c.interpreter.Path(ctx, talk, d.Key.Module, segments)
	return respelled(d.Path, segments, known), err
}

// translate carries a body, or gives what came of the very same before.
func (c *Copier) translate(ctx context.Context, talk interpret.Talk, d fanout.Delivery) (bridge.Result, error) {
	body := d.Body
	as := reading{body: &body[0], size: len(body), to: talk.To, partial: talk.Partial, plain: talk.PlainTo}
	if talk.Reader == talk.Owner {
		return c.interpreter.Carry(ctx, talk, body) // who keeps the ids of its own
	}
	if known, ok := c.done.get(as); ok {
		return known, nil
	}
	result := bridge.Result{Withheld: &bridge.Withheld{Reason: bridge.NotPublished}}
	hidden, err := c.interpreter.Hidden(ctx, talk, d.Key.ID)
	if err == nil && !hidden {
		result, err = c.interpreter.Carry(ctx, talk, body)
	}
	if err == nil {
		result, err = c.takeAway(ctx, talk, d, result)
	}
	if err == nil {
		c.done.put(as, result)
	}
	return result, err
}

// reading is one body in one version: all receivers of a push have the same
// bytes. That the shelf points to them keeps others from taking their place.
type reading struct {
	body    *byte
	size    int
	to      ocpi.Version
	partial bool
	plain   bool
}

// shelf keeps the last translations.
type shelf struct {
	mu    sync.Mutex
	of    map[reading]bridge.Result
	order []reading
	bytes int
}

// How many translations are kept, and of how many bytes: of the pushes that are on
// their way at a time, not of all that receivers are behind with.
const (
	shelved      = 64
	shelvedBytes = 16 << 20
)

// weight is what a translation takes up, with the body that it is of.
func weight(of reading, r bridge.Result) int {
	return of.size + len(r.Body) + 128*len(r.Findings)
}

func (s *shelf) get(as reading) (bridge.Result, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	result, ok := s.of[as]
	return result, ok
}

func (s *shelf) put(as reading, result bridge.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	more := weight(as, result)
	if _, there := s.of[as]; there || more > shelvedBytes {
		return
	}
	for len(s.order) == shelved || s.bytes+more > shelvedBytes {
		oldest := s.order[0]
		s.bytes -= weight(oldest, s.of[oldest])
		delete(s.of, oldest)
		s.order = s.order[1:]
	}
	s.of[as], s.bytes = result, s.bytes+more
	s.order = append(s.order, as)
}

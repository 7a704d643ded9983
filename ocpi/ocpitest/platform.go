package ocpitest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Platform is a running counterparty. All methods are safe for concurrent use.
type Platform struct {
	opts   Options
	client *http.Client
	token  atomic.Value // of ocpi.TokenEncoding

	door      door
	link      link
	calls     recorder
	faults    faultList
	scripted  scripted
	callbacks callbacks
	cdrs      cdrLinks
	menu      menu
	own       *shelf // what its parties offer
	held      *shelf // what it was given

	// spawn starts work that goes on after an answer; quit ends all of it.
	spawn func(func(context.Context))
	quit  func()
}

// door is the HTTP server, which can go away and come back.
type door struct {
	mu     sync.Mutex
	addr   string // kept over Stop and Start
	base   string // of every URL that is given
	prefix string // the path of base
	server *http.Server
	gone   chan struct{} // closed when server has ended
	// certificate and pem are made at the first start, where TLS is ordered.
	certificate tls.Certificate
	pem         []byte
	inflight    sync.WaitGroup
}

// New starts a platform.
func New(o Options) (*Platform, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	p := &Platform{
		opts:   o,
		client: newClient(o.Timeout),
		own:    newShelf(),
		held:   newShelf(),
	}
	p.SpellToken(o.TokenEncoding)
	p.calls.keep = o.CallsKept
	p.door.addr, p.door.base = o.Listen, o.PublicURL
	p.spawn, p.quit = newCrew()
	p.menu.edit, p.menu.versions = o.Endpoints, slices.Clone(o.Versions)
	if err := p.Start(); err != nil {
		p.quit()
		return nil, err
	}
	return p, nil
}

// newClient returns an HTTP client with many kept connections: loads of
// thousands of calls a second go through it. Redirects are not followed.
func newClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			MaxIdleConns:        1024,
			MaxIdleConnsPerHost: 512,
			IdleConnTimeout:     time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newCrew returns how to start work in the background, and how to end it and
// wait for it.
func newCrew() (spawn func(func(context.Context)), quit func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var (
		mu   sync.Mutex
		work sync.WaitGroup
	)
	spawn = func(job func(context.Context)) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() == nil {
			work.Go(func() { job(ctx) })
		}
	}
	return spawn, func() {
		mu.Lock()
		cancel()
		mu.Unlock()
		work.Wait()
	}
}

// Start makes the platform reachable again after Stop, on the same address and
// with all that it knew. On a running platform it does nothing.
func (p *Platform) Start() error {
	d := &p.door
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server != nil {
		return nil
	}
	listener, err := net.Listen("tcp", d.addr)
	if err != nil {
		return fmt.Errorf("start platform %s: %w", p.opts.Name, err)
	}
	d.addr = listener.Addr().String()
	secured, err := p.secure(listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	listener = secured
	if d.base == "" {
		d.base = p.scheme() + "://" + d.addr
	}
	base, err := url.Parse(d.base)
	if err != nil {
		return errors.Join(fmt.Errorf("public URL: %w", err), listener.Close())
	}
	d.prefix = base.EscapedPath()
	server, gone := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}, make(chan struct{})
	d.server, d.gone = server, gone
	go func() {
		defer close(gone)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	return nil
}

func (p *Platform) scheme() string {
	if p.opts.Certificate != nil {
		return "https"
	}
	return "http"
}

// Stop makes the platform unreachable at once: it drops all connections, and
// returns when no call is in hand any more.
func (p *Platform) Stop() {
	d := &p.door
	d.mu.Lock()
	server, gone := d.server, d.gone
	d.server = nil
	d.mu.Unlock()
	if server == nil {
		return
	}
	_ = server.Close() // the listener is gone in any case
	<-gone
	d.inflight.Wait()
}

// Close ends the platform for good. It may be called more than once.
func (p *Platform) Close() {
	p.Stop()
	p.quit()
	p.client.CloseIdleConnections()
}

// enter counts a call in, unless the platform is going away.
func (d *door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == nil {
		return false
	}
	d.inflight.Add(1)
	return true
}

// Name returns the name of the platform.
func (p *Platform) Name() string { return p.opts.Name }

// Addr returns the address on which the platform listens.
func (p *Platform) Addr() string {
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	return p.door.addr
}

// SpellToken changes how the platform writes tokens from now on and, with
// Options.StrictEncoding, how it reads them. Empty is the way of the version.
func (p *Platform) SpellToken(e ocpi.TokenEncoding) { p.token.Store(e) }

// spelling returns how the platform writes tokens in a version (H-003).
func (p *Platform) spelling(v ocpi.Version) ocpi.TokenEncoding {
	e, _ := p.token.Load().(ocpi.TokenEncoding) // stored when the platform was made
	switch {
	case e != "":
		return e
	case v == ocpi.V211:
		return ocpi.TokenRaw
	}
	return ocpi.TokenBase64
}

// Parties returns the parties of the platform.
func (p *Platform) Parties() []Party { return slices.Clone(p.opts.Parties) }

// VersionsURL returns the URL of the versions endpoint, to be handed out.
func (p *Platform) VersionsURL() string { return p.url("versions") }

// first returns the party that the platform is in 2.1.1.
func (p *Platform) first() Party { return p.opts.Parties[0] }

// Sole returns the only party that can stand on one interface of a module.
func (p *Platform) Sole(m ocpi.ModuleID, i ocpi.Interface) (ocpi.PartyID, error) {
	var found []ocpi.PartyID
	for _, party := range p.opts.Parties {
		if (len(p.opts.Parties) == 1 || party.Role.Plays(m, i)) && !slices.Contains(found, party.ID) {
			found = append(found, party.ID)
		}
	}
	if len(found) != 1 {
		return ocpi.PartyID{}, errNotOne
	}
	return found[0], nil
}

var errNotOne = errors.New("the platform has not exactly one fitting party: name it")

// url returns the URL of a path below the platform's base.
func (p *Platform) url(path string) string {
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	return p.door.base + "/ocpi/" + path
}

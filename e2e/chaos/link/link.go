// Package link is a small fault proxy: a TCP link between two parties that can
// be slow, cut, stalled or half open on order. It knows nothing of what goes
// over it.
//
// Bytes that were held back are never let go later: a link that was stalled
// drops its connections when it is healed, as a firewall that forgot them does.
// So nothing old arrives behind something new that went another way.
package link

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Mode is how a link behaves.
type Mode int

// The modes of a link.
const (
	Pass     Mode = iota // as if it were not there
	Slow                 // each piece comes Delay later
	Cut                  // connections are reset, new ones too
	Stalled              // connections are taken, and nothing moves
	HalfOpen             // what the client sends arrives, the answers do not
)

// String names a mode.
func (m Mode) String() string {
	return [...]string{"pass", "slow", "cut", "stalled", "half-open"}[m]
}

// loses says whether a connection that lived through the mode cannot go on.
func (m Mode) loses() bool { return m == Cut || m == Stalled || m == HalfOpen }

// Link is one link: clients connect to Addr, and reach one of the targets.
// Methods are safe for concurrent use.
type Link struct {
	Name string
	// Addr is where clients connect.
	Addr string

	targets  func() []string
	listener net.Listener
	work     sync.WaitGroup

	mu      sync.Mutex
	mode    Mode
	delay   time.Duration
	changed chan struct{} // closed and replaced when the mode changes
	conns   map[net.Conn]struct{}
	closed  bool
}

// Open opens a link on an address of the loopback interface. Targets names the
// addresses behind it, in the order in which they are tried.
func Open(name, addr string, targets func() []string) (*Link, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("open the link %s: %w", name, err)
	}
	l := &Link{
		Name: name, Addr: listener.Addr().String(), targets: targets, listener: listener,
		changed: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	l.work.Go(l.accept)
	return l, nil
}

// To is the targets of a link that leads to one place.
func To(addr string) func() []string { return func() []string { return []string{addr} } }

// Set changes how the link behaves; delay is for Slow.
func (l *Link) Set(mode Mode, delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if mode == Cut || l.mode.loses() {
		l.dropAll()
	}
	l.mode, l.delay = mode, delay
	close(l.changed)
	l.changed = make(chan struct{})
}

// Close ends the link and its connections.
func (l *Link) Close() {
	_ = l.listener.Close()
	l.mu.Lock()
	l.closed = true
	l.mode = Pass
	l.dropAll()
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	l.work.Wait()
}

// dropAll resets every connection; the caller holds the lock.
func (l *Link) dropAll() {
	for c := range l.conns {
		reset(c)
	}
	clear(l.conns)
}

// reset closes a connection so that its other end sees a reset, not an end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func (l *Link) accept() {
	for {
		c, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && l.keep(c) {
			l.work.Go(func() { l.serve(c) })
		}
	}
}

// keep makes a connection one that a change of the mode can end. It is false,
// and the connection gone, when nothing may pass.
func (l *Link) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.mode == Cut {
		reset(c)
		return false
	}
	l.conns[c] = struct{}{}
	return true
}

func (l *Link) drop(c net.Conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	_ = c.Close()
}

// serve joins a client with a target until one of them ends.
func (l *Link) serve(client net.Conn) {
	defer l.drop(client)
	if !l.wait() {
		return
	}
	target := l.dial()
	if target == nil || !l.keep(target) {
		reset(client)
		return
	}
	defer l.drop(target)
	var both sync.WaitGroup
	for _, way := range []struct {
		from, to net.Conn
		answers  bool
	}{{client, target, false}, {target, client, true}} {
		both.Go(func() {
			l.pump(way.from, way.to, way.answers)
			l.drop(way.from)
			l.drop(way.to)
		})
	}
	both.Wait()
}

// dialWithin bounds the way to a target, which is on the same machine.
const dialWithin = time.Second

func (l *Link) dial() net.Conn {
	for _, addr := range l.targets() {
		if c, err := net.DialTimeout("tcp", addr, dialWithin); err == nil {
			return c
		}
	}
	return nil
}

// pump moves bytes one way.
func (l *Link) pump(from, to net.Conn, answers bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !l.pass(answers) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits until a piece may go on. It is false when it never may.
func (l *Link) pass(answers bool) bool {
	l.mu.Lock()
	mode, delay, changed := l.mode, l.delay, l.changed
	l.mu.Unlock()
	switch {
	case mode == Slow:
		timer := time.NewTimer(delay/2 + rand.N(delay))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-changed:
			return !l.lossy()
		}
	case mode == Stalled || mode == HalfOpen && answers:
		<-changed
		return false
	}
	return mode != Cut
}

// wait holds a new connection while the link is stalled. It is false when the
// connection does not outlive that.
func (l *Link) wait() bool {
	l.mu.Lock()
	mode, changed := l.mode, l.changed
	l.mu.Unlock()
	if mode == Stalled {
		<-changed
		return false
	}
	return mode != Cut
}

func (l *Link) lossy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mode.loses() || l.closed
}

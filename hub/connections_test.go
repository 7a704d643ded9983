package hub

import (
	"net"
	"net/http"
	"testing"
)

// wire is a connection that knows whether it was closed.
type wire struct {
	net.Conn
	closed bool
}

func (w *wire) Close() error { w.closed = true; return nil }

func TestOneConnectionTooManyTakesThePlaceOfTheLongestIdle(t *testing.T) {
	c := newConnections(3)
	all := []*wire{{}, {}, {}, {}, {}, {}}
	for _, w := range all[:3] {
		c.state(w, http.StateNew)
	}
	c.state(all[0], http.StateActive)
	c.state(all[1], http.StateActive)
	c.state(all[1], http.StateIdle) // has waited for less long than the third
	for _, step := range []struct{ comes, goes int }{{3, 2}, {4, 1}, {5, 3}} {
		c.state(all[step.comes], http.StateNew)
		for i, w := range all {
			if w.closed != (i == step.goes) {
				t.Errorf("when %d comes, closed is %d: %v", step.comes, i, w.closed)
			}
		}
		all[step.goes].closed = false
		c.state(all[step.goes], http.StateClosed)
	}
	if c.count() != 3 || c.closed.Load() != 3 {
		t.Errorf("%d are open, %d were closed", c.count(), c.closed.Load())
	}
}

func TestWhereAllConnectionsAreBusyTheNewOneGoes(t *testing.T) {
	c := newConnections(1)
	busy, late := &wire{}, &wire{}
	c.state(busy, http.StateNew)
	c.state(busy, http.StateActive)
	c.state(late, http.StateNew)
	if busy.closed || !late.closed {
		t.Errorf("the busy one was closed: %v, the new one: %v", busy.closed, late.closed)
	}
	c.state(late, http.StateClosed)
	c.state(busy, http.StateClosed)
	if c.count() != 0 || c.waiting.Len() != 0 || len(c.at) != 0 {
		t.Errorf("something is kept of connections that are gone: %+v", c)
	}
}

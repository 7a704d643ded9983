package hub

import (
	lru "container/list"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// connections bounds the connections at a door. One too many takes the place of
// the one that has waited longest for a request: whoever opens many and sends
// nothing loses them first, and keeps nobody out. It is safe for concurrent use.
type connections struct {
	most   int
	closed atomic.Int64 // for others to have room

	mu      sync.Mutex
	open    int
	waiting *lru.List // of net.Conn: those without a request, the longest first
	at      map[net.Conn]*lru.Element
}

func newConnections(most int) *connections {
	return &connections{most: most, waiting: lru.New(), at: map[net.Conn]*lru.Element{}}
}

// state is told of every change of a connection: http.Server.ConnState.
func (c *connections) state(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	spare := c.note(conn, s)
	c.mu.Unlock()
	if spare != nil {
		c.closed.Add(1)
		_ = spare.Close() // it may be closing already
	}
}

// note returns the connection that must make room, if one must.
func (c *connections) note(conn net.Conn, s http.ConnState) (spare net.Conn) {
	switch s {
	case http.StateNew:
		c.open++
		c.wait(conn)
		if c.open <= c.most {
			return nil
		}
		longest := c.waiting.Front()
		spare, _ = longest.Value.(net.Conn)
		c.serve(spare)
		return spare
	case http.StateActive:
		c.serve(conn)
	case http.StateIdle:
		c.wait(conn)
	case http.StateHijacked, http.StateClosed:
		c.open--
		c.serve(conn)
	}
	return nil
}

func (c *connections) wait(conn net.Conn) { c.at[conn] = c.waiting.PushBack(conn) }

// serve takes a connection from those that wait.
func (c *connections) serve(conn net.Conn) {
	if e := c.at[conn]; e != nil {
		c.waiting.Remove(e)
		delete(c.at, conn)
	}
}

// count is how many are open.
func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

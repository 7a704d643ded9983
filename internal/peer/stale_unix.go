//go:build unix

package peer

import (
	"errors"
	"net"
	"syscall"
)

// errStale reports a kept connection that the other side has closed. Nothing
// of the request was written, so any request may be repeated.
var errStale = errors.New("the kept connection was closed by the receiver")

// checked looks, before a request is written on a kept connection, whether the
// other side has closed it meanwhile. Many servers close idle connections
// after a few seconds; without the look a POST would be lost in one of them
// and could not be repeated safely.
type checked struct {
	net.Conn
	raw  syscall.RawConn
	used bool // something was read since the last write: the next write begins a request
	// look is peek, which says in closed what it saw: made once, for it is needed
	// at each request.
	look   func(fd uintptr) bool
	closed bool
}

// check wraps a TCP connection; others are returned as they are.
func check(c net.Conn) net.Conn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return c
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return c
	}
	out := &checked{Conn: c, raw: raw}
	out.look = out.peek
	return out
}

// Read notes that an answer came.
func (c *checked) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.used = true
	return n, err
}

// Write fails with errStale when the connection was closed since the last answer.
func (c *checked) Write(b []byte) (int, error) {
	if c.used {
		c.used = false
		if c.closedByPeer() {
			return 0, errStale
		}
	}
	return c.Conn.Write(b)
}

// closedByPeer looks at the socket without waiting.
func (c *checked) closedByPeer() bool {
	err := c.raw.Read(c.look)
	return c.closed || err != nil
}

// peek sees an end of file where the other side has closed.
func (c *checked) peek(fd uintptr) bool {
	var one [1]byte
	n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	c.closed = n == 0 && err == nil || errors.Is(err, syscall.ECONNRESET)
	return true
}

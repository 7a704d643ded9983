package peer

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// connection is one of the client's connections while a call has it for
// itself.
type connection struct {
	net.Conn
	host    *fasthttp.HostClient
	release func() // back to the kept ones
	drop    func()
}

// acquire takes a kept connection of the host or makes a new one.
func acquire(hc *fasthttp.HostClient, timeout time.Duration) (*connection, error) {
	cc, err := hc.AcquireConn(timeout, false)
	if err != nil {
		return nil, err
	}
	return &connection{
		Conn: cc.Conn(), host: hc,
		release: func() { hc.ReleaseConn(cc) }, drop: func() { hc.CloseConn(cc) },
	}, nil
}

// interrupt ends reads and writes that wait, at once.
func (c *connection) interrupt() { _ = c.SetDeadline(time.Unix(1, 0)) } // fails only when it is closed already

// exchange writes the request and reads the answer.
func (c *connection) exchange(req *fasthttp.Request, resp *fasthttp.Response) error {
	w := c.host.AcquireWriter(c)
	err := req.Write(w)
	if err == nil {
		err = w.Flush()
	}
	c.host.ReleaseWriter(w)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fasthttp.ErrTimeout
	}
	if err != nil {
		return err
	}
	r := c.host.AcquireReader(c)
	defer c.host.ReleaseReader(r)
	return resp.ReadLimitBody(r, c.host.MaxResponseBodySize)
}

// state is that of TLS; nil without.
func (c *connection) state() *tls.ConnectionState {
	secured, ok := c.Conn.(*tls.Conn)
	if !ok {
		return nil
	}
	state := secured.ConnectionState()
	return &state
}

//go:build !unix

package peer

import (
	"errors"
	"net"
)

// errStale is not seen where sockets cannot be peeked at.
var errStale = errors.New("the kept connection was closed by the receiver")

func check(c net.Conn) net.Conn { return c }

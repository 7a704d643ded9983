package hub

import "github.com/nats-io/nats.go"

// Stream is a connection to the embedded server of a running hub.
func (h *Hub) Stream() *nats.Conn { return h.nats.Conn() }

package hub

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// DropJournal takes the stream of the message log away from a running hub.
func (h *Hub) DropJournal(ctx context.Context) error {
	js, err := jetstream.New(h.nats.Conn())
	if err != nil {
		return err
	}
	return js.DeleteStream(ctx, "OCPI_JOURNAL")
}

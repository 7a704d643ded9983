package hub

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/internal/embednats"
	"github.com/ocpihub/ocpihub/internal/natsconn"
	"github.com/ocpihub/ocpihub/routing/fanout/jsfeed"
	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/journal/jsjournal"
)

// natsServer is a NATS with JetStream: embednats in this process, or one of the
// operator's through natsconn.
type natsServer interface {
	// Conn is the connection that all share; Connect makes a further one.
	Conn() *nats.Conn
	Connect() (*nats.Conn, error)
	// Ping returns nil when a server answers.
	Ping(ctx context.Context) error
	Close(ctx context.Context) error
}

// openNATS starts the embedded server, or connects to the one that the
// configuration names.
func (h *Hub) openNATS(ctx context.Context) (natsServer, error) {
	if h.cfg.NATS.URL == "" {
		return embednats.Start(h.file("nats"), h.log)
	}
	return natsconn.Open(ctx, natsconn.Options{
		URL: h.cfg.NATS.URL, CredsFile: h.cfg.NATS.CredsFile, Name: h.natsName(), Log: h.log,
	})
}

// natsName tells the hubs of a NATS apart.
func (h *Hub) natsName() string {
	host, _ := os.Hostname() // only for people who look
	return fmt.Sprintf("ocpi-hub %s %s %d", h.cfg.Party(), host, os.Getpid())
}

func (h *Hub) openStream(ctx context.Context) (feed *jsfeed.Feed, messages journal.Log, err error) {
	server, err := h.openNATS(ctx)
	if err != nil {
		return nil, nil, err
	}
	h.nats = server
	h.life.onStop("stream", stopQuick, server.Close)
	feed, err = jsfeed.Open(ctx, jsfeed.Options{
		Conn: server.Conn(), Retention: h.cfg.Delivery.Retention, Bytes: int64(h.cfg.Delivery.MaxBytes),
		Replicas: h.cfg.NATS.Replicas, Log: h.log,
	})
	if err != nil {
		return nil, nil, err
	}
	h.metrics.FeedSkipped(feed.Skipped)
	if h.cfg.Journal.MaxAge == 0 {
		return feed, nil, nil
	}
	messages, err = h.openMessages(ctx, server)
	return feed, messages, err
}

// openMessages opens the message log. It does not keep the hub from starting:
// the streams are made as soon as that can be.
func (h *Hub) openMessages(ctx context.Context, server natsServer) (journal.Log, error) {
	conn, err := server.Connect()
	if err != nil {
		return nil, err
	}
	o := jsjournal.Options{
		Conn: conn, MaxAge: h.cfg.Journal.MaxAge, Bytes: int64(h.cfg.Journal.MaxBytes), Replicas: h.cfg.NATS.Replicas,
		// The disk of the embedded server is needed for the feed.
		Lazy: h.cfg.NATS.URL == "",
	}
	within := journalWithin
	if h.cfg.NATS.URL != "" {
		within = journalWithinNATS
	}
	if h.cfg.Journal.Bodies {
		o.BodiesMaxAge = h.cfg.Journal.BodiesMaxAge
	}
	messages, err := jsjournal.New(o)
	if err != nil {
		return nil, err
	}
	h.life.onStop("message log", stopQuick, messages.Close)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := messages.Prepare(ctx); err != nil {
		h.log.Warn("the message log cannot be opened now: it will be when it can", "error", err)
	}
	return messages, nil
}

// These bound how long a start waits for the message log: that of the embedded
// server, and of one over a network, which may be electing.
const (
	journalWithin     = 2 * time.Second
	journalWithinNATS = 15 * time.Second
)

// Stream is a connection to the NATS of the hub, for the same as Registry: so that
// tests and measurements can put its streams out of order.
func (h *Hub) Stream() *nats.Conn { return h.nats.Conn() }

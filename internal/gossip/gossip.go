// Package gossip carries notes between the replicas of a hub: that a platform is there
// to be called, that one is in doubt. A note reaches those who listen now, and may be
// lost: who relies on it finds out later by itself. Notes that are the same within
// one batch are one.
package gossip

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	subjects = "ocpi.hub."
	// maxWaiting bounds the notes of a topic that wait for the next batch; beyond
	// it they are dropped.
	maxWaiting = 4096
	// maxBatch bounds the bytes of a message.
	maxBatch   = 128 << 10
	everyUsual = 200 * time.Millisecond
)

// Options configure a Circle.
type Options struct {
	// Conn is the connection to the others; nil when there are none.
	Conn *nats.Conn
	ID   string // of this process: it does not hear itself
	// Every is the time between two batches; default 200 ms.
	Every time.Duration
	Log   *slog.Logger // default none
}

// Circle is the replicas that hear one another. It is safe for concurrent use.
// Make one with New; notes go out while Run is running.
type Circle struct {
	conn  *nats.Conn
	id    string
	every time.Duration
	log   *slog.Logger

	mu      sync.Mutex
	waiting map[string]map[string]bool
	dropped atomic.Int64
}

// batch is what a message holds.
type batch struct {
	From  string   `json:"from"`
	Notes []string `json:"notes"`
}

// New returns a circle.
func New(o Options) *Circle {
	c := &Circle{conn: o.Conn, id: o.ID, every: cmp.Or(o.Every, everyUsual), log: o.Log, waiting: map[string]map[string]bool{}}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Say tells the others a note, which is text. It is quick and never blocks.
func (c *Circle) Say(topic, note string) {
	if c.conn == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	notes := c.waiting[topic]
	if notes == nil {
		notes = map[string]bool{}
		c.waiting[topic] = notes
	}
	if len(notes) >= maxWaiting && !notes[note] {
		c.dropped.Add(1)
		return
	}
	notes[note] = true
}

// Hear calls each with every note of a topic that another replica says, one after
// the other, for as long as the connection is open. each must be quick.
func (c *Circle) Hear(topic string, each func(note string)) error {
	if c.conn == nil {
		return nil
	}
	_, err := c.conn.Subscribe(subjects+topic, func(m *nats.Msg) {
		var b batch
		if err := json.Unmarshal(m.Data, &b); err != nil || b.From == c.id {
			return // a stranger's, or our own
		}
		for _, note := range b.Notes {
			each(note)
		}
	})
	if err != nil {
		return fmt.Errorf("listen to the other replicas on %s: %w", subjects+topic, err)
	}
	return nil
}

// Run sends what is said until ctx ends, and then what still waits.
func (c *Circle) Run(ctx context.Context) error {
	ticker := time.NewTicker(c.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			c.send()
			return nil
		case <-ticker.C:
			c.send()
		}
	}
}

// Dropped is how many notes were dropped because too many waited.
func (c *Circle) Dropped() int64 { return c.dropped.Load() }

// send sends all that waits. What cannot be sent is lost.
func (c *Circle) send() {
	c.mu.Lock()
	waiting := c.waiting
	c.waiting = map[string]map[string]bool{}
	c.mu.Unlock()
	for topic, notes := range waiting {
		out, size := batch{From: c.id}, 0
		for note := range notes {
			out.Notes = append(out.Notes, note)
			if size += len(note); size >= maxBatch {
				c.publish(topic, out)
				out.Notes, size = nil, 0
			}
		}
		if len(out.Notes) > 0 {
			c.publish(topic, out)
		}
	}
}

func (c *Circle) publish(topic string, b batch) {
	raw, err := json.Marshal(b)
	if err == nil {
		err = c.conn.Publish(subjects+topic, raw)
	}
	if err != nil {
		c.log.Debug("the other replicas do not hear of something", "topic", topic, "notes", len(b.Notes), "error", err)
	}
}

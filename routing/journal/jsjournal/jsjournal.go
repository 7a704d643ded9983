// Package jsjournal keeps the message log in a JetStream stream, many records
// to a message (docs/nats.md).
package jsjournal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/routing/journal"
)

const (
	streamName = "OCPI_JOURNAL"
	subject    = "ocpi.journal"
	// A window is so many messages that are read, and held, at once; it grows
	// while it holds less than small bytes, and shrinks over large ones.
	firstWindow   = 8
	largestWindow = 4096
	small, large  = 1 << 20, 8 << 20
)

// Options configure a Log.
type Options struct {
	Conn *nats.Conn
	// MaxAge is how long the stream keeps a record, Bytes how much at most.
	MaxAge   time.Duration
	Bytes    int64
	Replicas int // default 1
}

// Log is a journal.Log on JetStream. Make one with Open.
type Log struct {
	js     jetstream.JetStream
	stream jetstream.Stream
}

var _ journal.Log = (*Log)(nil)

// Open makes the stream, or brings it to these options. Its messages are
// acknowledged before they are on disk: the feed needs the disk more.
func Open(ctx context.Context, o Options) (*Log, error) {
	js, err := jetstream.New(o.Conn)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	stream, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{subject}, Description: "the message log",
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxAge: o.MaxAge, MaxBytes: o.Bytes, Replicas: max(1, o.Replicas), AllowDirect: true,
		PersistMode: jetstream.AsyncPersistMode,
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", streamName, err)
	}
	return &Log{js: js, stream: stream}, nil
}

// Append implements journal.Log.
func (l *Log) Append(ctx context.Context, entries []journal.Entry) error {
	raw, err := encode(entries)
	if err != nil {
		return err
	}
	if _, err := l.js.Publish(ctx, subject, raw); err != nil {
		return fmt.Errorf("publish to %s: %w", streamName, err)
	}
	return nil
}

// Read implements journal.Log.
func (l *Log) Read(ctx context.Context, s *journal.Selector, each func(journal.Entry) bool) error {
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at %s: %w", streamName, err)
	}
	width := uint64(firstWindow)
	for end := info.State.LastSeq; end > 0 && end >= info.State.FirstSeq; {
		start := max(info.State.FirstSeq, end-min(end, width)+1)
		batches, err := l.window(ctx, start, end)
		if err != nil {
			return fmt.Errorf("read %s: %w", streamName, err)
		}
		size, more := 0, true
		for _, b := range slices.Backward(batches) {
			size += len(b.raw)
			if more = more && offer(b, s, each); !more {
				return nil
			}
		}
		end, width = start-1, next(width, size)
	}
	return nil
}

// next is the width of the window after one that held size bytes.
func next(width uint64, size int) uint64 {
	switch {
	case size < small:
		return min(2*width, largestWindow)
	case size > large:
		return max(width/2, 1)
	}
	return width
}

// block is a message: the records of one batch.
type block struct {
	raw []byte
	at  time.Time
}

// offer calls each with what s takes of a batch, and says whether to go on.
func offer(b block, s *journal.Selector, each func(journal.Entry) bool) bool {
	if b.at.Before(s.Since) {
		return false
	}
	for _, e := range selected(b.raw, s, true) {
		if !each(e) {
			return false
		}
	}
	return true
}

// window returns the messages from one sequence to another that are still kept.
func (l *Log) window(ctx context.Context, start, end uint64) ([]block, error) {
	consumer, err := l.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: start,
	})
	if err != nil {
		return nil, err
	}
	fetched, err := consumer.FetchNoWait(int(end - start + 1)) //nolint:gosec // at most largestWindow
	if err != nil {
		return nil, err
	}
	var out []block
	for msg := range fetched.Messages() {
		meta, err := msg.Metadata()
		if err != nil {
			return nil, err
		}
		if meta.Sequence.Stream <= end {
			out = append(out, block{msg.Data(), meta.Timestamp})
		}
	}
	return out, errors.Join(fetched.Error(), ctx.Err())
}

// Follow implements journal.Log.
func (l *Log) Follow(ctx context.Context, since time.Time, s *journal.Selector, each func(journal.Entry) error) error {
	consumer, err := l.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &since, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", streamName, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(firstWindow), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return fmt.Errorf("read %s: %w", streamName, err)
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", streamName, err)
		}
		for _, e := range selected(msg.Data(), s, false) {
			if err := each(e); err != nil {
				return err
			}
		}
	}
}

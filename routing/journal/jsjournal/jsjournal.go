// Package jsjournal keeps the message log in a JetStream stream, many records
// to a message, with an index of the correlation ids in a second one
// (docs/nats.md).
package jsjournal

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/natsconn"
	"github.com/ocpihub/ocpihub/routing/journal"
)

const (
	recordsName    = "OCPI_JOURNAL"
	recordsSubject = "ocpi.journal"
	indexName      = "OCPI_JOURNAL_INDEX"
	indexSubject   = "ocpi.journal-index"
	// indexShare is which part of the bytes of the records their index may take
	// at most; it takes about a fiftieth.
	indexShare = 16
)

// Options configure a Log.
type Options struct {
	// Conn is best one of its own: a search moves megabytes over it.
	Conn *nats.Conn
	// MaxAge is how long the stream keeps a record, Bytes how much at most.
	MaxAge   time.Duration
	Bytes    int64
	Replicas int // default 1
	// Lazy: records are acknowledged before they are on disk. Only for a server
	// without replicas whose disk others need more.
	Lazy bool
	// BodiesMaxAge is how long bodies are kept, Bytes at most as well; 0 keeps
	// none.
	BodiesMaxAge time.Duration
}

// Log is a journal.Log on JetStream. Make one with New. Streams that are
// missing are made when they are needed, so that it serves as soon as JetStream
// does.
type Log struct {
	records *shelf
	index   *shelf
	bodies  *shelf // nil: none are kept
	pending pending
}

var _ journal.Log = (*Log)(nil)

// New returns a Log. It asks nothing of the server yet.
func New(o Options) (*Log, error) {
	records, err := newShelf(o, recordsName, recordsSubject, "the message log", o.Bytes)
	if err != nil {
		return nil, err
	}
	index, err := newShelf(o, indexName, indexSubject, "where the conversations of the message log are", max(o.Bytes/indexShare, 1))
	if err != nil || o.BodiesMaxAge == 0 {
		return &Log{records: records, index: index}, err
	}
	o.MaxAge = o.BodiesMaxAge
	bodies, err := newShelf(o, bodiesName, bodiesSubject, "bodies of the messages in the message log, masked", o.Bytes)
	return &Log{records: records, index: index, bodies: bodies}, err
}

// Prepare makes the streams, or brings them to their configuration, at once.
func (l *Log) Prepare(ctx context.Context) error {
	for _, s := range []*shelf{l.records, l.index, l.bodies} {
		if s == nil {
			continue
		}
		if _, err := s.prepare(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Append implements journal.Log.
func (l *Log) Append(ctx context.Context, entries []journal.Entry) error {
	header, bodiesErr := l.keepBodies(ctx, entries)
	at, err := l.records.publish(ctx, encode(entries), header)
	if err != nil {
		return err
	}
	if l.pending.add(at, entries) {
		l.writeIndex(ctx)
	}
	if bodiesErr != nil {
		return fmt.Errorf("%w: %w", journal.ErrBodies, bodiesErr)
	}
	return nil
}

// Close writes what the index still lacks. Nothing may be appended any more.
func (l *Log) Close(ctx context.Context) error {
	l.writeIndex(ctx)
	return nil
}

// writeIndex moves what is pending into the index. Without it those records are
// found as well, only slower: that it fails is no matter.
func (l *Log) writeIndex(ctx context.Context) {
	if raw := l.pending.encode(); raw != nil {
		_, _ = l.index.publish(ctx, raw, nil)
	}
	l.pending.reset()
}

// Follow implements journal.Log.
func (l *Log) Follow(ctx context.Context, since time.Time, s *journal.Selector, each func(journal.Entry) error) error {
	if _, err := l.records.prepare(ctx); err != nil {
		return ended(ctx, err)
	}
	sieve := newSieve(s)
	tail := natsconn.Tail{JS: l.records.js, Stream: recordsName, Since: since, Ahead: firstWindow}
	err := tail.Read(ctx, func(msg jetstream.Msg, _ *jetstream.MsgMetadata) (bool, error) {
		for _, e := range sieve.records(msg.Data(), false) {
			if err := each(e.Entry); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	l.records.lost(err)
	return ended(ctx, err)
}

// ended is the error of a reading: none when ctx ended it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Package jsfeed keeps the feed in a JetStream stream and the progress of
// deliveries in a JetStream key-value bucket (docs/nats.md).
package jsfeed

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/natsconn"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

const (
	streamName = "OCPI_FEED"
	subject    = "ocpi.feed."
	// A reader has at most so many changes, or heads of changes, under way. A
	// change may have megabytes.
	readAhead  = 64
	headsAhead = 512
)

// Options configure a Feed.
type Options struct {
	Conn *nats.Conn
	// Retention is how long the stream keeps a change, Bytes how much at most.
	Retention time.Duration
	Bytes     int64
	Replicas  int // default 1
	// Log is told of messages that cannot be read; default none.
	Log *slog.Logger
}

// Feed is a fanout.Feed and fanout.Progress on JetStream. Make one with Open.
type Feed struct {
	stream jetstream.Stream
	alien  aliens
	// trouble: the last change could not be published.
	trouble atomic.Bool
	progress
}

var (
	_ fanout.Feed     = (*Feed)(nil)
	_ fanout.Progress = (*Feed)(nil)
)

// Open makes stream and bucket, or brings them to these options.
func Open(ctx context.Context, o Options) (*Feed, error) {
	js, err := jetstream.New(o.Conn)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	stream, err := natsconn.Ensure(ctx, js, natsconn.Spec{BytesKey: "delivery.max_bytes", StreamConfig: jetstream.StreamConfig{
		Name: streamName, Subjects: []string{subject + ">"}, Description: "accepted pushes to all parties",
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxAge: o.Retention, MaxBytes: o.Bytes, Replicas: o.Replicas, AllowDirect: true,
	}})
	if err != nil {
		return nil, err
	}
	bucket, err := natsconn.EnsureBucket(ctx, js, bucketName, natsconn.Spec{
		StreamConfig: natsconn.Bucket(bucketName, "how far the deliveries to each platform are done", bucketBytes, o.Replicas),
	})
	if err != nil {
		return nil, err
	}
	f := &Feed{stream: stream}
	f.alien.log = o.Log
	if o.Log == nil {
		f.alien.log = slog.New(slog.DiscardHandler)
	}
	f.js, f.bucket = js, bucket
	return f, nil
}

// Read implements fanout.Feed.
func (f *Feed) Read(ctx context.Context, after uint64, each func(fanout.Record) error) error {
	return f.walk(ctx, after, false, func(r fanout.Record) (bool, error) { return true, each(r) }, nil)
}

// Keys implements fanout.Feed.
func (f *Feed) Keys(ctx context.Context, after, upTo uint64, each func(fanout.Record) error) error {
	_, last, err := f.Bounds(ctx)
	if err != nil {
		return err
	}
	upTo = min(upTo, last)
	ended := func(at uint64) (bool, error) {
		first, _, err := f.Bounds(ctx)
		return at >= upTo || first > upTo, err
	}
	if over, err := ended(after); over || err != nil {
		return err
	}
	return f.walk(ctx, after, true, func(r fanout.Record) (bool, error) {
		if r.Seq > upTo {
			return false, nil
		}
		err := each(r)
		return r.Seq < upTo, err
	}, ended)
}

// walk calls each with the messages behind a sequence until it says no. When
// none comes for a while, or one that is no change, ended may say that none will.
func (f *Feed) walk(ctx context.Context, after uint64, heads bool, each func(fanout.Record) (bool, error), ended func(at uint64) (bool, error)) error {
	tail := natsconn.Tail{JS: f.js, Stream: streamName, After: after, Heads: heads, Ahead: readAhead}
	if heads {
		tail.Ahead = headsAhead
	}
	if ended != nil {
		tail.Over = func() (bool, error) { return ended(tail.After) }
	}
	return tail.Read(ctx, func(msg jetstream.Msg, _ *jetstream.MsgMetadata) (bool, error) {
		r, why := decode(msg)
		if why == nil {
			return each(r)
		}
		f.alien.skip(ctx, r.Seq, why)
		if ended == nil {
			return true, nil
		}
		over, err := ended(r.Seq)
		return !over, err
	})
}

// Bounds implements fanout.Feed.
func (f *Feed) Bounds(ctx context.Context) (first, last uint64, err error) {
	info, err := f.stream.Info(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("look at %s: %w", streamName, err)
	}
	if info.State.LastSeq == 0 {
		return 0, 0, nil
	}
	return info.State.FirstSeq, info.State.LastSeq, nil
}

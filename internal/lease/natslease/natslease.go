// Package natslease keeps leases in a NATS KV bucket.
package natslease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/lease"
)

const (
	bucketName = "OCPI_LEASES"
	subjects   = "$KV." + bucketName + "."
	maxValue   = 64 << 10
)

// Bucket is the bucket OCPI_LEASES. It implements lease.Bucket.
type Bucket struct {
	js       jetstream.JetStream
	replicas int
	made     bool
}

var _ lease.Bucket = (*Bucket)(nil)

// Open opens the bucket, which it makes when it is not there, with so many
// replicas.
func Open(ctx context.Context, conn *nats.Conn, replicas int) (*Bucket, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("leases: %w", err)
	}
	b := &Bucket{js: js, replicas: max(1, replicas)}
	_, err = js.KeyValue(ctx, bucketName)
	b.made = errors.Is(err, jetstream.ErrBucketNotFound)
	if _, err := b.make(ctx); err != nil {
		return nil, fmt.Errorf("leases: open %s: %w", bucketName, err)
	}
	return b, nil
}

// make makes the bucket when it is not there, and adopts a changed number of
// replicas.
func (b *Bucket) make(ctx context.Context) (jetstream.KeyValue, error) {
	return b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: bucketName, Description: "which replica of the hub does what", History: 1,
		MaxValueSize: maxValue, Storage: jetstream.FileStorage, Replicas: b.replicas,
	})
}

// New implements lease.Bucket.
func (b *Bucket) New() bool { return b.made }

const (
	// maxTries bounds how often a write is tried that meets another one under way.
	maxTries     = 4
	betweenTries = 10 * time.Millisecond
)

// Put implements lease.Bucket. A cluster also refuses a write while the one before
// it, though acknowledged, is not done with: that is no change by somebody else.
func (b *Bucket) Put(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	revision, why, err := b.put(ctx, key, value, last)
	for tries := 1; why == jetstream.JSErrCodeStreamWrongLastSequenceConstant && tries < maxTries; tries++ {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(betweenTries):
			revision, why, err = b.put(ctx, key, value, last)
		}
	}
	switch {
	case why == jetstream.JSErrCodeStreamWrongLastSequence || why == jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return 0, lease.ErrChanged
	case err != nil:
		return 0, fmt.Errorf("write %s of %s: %w", key, bucketName, err)
	}
	return revision, nil
}

// put tries once, and says with which code it was refused.
func (b *Bucket) put(ctx context.Context, key string, value []byte, last uint64) (revision uint64, why jetstream.ErrorCode, err error) {
	ack, err := b.js.Publish(ctx, subjects+key, value, jetstream.WithExpectLastSequencePerSubject(last), jetstream.WithRetryAttempts(0))
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return 0, api.ErrorCode, err
	}
	if err != nil {
		return 0, 0, err
	}
	return ack.Sequence, 0, nil
}

// Drop implements lease.Bucket: it leaves no marker, which would stay for ever.
func (b *Bucket) Drop(ctx context.Context, key string, revision uint64) error {
	stream, err := b.js.Stream(ctx, "KV_"+bucketName)
	if err == nil {
		err = stream.Purge(ctx, jetstream.WithPurgeSubject(subjects+key), jetstream.WithPurgeSequence(revision+1))
	}
	if err != nil {
		return fmt.Errorf("drop %s of %s: %w", key, bucketName, err)
	}
	return nil
}

// Watch implements lease.Bucket. A bucket that was lost is made anew.
func (b *Bucket) Watch(ctx context.Context, each func(lease.Entry)) error {
	kv, err := b.js.KeyValue(ctx, bucketName)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = b.make(ctx)
	}
	if err != nil {
		return fmt.Errorf("watch %s: %w", bucketName, err)
	}
	watcher, err := kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch %s: %w", bucketName, err)
	}
	defer stop(watcher)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-watcher.Updates():
			switch {
			case !ok:
				return errors.New("the watch was ended")
			case e == nil:
				each(lease.Entry{})
			default:
				each(lease.Entry{Key: e.Key(), Value: e.Value(), Revision: e.Revision()})
			}
		}
	}
}

// stop ends a watcher, whose callback may be waiting for who reads its entries.
func stop(w jetstream.KeyWatcher) {
	_ = w.Stop() // with the connection gone, so is the watcher
	for {
		select {
		case _, ok := <-w.Updates():
			if !ok {
				return
			}
		case <-time.After(10 * time.Millisecond):
			return
		}
	}
}

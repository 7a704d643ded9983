// Package redistrail keeps trails in Redis. They are spread over shards, each in
// one slot: a hash of the records, and an ordered set of their names by when
// they end, so that every write sweeps a few that have.
package redistrail

import (
	"context"
	"crypto/sha256"
	_ "embed" // the scripts
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/routing/trail"
)

const (
	// shards spreads the trails over the nodes of a cluster. It is part of the
	// format.
	shards = 16
	// sweepMost bounds the expired trails that one write removes.
	sweepMost = 8
	// sweepStep bounds what one step of Sweep removes: others write in between.
	sweepStep = 256
	// longKey is above what the keys of trails need; they hold ids that come from
	// outside.
	longKey = 1024
)

var (
	//go:embed remember.lua
	rememberText string
	//go:embed sweep.lua
	sweepText string

	remember = redis.NewScript(rememberText)
	sweep    = redis.NewScript(sweepText)
)

// Store is a trail.Store in Redis. Make one with New.
type Store struct {
	client *redisconn.Client
	now    func() time.Time
}

var _ trail.Store = (*Store)(nil)

// New returns a store. now tells which trails may be swept.
func New(client *redisconn.Client, now func() time.Time) *Store {
	return &Store{client: client, now: now}
}

// Remember implements trail.Store.
func (s *Store) Remember(ctx context.Context, t trail.Trail) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	record, err := json.Marshal(t)
	if err != nil {
		return err
	}
	name := nameOf(t.Kind, t.Key)
	keys := s.keys(shardOf(name))
	return s.client.Run(ctx, remember, keys, name, record, endOf(t.Expires), s.now().UnixMilli(), sweepMost).Err()
}

// Recall implements trail.Store.
func (s *Store) Recall(ctx context.Context, kind trail.Kind, key string, now time.Time) (t trail.Trail, err error) {
	if err := ctx.Err(); err != nil {
		return t, err
	}
	name := nameOf(kind, key)
	record, err := s.client.HGet(ctx, s.keys(shardOf(name))[0], name).Bytes()
	if errors.Is(err, redis.Nil) {
		return t, trail.ErrUnknown
	}
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(record, &t); err != nil {
		return t, fmt.Errorf("the stored trail cannot be read: %w", err)
	}
	if !now.Before(t.Expires) {
		return trail.Trail{}, trail.ErrUnknown
	}
	return t, nil
}

// Sweep implements trail.Store.
func (s *Store) Sweep(ctx context.Context, now time.Time) (removed int, err error) {
	for shard := range uint32(shards) {
		for n := sweepStep; n == sweepStep; removed += n {
			if err := ctx.Err(); err != nil {
				return removed, err
			}
			n, err = s.client.Run(ctx, sweep, s.keys(shard), now.UnixMilli(), sweepStep).Int()
			if err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}

// keys are those of the records and of their ends.
func (s *Store) keys(shard uint32) []string {
	tag := fmt.Sprintf("trails.%d", shard)
	return []string{s.client.Key(tag, "records"), s.client.Key(tag, "ends")}
}

func shardOf(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return h.Sum32() % shards
}

func nameOf(kind trail.Kind, key string) string {
	if len(key) > longKey {
		hash := sha256.Sum256([]byte(key))
		key = "\x00" + string(hash[:])
	}
	return string(kind) + "\x00" + key
}

// endOf is when a trail ends, in whole milliseconds and never too early.
func endOf(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

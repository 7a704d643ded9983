// Package redisstore keeps the platforms and agreements in Redis, for any number
// of processes (docs/redis.md lists the keys). All keys of the registry are in
// one slot of a cluster, so that each write is one script.
package redisstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/internal/record"
)

// Store is a parties.Store and a parties.Book in Redis. Make one with New.
type Store struct {
	redis   *redisconn.Client
	in      names
	scripts scripts

	mu     sync.Mutex
	loaded version // what was loaded last
}

// version is a state of the registry. Redis may lose writes in a failover, and
// count the same epochs again: the id of the last write tells such states apart.
type version struct {
	epoch uint64
	write string
}

var (
	_ parties.Store = (*Store)(nil)
	_ parties.Book  = (*Store)(nil)
)

// names are those of the keys.
type names struct {
	epoch, write, platforms, revisions, held, claims, agreements, told, seal, channel string
	beats, epochs, seen, locks                                                        string
}

const tag = "registry"

// New returns a store on a connection, which stays the caller's.
func New(c *redisconn.Client) *Store {
	key := func(name string) string { return c.Key(tag, name) }
	return &Store{redis: c, scripts: newScripts(), in: names{
		epoch: key("epoch"), write: key("write"), platforms: key("platforms"), revisions: key("revisions"),
		held: key("held"), claims: key("claims"), agreements: key("agreements"), told: key("told"), seal: key("seal"),
		beats: key("beats"), epochs: key("epochs"), seen: key("seen"), locks: key("locks"), channel: c.Channel(tag),
	}}
}

// Load implements parties.Store.
func (s *Store) Load(ctx context.Context) ([]*parties.Platform, uint64, error) {
	var head *redis.SliceCmd
	var records *redis.StringSliceCmd
	_, err := s.redis.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		head, records = pipe.MGet(ctx, s.in.epoch, s.in.write), pipe.HVals(ctx, s.in.platforms)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	now, err := readVersion(head.Val())
	if err != nil {
		return nil, 0, err
	}
	platforms := make([]*parties.Platform, 0, len(records.Val()))
	for _, raw := range records.Val() {
		p, err := record.DecodePlatform([]byte(raw))
		if err != nil {
			return nil, 0, fmt.Errorf("a platform: %w", err)
		}
		platforms = append(platforms, p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = now
	return platforms, now.epoch, nil
}

func readVersion(values []any) (v version, err error) {
	if text, ok := values[0].(string); ok {
		if v.epoch, err = strconv.ParseUint(text, 10, 64); err != nil {
			return version{}, fmt.Errorf("the epoch %q is no number", text)
		}
	}
	v.write, _ = values[1].(string)
	return v, nil
}

// LoadAgreements implements parties.Store.
func (s *Store) LoadAgreements(ctx context.Context) ([]*parties.Agreement, error) {
	records, err := s.redis.HVals(ctx, s.in.agreements).Result()
	if err != nil {
		return nil, err
	}
	agreements := make([]*parties.Agreement, 0, len(records))
	for _, raw := range records {
		a, err := record.DecodeAgreement([]byte(raw))
		if err != nil {
			return nil, fmt.Errorf("an agreement: %w", err)
		}
		agreements = append(agreements, a)
	}
	return agreements, nil
}

// Epoch implements parties.Store. When Redis has lost what was loaded, the epoch
// is raised over the lost ones, so that everybody loads anew.
func (s *Store) Epoch(ctx context.Context) (uint64, error) {
	values, err := s.redis.MGet(ctx, s.in.epoch, s.in.write).Result()
	if err != nil {
		return 0, err
	}
	now, err := readVersion(values)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	loaded := s.loaded
	s.mu.Unlock()
	if now.epoch > loaded.epoch || now == loaded {
		return now.epoch, nil
	}
	return s.redis.Run(ctx, s.scripts.mend, []string{s.in.epoch, s.in.write}, now.write, loaded.epoch, rand.Text(), s.in.channel).Uint64()
}

// Watch implements parties.Store.
func (s *Store) Watch(ctx context.Context) <-chan struct{} { return s.redis.Listen(ctx, s.in.channel) }

// Told implements parties.Book.
func (s *Store) Told(ctx context.Context) (map[parties.Claim]parties.Told, error) {
	records, err := s.redis.HVals(ctx, s.in.told).Result()
	if err != nil {
		return nil, err
	}
	out := make(map[parties.Claim]parties.Told, len(records))
	for _, raw := range records {
		c, t, err := record.DecodeTold([]byte(raw))
		if err != nil {
			return nil, fmt.Errorf("what was told of a member: %w", err)
		}
		out[c] = t
	}
	return out, nil
}

// Tell implements parties.Book.
func (s *Store) Tell(ctx context.Context, list map[parties.Claim]parties.Told) error {
	if len(list) == 0 {
		return ctx.Err()
	}
	args := make([]any, 0, 2*len(list))
	for c, t := range list {
		raw, err := record.EncodeTold(c, t)
		if err != nil {
			return fmt.Errorf("what was told of %s: %w", c, err)
		}
		args = append(args, c.String(), raw)
	}
	return s.redis.Run(ctx, s.scripts.tell, []string{s.in.told}, args...).Err()
}

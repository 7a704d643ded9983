// Package redisrejections keeps rejected deliveries in Redis: a hash for each
// platform, by id, and the set of the platforms that have any, all in one slot.
// Records are sealed as a whole.
package redisrejections

import (
	"context"
	_ "embed" // the scripts
	"log/slog"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

var (
	//go:embed write.lua
	writeText string
	//go:embed forget.lua
	forgetText string

	write  = redis.NewScript(writeText)
	forget = redis.NewScript(forgetText)
)

// Store is a fanout.Rejections in Redis. Make one with New.
type Store struct {
	client *redisconn.Client
	sealer fanout.Sealer
	log    *slog.Logger
}

var _ fanout.Rejections = (*Store)(nil)

// New returns a store whose records only the same sealer opens.
func New(client *redisconn.Client, sealer fanout.Sealer, log *slog.Logger) *Store {
	return &Store{client, sealer, log}
}

func (s *Store) key(parts ...string) string { return s.client.Key("rejections", parts...) }

func (s *Store) keyOf(platform string) string { return s.key("of", platform) }

// Load implements fanout.Rejections.
func (s *Store) Load(ctx context.Context) (out []fanout.Rejection, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	platforms, err := s.client.SMembers(ctx, s.key("platforms")).Result()
	if err != nil {
		return nil, err
	}
	unread := 0
	for _, platform := range platforms { // one by one: each may have a thousand
		records, err := s.client.HGetAll(ctx, s.keyOf(platform)).Result()
		if err != nil {
			return nil, err
		}
		for id, sealed := range records {
			r, err := fanout.OpenRejection(s.sealer, fanout.RejectionRef{Platform: platform, ID: id}, []byte(sealed))
			if err != nil {
				unread++
				continue
			}
			out = append(out, r)
		}
	}
	if unread > 0 {
		s.log.WarnContext(ctx, "rejected deliveries cannot be read, and are left out: was the sealing key lost?", "count", unread)
	}
	slices.SortStableFunc(out, func(a, b fanout.Rejection) int { return a.Time.Compare(b.Time) })
	return out, nil
}

// Write implements fanout.Rejections.
func (s *Store) Write(ctx context.Context, keep []fanout.Rejection, drop []fanout.RejectionRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	keys := platformKeys{store: s, keys: []string{s.key("platforms")}, number: map[string]int{}}
	args := []any{len(keep)}
	for _, r := range keep {
		sealed, err := fanout.SealRejection(s.sealer, r)
		if err != nil {
			return err
		}
		args = append(args, r.Platform, keys.numberOf(r.Platform), r.ID, sealed)
	}
	for _, ref := range drop {
		args = append(args, ref.Platform, keys.numberOf(ref.Platform), ref.ID)
	}
	return s.client.Run(ctx, write, keys.keys, args...).Err()
}

// platformKeys numbers the keys of a script as Lua does, from 1.
type platformKeys struct {
	store  *Store
	keys   []string
	number map[string]int
}

func (k *platformKeys) numberOf(platform string) int {
	n, known := k.number[platform]
	if !known {
		k.keys = append(k.keys, k.store.keyOf(platform))
		n = len(k.keys)
		k.number[platform] = n
	}
	return n
}

// Forget implements fanout.Rejections.
func (s *Store) Forget(ctx context.Context, platform string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.client.Run(ctx, forget, []string{s.key("platforms"), s.keyOf(platform)}, platform).Err()
}

// Package redisheld keeps held pushes in Redis: a hash of records by their
// numbers, in one slot.
package redisheld

import (
	"cmp"
	"context"
	_ "embed" // the scripts
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/routing/held"
)

var (
	//go:embed add.lua
	addText string
	//go:embed remove.lua
	removeText string

	add    = redis.NewScript(addText)
	remove = redis.NewScript(removeText)
)

// repeatable is for how long the number of a push is known to its call, in
// milliseconds: one that is repeated after its connection broke must not keep
// the push twice.
const repeatable = 60_000

// Store is a held.Store in Redis. Make one with New.
type Store struct{ client *redisconn.Client }

var _ held.Store = (*Store)(nil)

// New returns a store.
func New(client *redisconn.Client) *Store { return &Store{client} }

func (s *Store) key(parts ...string) string { return s.client.Key("held", parts...) }

// Add implements held.Store.
func (s *Store) Add(ctx context.Context, e held.Entry, replaces []uint64) (held.Entry, error) {
	if err := ctx.Err(); err != nil {
		return held.Entry{}, err
	}
	raw, err := held.Encode(&e)
	if err != nil {
		return held.Entry{}, err
	}
	keys := []string{s.key("pushes"), s.key("last"), s.key("changes"), s.key("done", uuid.NewString())}
	e.ID, err = s.client.Run(ctx, add, keys, append([]any{raw, repeatable}, numbers(replaces)...)...).Uint64()
	if err != nil {
		return held.Entry{}, err
	}
	return e, nil
}

// List implements held.Store.
func (s *Store) List(ctx context.Context) ([]held.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	records, err := s.client.HGetAll(ctx, s.key("pushes")).Result()
	if err != nil {
		return nil, err
	}
	var out []held.Entry
	for number, raw := range records {
		id, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("held push %q: its number cannot be read: %w", number, err)
		}
		e, err := held.Decode(id, []byte(raw))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b held.Entry) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// Remove implements held.Store.
func (s *Store) Remove(ctx context.Context, ids []uint64) error {
	if err := ctx.Err(); err != nil || len(ids) == 0 {
		return err
	}
	return s.client.Run(ctx, remove, []string{s.key("pushes"), s.key("changes")}, numbers(ids)...).Err()
}

func numbers(ids []uint64) (out []any) {
	for _, id := range ids {
		out = append(out, id)
	}
	return out
}

// Package rediswatch keeps rhythms and alerts in Redis: a hash of each, in one
// slot.
package rediswatch

import (
	"context"
	_ "embed" // the script
	"encoding/json"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/routing/watch"
)

//go:embed save.lua
var saveText string

var save = redis.NewScript(saveText)

// Store is a watch.Store in Redis. Make one with New.
type Store struct{ client *redisconn.Client }

var _ watch.Store = (*Store)(nil)

// New returns a store.
func New(client *redisconn.Client) *Store { return &Store{client} }

func (s *Store) keys() []string {
	return []string{s.client.Key("watch", "rhythms"), s.client.Key("watch", "alerts")}
}

// Load implements watch.Store.
func (s *Store) Load(ctx context.Context) (memo watch.Memo, err error) {
	if err := ctx.Err(); err != nil {
		return memo, err
	}
	keys := s.keys()
	var rhythms, alerts *redis.MapStringStringCmd
	_, err = s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		rhythms, alerts = p.HGetAll(ctx, keys[0]), p.HGetAll(ctx, keys[1])
		return nil
	})
	if err != nil {
		return memo, err
	}
	if err := each(rhythms.Val(), &memo.Rhythms); err != nil {
		return memo, err
	}
	return memo, each(alerts.Val(), &memo.Alerts)
}

// each reads all records of a hash.
func each[T any](records map[string]string, out *[]T) error {
	for _, record := range records {
		var one T
		if err := json.Unmarshal([]byte(record), &one); err != nil {
			return fmt.Errorf("what was stored of the alerts cannot be read: %w", err)
		}
		*out = append(*out, one)
	}
	return nil
}

// Save implements watch.Store.
func (s *Store) Save(ctx context.Context, memo watch.Memo, dropped []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	args := []any{len(memo.Rhythms), len(memo.Alerts)}
	for i := range memo.Rhythms {
		r := &memo.Rhythms[i]
		record, err := json.Marshal(r)
		if err != nil {
			return err
		}
		args = append(args, r.Party.String()+"\x00"+string(r.Module), record)
	}
	for i := range memo.Alerts {
		record, err := json.Marshal(&memo.Alerts[i])
		if err != nil {
			return err
		}
		args = append(args, memo.Alerts[i].ID, record)
	}
	for _, id := range dropped {
		args = append(args, id)
	}
	return s.client.Run(ctx, save, s.keys(), args...).Err()
}

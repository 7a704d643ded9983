// Package redismarks keeps the marks of pulled lists in Redis: a hash for each
// platform, by module and party.
package redismarks

import (
	"context"
	_ "embed" // the scripts
	"encoding/json"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/pull"
)

var (
	//go:embed save.lua
	saveText string
	//go:embed forget.lua
	forgetText string

	save   = redis.NewScript(saveText)
	forget = redis.NewScript(forgetText)
)

// Store is a pull.Marks in Redis. Make one with New.
type Store struct{ client *redisconn.Client }

var _ pull.Marks = (*Store)(nil)

// New returns a store.
func New(client *redisconn.Client) *Store { return &Store{client} }

// Load implements pull.Marks.
func (s *Store) Load(ctx context.Context, platform string) (map[pull.List]pull.Mark, error) {
	out := map[pull.List]pull.Mark{}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	records, err := s.client.HGetAll(ctx, s.key(platform)).Result()
	if err != nil {
		return out, err
	}
	for field, record := range records {
		list, err := listOf(field)
		if err != nil {
			return out, err
		}
		var mark pull.Mark
		if err := json.Unmarshal([]byte(record), &mark); err != nil {
			return out, fmt.Errorf("mark of %s: %w", list.Module, err)
		}
		out[list] = mark
	}
	return out, nil
}

// Save implements pull.Marks.
func (s *Store) Save(ctx context.Context, platform string, l pull.List, m pull.Mark) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	record, err := json.Marshal(m)
	if err != nil {
		return err
	}
	field := string(l.Module) + separator + l.Party.String()
	return s.client.Run(ctx, save, []string{s.key(platform)}, field, record).Err()
}

// Forget implements pull.Marks.
func (s *Store) Forget(ctx context.Context, platform string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.client.Run(ctx, forget, []string{s.key(platform)}).Err()
}

func (s *Store) key(platform string) string { return s.client.Key("pulls."+platform, "marks") }

// separator stands between the parts of a field; none of them holds it.
const separator = "\x00"

func listOf(field string) (pull.List, error) {
	module, party, found := strings.Cut(field, separator)
	if !found {
		return pull.List{}, fmt.Errorf("mark %q: want module and party", field)
	}
	id, err := ocpi.ParsePartyID(party)
	return pull.List{Module: ocpi.ModuleID(module), Party: id}, err
}

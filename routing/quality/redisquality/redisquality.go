// Package redisquality keeps the counts of findings in Redis, where those of any
// number of replicas add up: a hash for each party, which has four fields for a
// row, and the set of the parties that have any, all in one slot.
package redisquality

import (
	"context"
	_ "embed" // the scripts
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
)

var (
	//go:embed add.lua
	addText string
	//go:embed clear.lua
	clearText string

	add      = redis.NewScript(addText)
	clearing = redis.NewScript(clearText)
)

const (
	// repeatable is for how long it is known that rows were added, in
	// milliseconds: a call that is repeated after its connection broke must not
	// count twice.
	repeatable = 60_000
	// timeLayout has a fixed width.
	timeLayout = "2006-01-02T15:04:05.000000000Z"
	separator  = "\x00"
)

// Store is a quality.Store in Redis. Make one with New.
type Store struct{ client *redisconn.Client }

var _ quality.Store = (*Store)(nil)

// New returns a store.
func New(client *redisconn.Client) *Store { return &Store{client} }

func (s *Store) key(parts ...string) string { return s.client.Key("quality", parts...) }

func (s *Store) keyOf(party string) string { return s.key("of", party) }

// Rows implements quality.Store.
func (s *Store) Rows(ctx context.Context) (out []quality.Row, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	parties, err := s.client.SMembers(ctx, s.key("parties")).Result()
	if err != nil || len(parties) == 0 {
		return nil, err
	}
	hashes := make([]*redis.MapStringStringCmd, len(parties))
	_, err = s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, party := range parties {
			hashes[i] = p.HGetAll(ctx, s.keyOf(party))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, party := range parties {
		id, err := ocpi.ParsePartyID(party)
		if err != nil {
			return nil, err
		}
		rows, err := rowsOf(id, hashes[i].Val())
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// rowsOf reads the rows of a party.
func rowsOf(party ocpi.PartyID, hash map[string]string) (out []quality.Row, err error) {
	for field, count := range hash {
		place, is := strings.CutPrefix(field, "count"+separator)
		if !is {
			continue
		}
		parts := strings.SplitN(place, separator, 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("findings of %s: want module, kind and field, got %q", party, place)
		}
		r := quality.Row{Place: quality.Place{Party: party, Module: ocpi.ModuleID(parts[0]), Kind: ocpi.FindingKind(parts[1]), Field: parts[2]}}
		if r.Count, err = strconv.ParseInt(count, 10, 64); err == nil {
			r.FirstSeen, err = time.Parse(timeLayout, hash["first"+separator+place])
		}
		if err == nil {
			r.LastSeen, err = time.Parse(timeLayout, hash["last"+separator+place])
		}
		if err == nil {
			err = json.Unmarshal([]byte(hash["example"+separator+place]), &r.Example)
		}
		if err != nil {
			return nil, fmt.Errorf("findings of %s: a row cannot be read: %w", party, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Add implements quality.Store.
func (s *Store) Add(ctx context.Context, rows []quality.Row) error {
	if err := ctx.Err(); err != nil || len(rows) == 0 {
		return err
	}
	keys := []string{s.key("parties"), s.key("cleared"), s.key("done", uuid.NewString())}
	args := []any{quality.MaxRows, repeatable, nameOf(quality.Place{Kind: quality.More})}
	number := map[string]int{} // of the key of a party, from 1
	for i := range rows {
		r := &rows[i]
		example, err := json.Marshal(r.Example)
		if err != nil {
			return err
		}
		party := r.Party.String()
		if number[party] == 0 {
			keys = append(keys, s.keyOf(party))
			number[party] = len(keys)
		}
		args = append(args, party, number[party], nameOf(r.Place), r.Count, formatTime(r.FirstSeen), formatTime(r.LastSeen), example)
	}
	return s.client.Run(ctx, add, keys, args...).Err()
}

// Clear implements quality.Store.
func (s *Store) Clear(ctx context.Context, party ocpi.PartyID, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	keys := []string{s.key("parties"), s.key("cleared"), s.keyOf(party.String())}
	return s.client.Run(ctx, clearing, keys, party.String(), formatTime(at)).Err()
}

// nameOf names the place of a row within its party; it follows the name of a
// field.
func nameOf(p quality.Place) string {
	return separator + strings.Join([]string{string(p.Module), string(p.Kind), p.Field}, separator)
}

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

package redisheld

import (
	"context"
	_ "embed" // the scripts
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/held"
)

var (
	//go:embed count.lua
	countText string
	//go:embed hold.lua
	holdText string

	count = redis.NewScript(countText)
	hold  = redis.NewScript(holdText)
)

var _ held.Shared = (*Store)(nil)

// Changes implements held.Shared.
func (s *Store) Changes(ctx context.Context) (uint64, error) {
	n, err := s.client.Get(ctx, s.key("changes")).Uint64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, err
}

// Holding implements held.Shared.
func (s *Store) Holding(ctx context.Context) (out []ocpi.PartyID, err error) {
	members, err := s.client.SMembers(ctx, s.key("holding")).Result()
	if err != nil {
		return nil, err
	}
	for _, member := range members {
		party, err := ocpi.ParsePartyID(member)
		if err != nil {
			return nil, err
		}
		out = append(out, party)
	}
	return out, nil
}

// Hold implements held.Shared.
func (s *Store) Hold(ctx context.Context, owner ocpi.PartyID, holding bool) error {
	listed, removed := s.window(owner)
	keys := []string{s.key("holding"), s.key("changes"), listed, removed}
	return s.client.Run(ctx, hold, keys, owner.String(), holding).Err()
}

// Count implements held.Shared.
func (s *Store) Count(ctx context.Context, r held.Removals) (held.Window, error) {
	listed, removed := s.window(r.Owner)
	args := []any{r.Listed, r.Window.Milliseconds()}
	for _, id := range r.IDs {
		args = append(args, id)
	}
	answer, err := s.client.Run(ctx, count, []string{listed, removed}, args...).Int64Slice()
	if err != nil {
		return held.Window{}, err
	}
	return held.Window{Open: answer[0] == 1, Listed: int(answer[1]), Removed: int(answer[2])}, nil
}

func (s *Store) window(owner ocpi.PartyID) (listed, removed string) {
	return s.key("listed", owner.String()), s.key("removed", owner.String())
}

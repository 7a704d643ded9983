// Package redisaccess keeps the tokens of the admin API in Redis: a hash of
// them by name, one of when they were last used, and the epoch. All are in one
// slot, so that each change is one step.
package redisaccess

import (
	"context"
	_ "embed" // the scripts
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/redisconn"
)

var (
	//go:embed add.lua
	addText string
	//go:embed remove.lua
	removeText string
	//go:embed use.lua
	useText string

	add    = redis.NewScript(addText)
	remove = redis.NewScript(removeText)
	use    = redis.NewScript(useText)
)

const (
	// digestLength is that of a digest in hexadecimal.
	digestLength = 2 * len(access.Hash{})
	// repeatable is for how long a change is known to have been made, in
	// milliseconds: a call that is repeated after its connection broke must not
	// find its own work in its way.
	repeatable = 60_000
	// timeLayout has a fixed width.
	timeLayout = "2006-01-02T15:04:05.000000000Z"
)

// Store is an access.Store in Redis. Make one with New.
type Store struct{ client *redisconn.Client }

var _ access.Store = (*Store)(nil)

// New returns a store.
func New(client *redisconn.Client) *Store { return &Store{client} }

func (s *Store) key(parts ...string) string { return s.client.Key("access", parts...) }

// keys are those of a change, with one that is its own.
func (s *Store) keys() []string {
	return []string{s.key("tokens"), s.key("used"), s.key("epoch"), s.key("done", uuid.NewString())}
}

// Load implements access.Reader.
func (s *Store) Load(ctx context.Context) (tokens []access.Token, epoch uint64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	var records, used *redis.MapStringStringCmd
	var counted *redis.StringCmd
	_, err = s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		records, used, counted = p.HGetAll(ctx, s.key("tokens")), p.HGetAll(ctx, s.key("used")), p.Get(ctx, s.key("epoch"))
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, 0, err
	}
	for name, raw := range records.Val() {
		t, err := decode(name, raw, used.Val())
		if err != nil {
			return nil, 0, err
		}
		tokens = append(tokens, t)
	}
	epoch, err = number(counted)
	return tokens, epoch, err
}

// Epoch implements access.Reader.
func (s *Store) Epoch(ctx context.Context) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return number(s.client.Get(ctx, s.key("epoch")))
}

// number reads a counter; one that was never written is 0.
func number(c *redis.StringCmd) (uint64, error) {
	n, err := c.Uint64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, err
}

// Add implements access.Writer.
func (s *Store) Add(ctx context.Context, t access.Token) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	raw, err := json.Marshal(record{string(t.Role), t.Created, t.By, t.Expires})
	if err != nil {
		return err
	}
	made, err := s.client.Run(ctx, add, s.keys(), t.Name, raw, digest(t.Hash), repeatable).Bool()
	if err == nil && !made {
		return access.ErrTaken
	}
	return err
}

// Remove implements access.Writer.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	removed, err := s.client.Run(ctx, remove, s.keys(), name, digestLength, repeatable).Bool()
	if err == nil && !removed {
		return access.ErrUnknown
	}
	return err
}

// Use implements access.Writer.
func (s *Store) Use(ctx context.Context, used map[access.Hash]time.Time) error {
	if err := ctx.Err(); err != nil || len(used) == 0 {
		return err
	}
	var args []any
	for hash, at := range used {
		args = append(args, digest(hash), at.UTC().Format(timeLayout))
	}
	return s.client.Run(ctx, use, []string{s.key("used")}, args...).Err()
}

// record is a token as it is written behind its digest, in JSON. Names and
// meanings are part of the format: add members, never change one.
type record struct {
	Role    string    `json:"role"`
	Created time.Time `json:"created"`
	By      string    `json:"by"`
	Expires time.Time `json:"expires,omitzero"`
}

func digest(h access.Hash) string { return hex.EncodeToString(h[:]) }

func decode(name, raw string, used map[string]string) (access.Token, error) {
	if len(raw) < digestLength {
		return access.Token{}, fmt.Errorf("token %s: the stored record has no digest", name)
	}
	var r record
	if err := json.Unmarshal([]byte(raw[digestLength:]), &r); err != nil {
		return access.Token{}, fmt.Errorf("token %s: the stored record cannot be read: %w", name, err)
	}
	t := access.Token{Name: name, Role: access.Role(r.Role), Created: r.Created, By: r.By, Expires: r.Expires}
	if _, err := hex.Decode(t.Hash[:], []byte(raw[:digestLength])); err != nil {
		return access.Token{}, fmt.Errorf("token %s: the stored digest cannot be read: %w", name, err)
	}
	if at := used[raw[:digestLength]]; at != "" {
		var err error
		if t.Used, err = time.Parse(timeLayout, at); err != nil {
			return access.Token{}, fmt.Errorf("token %s: when it was used cannot be read: %w", name, err)
		}
	}
	return t, nil
}

package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/parties/redisstore"
)

// Migrate moves what an embedded hub keeps in its data directory into Redis:
// all but the streams, which stay in their files. The hub must not run. It tells
// on progress what it does, and compares both sides. When it was stopped, it is
// run again and goes on.
func Migrate(ctx context.Context, cfg Config, progress io.Writer) (err error) {
	if _, err := os.Stat((&Hub{cfg: cfg}).file("registry.db")); err != nil {
		return fmt.Errorf("there is no hub in %s: %w", cfg.DataDir, err)
	}
	m := &migration{cfg: cfg, progress: progress, now: time.Now}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.open(ctx); err != nil {
		return err
	}
	if err := m.begin(ctx); err != nil {
		return err
	}
	for _, s := range m.steps() {
		if err := m.run(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return m.mark(ctx, moved)
}

// migration is one way from files to Redis.
type migration struct {
	cfg      Config
	progress io.Writer
	now      func() time.Time
	from     files
	redis    *redisconn.Client
	id       string // of the data directory
	closing  []func() error
}

// moving is a step: what it moves, and how both sides look afterwards.
type moving struct {
	name string
	move func(ctx context.Context) (balance, error)
}

// balance is what both sides of a step hold.
type balance struct {
	count int
	hash  string
}

func (m *migration) run(ctx context.Context, s moving) error {
	t, err := s.move(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.progress, "%s: %d, the same on both sides (%.16s)\n", s.name, t.count, t.hash)
	return err
}

func (m *migration) close() error {
	var failures []error
	for _, closing := range slices.Backward(m.closing) {
		failures = append(failures, closing())
	}
	return errors.Join(failures...)
}

func (m *migration) open(ctx context.Context) (err error) {
	if err := m.openFiles(); err != nil {
		return err
	}
	m.redis, err = redisconn.Open(ctx, redisconn.Options{
		URL: m.cfg.Registry.RedisURL, WaitReplicas: m.cfg.Registry.WaitReplicas, Prefix: m.cfg.keyPrefix(),
	})
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	m.closing = append(m.closing, m.redis.Close)
	m.id, err = m.identity()
	return err
}

// identity is a name of the data directory that no other has.
func (m *migration) identity() (string, error) {
	path := (&Hub{cfg: m.cfg}).file("migration.id")
	text, err := os.ReadFile(path) //nolint:gosec // in the hub's own directory
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	id := rand.Text()
	return id, os.WriteFile(path, []byte(id+"\n"), 0o600)
}

// The states of a migration, in Redis behind the identity.
const (
	underWay = "under way"
	moved    = "moved"
)

func migrationKey(c *redisconn.Client) string { return c.Key("migration", "state") }

// begin refuses a Redis that holds what did not come from here.
func (m *migration) begin(ctx context.Context) error {
	state, err := m.redis.Get(ctx, migrationKey(m.redis)).Result()
	id, _, _ := strings.Cut(state, " ")
	switch {
	case err == nil && id == m.id:
		return nil // stopped before, or asked to compare again
	case err == nil:
		return errors.New("this Redis holds what was moved from another data directory: name another Redis, or empty this one")
	case !errors.Is(err, redisconn.ErrNone):
		return err
	}
	epoch, err := redisstore.New(m.redis).Epoch(ctx)
	if err != nil {
		return err
	}
	used, err := m.redis.Exists(ctx, m.redis.Key("catalog", "shelves")).Result()
	if err != nil {
		return err
	}
	if epoch > 0 || used > 0 {
		return errors.New("this Redis holds another hub's data: name another Redis, or empty this one")
	}
	return m.mark(ctx, underWay)
}

func (m *migration) mark(ctx context.Context, state string) error {
	return m.redis.Set(ctx, migrationKey(m.redis), m.id+" "+state, 0).Err()
}

// refuseHalfMoved keeps a hub from starting on what was moved in part.
func refuseHalfMoved(ctx context.Context, c *redisconn.Client) error {
	state, err := c.Get(ctx, migrationKey(c)).Result()
	if err != nil && !errors.Is(err, redisconn.ErrNone) {
		return err
	}
	if strings.HasSuffix(state, underWay) {
		return errors.New("the move of a hub into this Redis has not ended: run ocpi-hub migrate again")
	}
	return nil
}

package rediscatalog

import (
	"context"
	"sync"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Store is a catalog in Redis. Make one with New.
type Store struct {
	*catalog.Keyed
	table *table
}

var (
	_ catalog.Store   = (*Store)(nil)
	_ catalog.Transit = (*Store)(nil)
	_ catalog.Purger  = (*Store)(nil)
)

// New returns the catalog that is kept behind a connection, which stays the
// caller's.
func New(client *redisconn.Client) *Store {
	t := &table{client: client}
	t.lanes.commit = t.commitAll
	return &Store{catalog.NewKeyed(t), t}
}

// Close waits for changes that are being written.
func (s *Store) Close() error {
	s.table.lanes.wait()
	return nil
}

// Announce implements catalog.Transit.
func (s *Store) Announce(ctx context.Context, c catalog.Change) (catalog.Ticket, error) {
	t, err := s.Keyed.Announce(ctx, c)
	if err == nil {
		s.table.hints.Store(t, c.Key)
	}
	return t, err
}

// table is a catalog.Table in Redis.
type table struct {
	client *redisconn.Client
	lanes  lanes
	// hints tell of which object a ticket is that this process gave, so that it
	// is read together with the ticket.
	hints sync.Map
	// numbered are the owners by the numbers that tickets begin with. They
	// never change.
	numbered sync.Map
}

var (
	_ catalog.Table = (*table)(nil)
	_ catalog.Dated = (*table)(nil)
)

// The keys that do not belong to one owner have this tag.
const everybody = "catalog"

func (t *table) shelves() string { return t.client.Key(everybody, "shelves") }

func (t *table) owners() string { return t.client.Key(everybody, "owners") }

func (t *table) order(n catalog.Name) string {
	return t.client.Key(n.Owner, "order", n.Audience, n.Module)
}

func (t *table) ids(owner, module string) string { return t.client.Key(owner, "ids", module) }

func (t *table) contracts(owner string) string { return t.client.Key(owner, "contracts") }

func (t *table) small(owner string) string { return t.client.Key(owner, "small") }

func (t *table) transit(owner string) string { return t.client.Key(owner, "transit") }

// dated is the ordered set that tells when an object was stored.
func (t *table) dated(n catalog.Name) string {
	if n.Audience == "" {
		return t.client.Key(n.Owner, "since", n.Module)
	}
	return t.client.Key(n.Owner, "for", n.Module)
}

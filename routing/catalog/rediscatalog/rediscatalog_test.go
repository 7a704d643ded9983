package rediscatalog_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/catalogtest"
	"github.com/ocpihub/ocpihub/routing/catalog/rediscatalog"
)

// setups are what the catalog is to run on.
var setups = []struct {
	name  string
	fresh func(testing.TB) *redisconn.Client
}{{"single", redistest.Fresh}, {"cluster", redistest.FreshCluster}}

func open(t testing.TB, c *redisconn.Client) *rediscatalog.Store {
	t.Helper()
	s := rediscatalog.New(c)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestRedisKeepsTheCatalog(t *testing.T) {
	for _, on := range setups {
		t.Run(on.name, func(t *testing.T) {
			catalogtest.Run(t, func(t *testing.T) catalog.Store { return open(t, on.fresh(t)) })
		})
	}
}

func TestRedisKeepsSessionsAndCDRs(t *testing.T) {
	for _, on := range setups {
		t.Run(on.name, func(t *testing.T) {
			catalogtest.RunPersonal(t, func(t *testing.T) catalogtest.Personal { return open(t, on.fresh(t)) })
		})
	}
}

func TestRedisMakesItsIndexGood(t *testing.T) {
	for _, on := range setups {
		t.Run(on.name, func(t *testing.T) {
			catalogtest.RunIndex(t, func(t *testing.T) (catalogtest.Indexer, func()) {
				c := on.fresh(t)
				return open(t, c), func() {
					for _, owner := range []string{"NL*TNM", "BE*ECO"} {
						if err := c.Del(t.Context(), c.Key(owner, "contracts")).Err(); err != nil {
							t.Fatal(err)
						}
					}
				}
			})
		})
	}
}

package redistest_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
)

func TestWhatAServerAcknowledgedIsThereAfterAKill(t *testing.T) {
	s := redistest.Single(t)
	c := redistest.Open(t, s, redisconn.Options{})
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.Kill(t)
	if err := c.Get(t.Context(), "k").Err(); err == nil {
		t.Error("a killed server answered")
	}
	s.Restart(t)
	if got, err := c.Get(t.Context(), "k").Result(); err != nil || got != "v" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTheSharedServersKeepTestsApart(t *testing.T) {
	for _, fresh := range []func(testing.TB) *redisconn.Client{redistest.Fresh, redistest.FreshCluster} {
		a, b := fresh(t), fresh(t)
		if err := a.Set(t.Context(), a.Key("t", "x"), "1", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if n, err := b.Exists(t.Context(), b.Key("t", "x")).Result(); err != nil || n != 0 {
			t.Errorf("got %d, %v", n, err)
		}
	}
}

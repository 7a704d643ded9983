package redisrejections_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/redisrejections"
	"github.com/ocpihub/ocpihub/routing/fanout/rejectiontest"
)

func open(t *testing.T, c *redisconn.Client, first byte, log *slog.Logger) *redisrejections.Store {
	t.Helper()
	s, err := parties.NewSealer(append([]byte{first}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	return redisrejections.New(c, s, log)
}

func TestRedisKeepsRejections(t *testing.T) {
	rejectiontest.Run(t, func(t *testing.T) fanout.Rejections {
		return open(t, redistest.Fresh(t), 1, slog.New(slog.DiscardHandler))
	})
}

func TestARedisClusterKeepsRejections(t *testing.T) {
	rejectiontest.Run(t, func(t *testing.T) fanout.Rejections {
		return open(t, redistest.FreshCluster(t), 1, slog.New(slog.DiscardHandler))
	})
}

func TestRedisSeesNoTokenAndARejectionIsReadOnlyWithItsKey(t *testing.T) {
	c := redistest.Fresh(t)
	var log strings.Builder
	s := open(t, c, 1, slog.New(slog.DiscardHandler))
	if err := s.Write(t.Context(), []fanout.Rejection{rejectiontest.Full("p1", "a", 1)}, nil); err != nil {
		t.Fatal(err)
	}
	raw, err := c.HGet(t.Context(), c.Key("rejections", "of", "p1"), "a").Result()
	if err != nil || raw == "" || strings.Contains(raw, rejectiontest.Secret) {
		t.Errorf("Redis has %q, %v", raw, err)
	}
	other := open(t, c, 2, slog.New(slog.NewTextHandler(&log, nil)))
	if got, err := other.Load(t.Context()); len(got) > 0 || err != nil || !strings.Contains(log.String(), "count=1") {
		t.Errorf("with another key: %v, %v, log %q", got, err, log.String())
	}
	if got, err := s.Load(t.Context()); len(got) != 1 || err != nil {
		t.Errorf("with its key: %v, %v", got, err)
	}
}

func TestAPlatformWithoutRejectionsLeavesNothing(t *testing.T) {
	c := redistest.Fresh(t)
	s := open(t, c, 1, slog.New(slog.DiscardHandler))
	if err := s.Write(t.Context(), []fanout.Rejection{rejectiontest.Full("p1", "a", 1)}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), nil, []fanout.RejectionRef{{Platform: "p1", ID: "a"}}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Exists(t.Context(), c.Key("rejections", "platforms"), c.Key("rejections", "of", "p1")).Result(); n != 0 || err != nil {
		t.Errorf("%d keys are left, %v", n, err)
	}
}

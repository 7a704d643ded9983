package redistrail_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/routing/trail"
	"github.com/ocpihub/ocpihub/routing/trail/redistrail"
	"github.com/ocpihub/ocpihub/routing/trail/trailtest"
)

func open(c *redisconn.Client) *redistrail.Store {
	return redistrail.New(c, func() time.Time { return trailtest.Now })
}

func TestRedisKeepsTrails(t *testing.T) {
	trailtest.Run(t, func(t *testing.T) trail.Store { return open(redistest.Fresh(t)) })
}

func TestARedisClusterKeepsTrails(t *testing.T) {
	trailtest.Run(t, func(t *testing.T) trail.Store { return open(redistest.FreshCluster(t)) })
}

func TestAReplicaFindsTheTrailsOfAnother(t *testing.T) {
	c := redistest.Fresh(t)
	want := trail.Trail{Kind: trail.Callback, Key: "k", URL: "https://x/", Expires: trailtest.Now.Add(time.Hour)}
	if err := open(c).Remember(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got, err := open(c).Recall(t.Context(), trail.Callback, "k", trailtest.Now); err != nil || got.URL != want.URL {
		t.Errorf("another replica finds %+v, %v", got, err)
	}
}

func TestWritesSweepWhatHasExpired(t *testing.T) {
	c := redistest.Fresh(t)
	s := open(c)
	for i := range 200 {
		old := trail.Trail{Kind: trail.Callback, Key: fmt.Sprint(i), Expires: trailtest.Now.Add(-time.Hour)}
		if err := s.Remember(t.Context(), old); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for shard := range 16 {
		n, err := c.HLen(t.Context(), c.Key(fmt.Sprint("trails.", shard), "records")).Result()
		if err != nil {
			t.Fatal(err)
		}
		kept += int(n)
	}
	if kept > 16 { // the last one of each shard
		t.Errorf("%d trails are still there", kept)
	}
}

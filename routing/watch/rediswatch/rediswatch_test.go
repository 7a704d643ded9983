package rediswatch_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/routing/watch"
	"github.com/ocpihub/ocpihub/routing/watch/rediswatch"
	"github.com/ocpihub/ocpihub/routing/watch/watchtest"
)

func TestRedisKeepsRhythmsAndAlerts(t *testing.T) {
	watchtest.Run(t, func(t *testing.T) watch.Store { return rediswatch.New(redistest.Fresh(t)) })
}

func TestARedisClusterKeepsRhythmsAndAlerts(t *testing.T) {
	watchtest.Run(t, func(t *testing.T) watch.Store { return rediswatch.New(redistest.FreshCluster(t)) })
}

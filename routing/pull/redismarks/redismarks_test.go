package redismarks_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/routing/pull"
	"github.com/ocpihub/ocpihub/routing/pull/markstest"
	"github.com/ocpihub/ocpihub/routing/pull/redismarks"
)

func TestRedisKeepsMarks(t *testing.T) {
	markstest.Run(t, func(t *testing.T) pull.Marks { return redismarks.New(redistest.Fresh(t)) })
}

func TestARedisClusterKeepsMarks(t *testing.T) {
	markstest.Run(t, func(t *testing.T) pull.Marks { return redismarks.New(redistest.FreshCluster(t)) })
}

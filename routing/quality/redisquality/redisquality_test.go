package redisquality_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/quality/qualitytest"
	"github.com/ocpihub/ocpihub/routing/quality/redisquality"
)

func TestRedisKeepsFindings(t *testing.T) {
	qualitytest.Run(t, func(t *testing.T) quality.Store { return redisquality.New(redistest.Fresh(t)) })
}

func TestARedisClusterKeepsFindings(t *testing.T) {
	qualitytest.Run(t, func(t *testing.T) quality.Store { return redisquality.New(redistest.FreshCluster(t)) })
}

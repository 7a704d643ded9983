package redisaccess_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/hub/admin/access/accesstest"
	"github.com/ocpihub/ocpihub/hub/admin/access/redisaccess"
	"github.com/ocpihub/ocpihub/internal/redistest"
)

func TestRedisKeepsTokens(t *testing.T) {
	accesstest.Run(t, func(t *testing.T) access.Store { return redisaccess.New(redistest.Fresh(t)) })
}

func TestARedisClusterKeepsTokens(t *testing.T) {
	accesstest.Run(t, func(t *testing.T) access.Store { return redisaccess.New(redistest.FreshCluster(t)) })
}

package redisconn

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// Healthy asks every server that takes writes for a sign of life; nil is one. A
// cluster must serve all of its slots.
func (c *Client) Healthy(ctx context.Context) error {
	cluster, ok := c.UniversalClient.(*redis.ClusterClient)
	if !ok {
		return c.Ping(ctx).Err()
	}
	info, err := cluster.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	if state := fields(info)["cluster_state"]; state != "ok" {
		return errors.New("the cluster of Redis does not serve all of its slots: its state is " + state)
	}
	return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error { return node.Ping(ctx).Err() })
}

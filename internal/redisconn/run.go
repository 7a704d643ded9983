package redisconn

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Run runs a script that writes: by its hash, in full where the server does not
// know it. It is repeated, for a short while, when the connection was lost or the
// server cannot take writes just then: the script must bear that. With
// WaitReplicas it also waits for the replicas of Redis.
func (c *Client) Run(ctx context.Context, script *redis.Script, keys []string, args ...any) *redis.Cmd {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		cmd := c.once(ctx, script, keys, args)
		if !passing(cmd.Err()) {
			return cmd
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return cmd
		}
	}
}

const firstPause = 10 * time.Millisecond

// Read runs a script that only reads.
func (c *Client) Read(ctx context.Context, script *redis.Script, keys []string, args ...any) *redis.Cmd {
	return script.RunRO(ctx, c.UniversalClient, keys, args...)
}

func (c *Client) once(ctx context.Context, script *redis.Script, keys []string, args []any) *redis.Cmd {
	if c.wait == 0 {
		return script.Run(ctx, c.UniversalClient, keys, args...)
	}
	node, err := c.node(ctx, keys[0])
	if err != nil {
		cmd := redis.NewCmd(ctx)
		cmd.SetErr(err)
		return cmd
	}
	cmd := c.waited(ctx, node, func(pipe redis.Pipeliner) *redis.Cmd { return script.EvalSha(ctx, pipe, keys, args...) })
	if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
		cmd = c.waited(ctx, node, func(pipe redis.Pipeliner) *redis.Cmd { return script.Eval(ctx, pipe, keys, args...) })
	}
	return cmd
}

// node is the server that holds a key. WAIT tells of the writes of its own
// connection: both must go the same way.
func (c *Client) node(ctx context.Context, key string) (*redis.Client, error) {
	if cluster, ok := c.UniversalClient.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return c.UniversalClient.(*redis.Client), nil
}

func (c *Client) waited(ctx context.Context, node *redis.Client, eval func(redis.Pipeliner) *redis.Cmd) *redis.Cmd {
	const waitWithin = time.Second
	pipe := node.Pipeline()
	cmd := eval(pipe)
	reached := redis.NewIntCmd(ctx, "wait", c.wait, waitWithin.Milliseconds())
	_ = pipe.Process(ctx, reached)
	_, err := pipe.Exec(ctx)
	switch {
	case cmd.Err() != nil:
		if redis.HasErrorPrefix(cmd.Err(), "MOVED") || redis.HasErrorPrefix(cmd.Err(), "ASK") {
			c.reload(ctx)
		}
	case reached.Err() != nil:
		cmd.SetErr(reached.Err())
	case reached.Val() < int64(c.wait):
		cmd.SetErr(notReplicated(reached.Val(), c.wait))
	case err != nil:
		cmd.SetErr(err)
	}
	return cmd
}

func (c *Client) reload(ctx context.Context) {
	if cluster, ok := c.UniversalClient.(*redis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
}

// passing says whether a failure is likely to be over soon. A timeout is none:
// its patience is used up.
func passing(err error) bool {
	if err == nil || errors.Is(err, redis.Nil) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	for _, word := range []string{"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MOVED", "ASK"} {
		if redis.HasErrorPrefix(err, word) {
			return true
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	failed, network := errors.AsType[*net.OpError](err)
	return network && !failed.Timeout() || strings.Contains(err.Error(), "all sentinels specified in configuration are unreachable")
}

// Listen returns a channel that gets a value soon after each message on a channel
// of Redis, and whenever it was subscribed to, for messages may have been lost
// before. Values are merged. It is closed when ctx ends.
func (c *Client) Listen(ctx context.Context, channel string) <-chan struct{} {
	heard := make(chan struct{}, 1)
	go func() {
		defer close(heard)
		sub := c.Subscribe(ctx, channel)
		defer func() { _ = sub.Close() }()
		messages := sub.ChannelWithSubscriptions()
		for {
			select {
			case <-ctx.Done():
				return
			case _, open := <-messages:
				if !open {
					return
				}
			}
			select {
			case heard <- struct{}{}:
			default: // the last one was not taken yet
			}
		}
	}()
	return heard
}

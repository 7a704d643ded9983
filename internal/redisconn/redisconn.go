// Package redisconn is the hub's one connection to Redis: a single server, a
// cluster or sentinels, found out by asking. It bounds every command, repeats
// what may be repeated, and names the keys.
//
// Every write of an adapter is one script, run by Run. As a script may be run
// again after its answer was lost, each is either idempotent, or compares what is
// written with what its caller saw, and knows its own write again.
package redisconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Options are what a Client is made of. URL and Prefix must be given.
type Options struct {
	URL string
	// WaitReplicas is how many replicas of Redis must have a write before it
	// counts.
	WaitReplicas int
	// Prefix begins each key, for example "ocpi:NL*HUB:": hubs may share a Redis.
	Prefix string
	Log    *slog.Logger // default none
}

// Kind is what stands behind a URL.
type Kind string

// The kinds.
const (
	Standalone Kind = "standalone"
	Cluster    Kind = "cluster"
	Sentinel   Kind = "sentinel"
)

// Client is a connection. It is safe for concurrent use.
type Client struct {
	redis.UniversalClient
	kind   Kind
	prefix string
	wait   int
}

// ErrNone reports that a key is not there.
var ErrNone error = redis.Nil

// The bounds: a Redis that hangs gives an error, not a hang.
const (
	dialWithin  = time.Second
	replyWithin = 2 * time.Second
	// within bounds a command with all its repetitions.
	within = 3 * time.Second
	// openWithin is how long Open waits for a Redis that starts.
	openWithin = 10 * time.Second
)

func bounds() *redis.UniversalOptions {
	return &redis.UniversalOptions{
		DialTimeout: dialWithin, DialerRetries: 1, ReadTimeout: replyWithin, WriteTimeout: replyWithin, PoolTimeout: replyWithin,
		ContextTimeoutEnabled: true, MaxRetries: 1, DisableIdentity: true, FailingTimeoutSeconds: 1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// Open connects and finds out what it is connected to. It waits a while for a
// Redis that is not there yet. No error repeats the URL.
func Open(ctx context.Context, o Options) (*Client, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	quiet()
	a, err := parse(o.URL)
	if err != nil {
		return nil, err
	}
	options, err := a.options()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	found, err := ask(ctx, options, a)
	if err != nil {
		return nil, err
	}
	c := &Client{UniversalClient: found.connect(options, a), kind: found.kind, prefix: o.Prefix, wait: o.WaitReplicas}
	c.AddHook(deadline{})
	c.warn(ctx, o.Log)
	o.Log.InfoContext(ctx, "connected to Redis", "kind", c.kind, "hosts", strings.Join(a.hosts, ","), "version", found.version)
	return c, nil
}

// Kind is what the client is connected to.
func (c *Client) Kind() Kind { return c.kind }

// Key names a key. What has the same tag is in the same slot of a cluster: one
// script may use it together.
func (c *Client) Key(tag string, parts ...string) string {
	return c.prefix + "{" + tag + "}:" + strings.Join(parts, ":")
}

// Channel names a channel of PUBLISH and SUBSCRIBE.
func (c *Client) Channel(name string) string { return c.prefix + name }

// connect makes the client that fits what was found.
func (f finding) connect(o *redis.UniversalOptions, a address) redis.UniversalClient {
	switch f.kind {
	case Cluster:
		return redis.NewClusterClient(o.Cluster())
	case Sentinel:
		failover := o.Failover()
		failover.MasterName = f.master
		failover.SentinelUsername, failover.SentinelPassword = a.sentinelUser, a.sentinelPassword
		return redis.NewFailoverClient(failover)
	default:
		simple := o.Simple()
		simple.Addr = f.host
		return redis.NewClient(simple)
	}
}

// warn tells of settings with which Redis loses what it acknowledged. Where
// CONFIG is not allowed nothing can be said.
func (c *Client) warn(ctx context.Context, log *slog.Logger) {
	look := func(ctx context.Context, node *redis.Client) error {
		values, err := node.ConfigGet(ctx, "*a*").Result()
		if err != nil {
			return err
		}
		if values["appendonly"] == "no" {
			log.WarnContext(ctx, "Redis keeps no append-only file: what it acknowledged is lost when it dies: set appendonly yes", "redis", node.Options().Addr)
		}
		if policy := values["maxmemory-policy"]; values["maxmemory"] != "0" && policy != "" && policy != "noeviction" {
			log.WarnContext(ctx, "Redis drops what the hub keeps when its memory is full: set maxmemory-policy noeviction", "redis", node.Options().Addr, "policy", policy)
		}
		return nil
	}
	var err error
	switch client := c.UniversalClient.(type) {
	case *redis.ClusterClient:
		err = client.ForEachMaster(ctx, look)
	case *redis.Client:
		err = look(ctx, client)
	}
	if err != nil {
		log.DebugContext(ctx, "the settings of Redis cannot be read", "error", err)
	}
}

// deadline bounds every command, however often it is repeated.
type deadline struct{}

func (deadline) DialHook(next redis.DialHook) redis.DialHook { return next }

func (deadline) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		ctx, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		return next(ctx, cmd)
	}
}

func (deadline) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		ctx, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		return next(ctx, cmds)
	}
}

// quiet keeps the library from writing lines of its own to standard error: what
// fails is in the errors.
var quiet = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// errNotReplicated says that a write is on too few servers to outlive a failover.
var errNotReplicated = errors.New("the write did not reach as many replicas of Redis as registry.wait_replicas demands")

func notReplicated(got int64, want int) error {
	return fmt.Errorf("%w: %d of %d", errNotReplicated, got, want)
}

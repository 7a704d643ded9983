package site

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/link"
	"github.com/ocpihub/ocpihub/e2e/harness"
)

// RedisKind is how Redis is built.
type RedisKind string

// The ways to build Redis.
const (
	RedisSingle   RedisKind = "single"   // one server
	RedisCluster  RedisKind = "cluster"  // three masters
	RedisSentinel RedisKind = "sentinel" // a master, two replicas, and a sentinel beside each
)

func (s *Site) openShared(ctx context.Context, o *Options, settings []string) error {
	key := filepath.Join(o.Dir, "seal.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5eed", 16)), 0o600); err != nil {
		return err
	}
	settings = append(settings, "OCPI_HUB_REGISTRY_SEAL_KEY_FILE="+key)
	if !o.NATSOnly {
		redisURL, err := s.openRedis(ctx, o)
		if err != nil {
			return err
		}
		settings = append(settings, "OCPI_HUB_REGISTRY_REDIS_URL="+redisURL)
	}
	if o.Redis == RedisSentinel && !o.NATSOnly {
		// Both: sentinels may promote the one that is behind the other.
		settings = append(settings, "OCPI_HUB_REGISTRY_WAIT_REPLICAS=2")
	}
	var nodes []string
	if !o.RedisOnly {
		var err error
		if nodes, err = s.openNATS(ctx, o); err != nil {
			return err
		}
		settings = append(settings, "OCPI_HUB_NATS_REPLICAS=3", "OCPI_HUB_DELIVERY_MAX_BYTES=64MiB", "OCPI_HUB_JOURNAL_MAX_BYTES=32MiB")
	}
	for n := range o.Replicas {
		if err := s.addReplica(o, fmt.Sprint("hub", n+1), nodes, settings); err != nil {
			return err
		}
	}
	return nil
}

// addReplica adds a hub, with links of its own to the NATS nodes. What it keeps
// by itself is on a small disk where NATS is in the process.
func (s *Site) addReplica(o *Options, name string, nodes, settings []string) error {
	if len(nodes) > 0 {
		url, err := s.linksTo(name, nodes)
		if err != nil {
			return err
		}
		settings = append(slices.Clip(settings), "OCPI_HUB_NATS_URL="+url)
	}
	h, err := newHub(o, name, s.PublicURL(), settings)
	if err != nil {
		return err
	}
	s.Hubs = append(s.Hubs, h)
	if len(nodes) > 0 && !o.NATSOnly {
		return nil
	}
	return s.addDisk(o, h.Name, h.data, hubDisk)
}

// linksTo opens a link from a hub to each NATS node and returns the URL of them.
func (s *Site) linksTo(hub string, nodes []string) (string, error) {
	var urls []string
	for n, addr := range nodes {
		l, err := link.Open(fmt.Sprintf("%s to nats%d", hub, n+1), "127.0.0.1:0", link.To(addr))
		if err != nil {
			return "", err
		}
		s.Behind = append(s.Behind, l)
		urls = append(urls, "nats://"+l.Addr)
	}
	return strings.Join(urls, ","), nil
}

// clusterSize is the number of nodes of Redis and of NATS.
const clusterSize = 3

// openNATS starts a cluster that has each message on the disks of most nodes
// before it acknowledges it. It returns the addresses of the nodes.
func (s *Site) openNATS(ctx context.Context, o *Options) ([]string, error) {
	clients, routes, err := addrs(clusterSize)
	if err != nil {
		return nil, err
	}
	for n := range clusterSize {
		name := fmt.Sprint("nats", n+1)
		dir := dirOf(o, name)
		if err := s.addDisk(o, name, dir, natsDisk); err != nil {
			return nil, err
		}
		monitor, err := harness.FreeAddr()
		if err != nil {
			return nil, err
		}
		file := filepath.Join(o.Dir, name+".conf")
		if err := os.WriteFile(file, []byte(natsConfig(name, clients[n], monitor, dir, n, routes)), 0o644); err != nil {
			return nil, err
		}
		p := &Process{Name: name, Log: filepath.Join(o.Dir, name+".log"), ill: withoutJetStream(monitor), command: func() *exec.Cmd {
			return exec.Command(o.Programs.Path("nats-server"), "-c", file)
		}}
		s.NATS = append(s.NATS, p)
		if err := p.Start(); err != nil {
			return nil, err
		}
	}
	return clients, await(ctx, "NATS", func() error {
		for _, addr := range clients {
			c, err := net.DialTimeout("tcp", addr, time.Second)
			if err != nil {
				return err
			}
			_ = c.Close()
		}
		return nil
	})
}

// withoutJetStream tells of a node that has given JetStream up, as NATS does when
// its disk is full, and does not take it up again by itself. It is the liveness
// probe of the chart of NATS. One that does not answer at all says nothing: it may
// be paused. Nor does one that is not ready (500): on a slow disk it reads its
// store for longer than a probe waits.
func withoutJetStream(monitor string) func() bool {
	client := http.Client{Timeout: time.Second}
	return func() bool {
		resp, err := client.Get("http://" + monitor + "/healthz?js-enabled-only=true")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode == http.StatusServiceUnavailable
	}
}

// natsConfig is the configuration of one node. It names no other node to its
// clients: they would find the way round their links. The bound of its store is
// that of its disk, not one that it knows of.
func natsConfig(name, listen, monitor, dir string, n int, routes []string) string {
	var urls []string
	for _, r := range routes {
		urls = append(urls, strconv.Quote("nats-route://"+r))
	}
	return fmt.Sprintf(`server_name: %s
listen: %q
http: %q
max_payload: 64MB
jetstream { store_dir: %q, sync_interval: always, max_file_store: %d }
cluster { name: chaos, listen: %q, no_advertise: true, routes: [%s] }
`, name, listen, monitor, dir, 1<<40, routes[n], strings.Join(urls, ", "))
}

// addrs returns n addresses for clients and n for the nodes among themselves.
func addrs(n int) (clients, others []string, err error) {
	for range n {
		for _, list := range []*[]string{&clients, &others} {
			addr, err := harness.FreeAddr()
			if err != nil {
				return nil, nil, err
			}
			*list = append(*list, addr)
		}
	}
	return clients, others, nil
}

// await tries until check passes.
func await(ctx context.Context, what string, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready within %s: %w", what, readyWithin, err)
		}
	}
}

// Package redistest starts real Redis servers for tests: a single one, a cluster,
// a master with sentinels. They end with the tests, and when those die.
package redistest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
)

// Setup is one or several servers that belong together.
type Setup struct {
	Nodes     []*Node
	Sentinels []*Node
}

// durable is how the servers of tests keep what they acknowledge.
var durable = []string{"appendonly yes", "appendfsync always"} //nolint:gochecknoglobals // settings that nobody changes

// Single starts one server of the test's own.
func Single(t testing.TB, settings ...string) *Setup {
	t.Helper()
	return owned(t, func() (*Setup, error) { return single(settings...) })
}

// Cluster starts three masters of the test's own.
func Cluster(t testing.TB) *Setup {
	t.Helper()
	return owned(t, cluster)
}

// Sentinel starts a master, two replicas and a sentinel, for the test alone.
func Sentinel(t testing.TB) *Setup {
	t.Helper()
	return owned(t, sentinel)
}

func owned(t testing.TB, start func() (*Setup, error)) *Setup {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, n := range append(s.Nodes, s.Sentinels...) {
			_ = n.stop()
		}
	})
	return s
}

// Fresh is a client of a single server that all tests of the process share; its
// keys are its own.
func Fresh(t testing.TB) *redisconn.Client {
	t.Helper()
	return Open(t, shared(t, sharedSingle), redisconn.Options{})
}

// FreshCluster is as Fresh, of a cluster.
func FreshCluster(t testing.TB) *redisconn.Client {
	t.Helper()
	return Open(t, shared(t, sharedCluster), redisconn.Options{})
}

// The servers that the tests of a process share. Their keeper ends them.
var (
	sharedSingle  = sync.OnceValues(func() (*Setup, error) { return single() }) //nolint:gochecknoglobals // one for each process of tests
	sharedCluster = sync.OnceValues(cluster)                                    //nolint:gochecknoglobals // one for each process of tests
	prefixes      atomic.Int64                                                  //nolint:gochecknoglobals // no two tests have the same
)

func shared(t testing.TB, start func() (*Setup, error)) *Setup {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Open connects to a setup. The URL, and a prefix that nobody else has, are added
// when they are missing.
func Open(t testing.TB, s *Setup, o redisconn.Options) *redisconn.Client {
	t.Helper()
	if o.URL == "" {
		o.URL = s.URL()
	}
	if o.Prefix == "" {
		o.Prefix = NewPrefix()
	}
	c, err := redisconn.Open(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// NewPrefix is one that nobody else has.
func NewPrefix() string { return fmt.Sprintf("test:%d:", prefixes.Add(1)) }

// URL is that of the setup: of its sentinels, where it has some.
func (s *Setup) URL() string {
	nodes := s.Nodes
	if len(s.Sentinels) > 0 {
		nodes = s.Sentinels
	}
	hosts := make([]string, len(nodes))
	for i, n := range nodes {
		hosts[i] = n.Addr()
	}
	return "redis://" + strings.Join(hosts, ",")
}

// Kill ends all servers at once, sentinels excepted.
func (s *Setup) Kill(t testing.TB) { t.Helper(); s.each(t, (*Node).Kill) }

// Restart starts all that were killed.
func (s *Setup) Restart(t testing.TB) { t.Helper(); s.each(t, (*Node).Restart) }

// Pause stops all servers in their tracks, sentinels excepted.
func (s *Setup) Pause(t testing.TB) { t.Helper(); s.each(t, (*Node).Pause) }

// Resume ends a Pause.
func (s *Setup) Resume(t testing.TB) { t.Helper(); s.each(t, (*Node).Resume) }

func (s *Setup) each(t testing.TB, do func(*Node) error) {
	t.Helper()
	for _, n := range s.Nodes {
		if err := do(n); err != nil {
			t.Fatal(err)
		}
	}
}

func single(settings ...string) (*Setup, error) {
	n, err := startNode(append(durable, settings...)...)
	return &Setup{Nodes: []*Node{n}}, err
}

const (
	masters = 3
	slots   = 16384
)

func cluster() (*Setup, error) {
	s := &Setup{}
	for range masters {
		bus, err := freePort()
		if err != nil {
			return nil, err
		}
		n, err := startNode(append(durable, "cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-node-timeout 2000",
			"cluster-port "+strconv.Itoa(bus))...)
		if err != nil {
			return nil, err
		}
		// Before it meets another: who knows one can no more be given an epoch.
		if err := share(n, len(s.Nodes)); err != nil {
			return nil, err
		}
		if len(s.Nodes) > 0 {
			// Found out by the first node; the others learn of it by talk.
			if err := s.meet(n, bus); err != nil {
				return nil, err
			}
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s, await(s.agreed, func(err error) error { return err })
}

// meet brings a node together with the first one.
func (s *Setup) meet(n *Node, bus int) error {
	first := s.Nodes[0].Client()
	defer func() { _ = first.Close() }()
	return first.Do(context.Background(), "cluster", "meet", "127.0.0.1", n.Port, bus).Err()
}

// share gives the i-th master its slots.
func share(n *Node, i int) error {
	c := n.Client()
	defer func() { _ = c.Close() }()
	if err := c.Do(context.Background(), "cluster", "set-config-epoch", i+1).Err(); err != nil {
		return err
	}
	return c.ClusterAddSlotsRange(context.Background(), i*slots/masters, (i+1)*slots/masters-1).Err()
}

// agreed says whether every node knows all slots served by all masters.
func (s *Setup) agreed() error {
	for _, n := range s.Nodes {
		c := n.Client()
		text, err := c.ClusterInfo(context.Background()).Result()
		_ = c.Close()
		if err != nil {
			return err
		}
		if !strings.Contains(text, "cluster_state:ok") || !strings.Contains(text, "cluster_known_nodes:"+strconv.Itoa(masters)) {
			return n.told(errors.New("the cluster does not come together"))
		}
	}
	return nil
}

// MasterName is how the sentinel calls its master.
const MasterName = "hub"

func sentinel() (*Setup, error) {
	s := &Setup{}
	master, err := startNode(durable...)
	if err != nil {
		return nil, err
	}
	s.Nodes = append(s.Nodes, master)
	for range 2 {
		n, err := startNode(append(durable, fmt.Sprintf("replicaof 127.0.0.1 %d", master.Port), "repl-diskless-sync-delay 0")...)
		if err != nil {
			return nil, err
		}
		s.Nodes = append(s.Nodes, n)
	}
	if err := await(s.following, master.told); err != nil {
		return nil, err
	}
	watcher, err := startNode(fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 1", MasterName, master.Port),
		"sentinel down-after-milliseconds "+MasterName+" 1000", "sentinel failover-timeout "+MasterName+" 5000")
	if err != nil {
		return nil, err
	}
	s.Sentinels = []*Node{watcher}
	return s, await(s.watched, watcher.told)
}

// following says whether the replicas have what the master has.
func (s *Setup) following() error {
	c := s.Nodes[0].Client()
	defer func() { _ = c.Close() }()
	text, err := c.Info(context.Background(), "replication").Result()
	if err == nil && strings.Count(text, "state=online") != len(s.Nodes)-1 {
		err = errors.New("the replicas do not follow")
	}
	return err
}

// watched says whether the sentinel knows of the replicas.
func (s *Setup) watched() error {
	c := redis.NewSentinelClient(&redis.Options{Addr: s.Sentinels[0].Addr()})
	defer func() { _ = c.Close() }()
	replicas, err := c.Replicas(context.Background(), MasterName).Result()
	if err == nil && len(replicas) != len(s.Nodes)-1 {
		err = errors.New("the sentinel does not know the replicas")
	}
	return err
}

// Master is the node that takes writes now, by the word of the sentinel.
func (s *Setup) Master(t testing.TB) *Node {
	t.Helper()
	c := redis.NewSentinelClient(&redis.Options{Addr: s.Sentinels[0].Addr()})
	defer func() { _ = c.Close() }()
	addr, err := c.GetMasterAddrByName(t.Context(), MasterName).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range s.Nodes {
		if addr[1] == strconv.Itoa(n.Port) {
			return n
		}
	}
	t.Fatalf("the sentinel names %v, which is none of the nodes", addr)
	return nil
}

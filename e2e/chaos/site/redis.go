package site

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ocpihub/ocpihub/e2e/chaos/link"
	"github.com/ocpihub/ocpihub/e2e/harness"
)

// openRedis starts Redis so that each write is on disk before it is answered,
// and returns its URL, which leads over links.
func (s *Site) openRedis(ctx context.Context, o *Options) (string, error) {
	size := clusterSize
	if o.Redis == RedisSingle {
		size = 1
	}
	servers, _, err := addrs(size)
	if err != nil {
		return "", err
	}
	var ways []string
	for n, addr := range servers {
		way, err := link.Open(fmt.Sprintf("hubs to redis%d", n+1), "127.0.0.1:0", link.To(addr))
		if err != nil {
			return "", err
		}
		s.Behind = append(s.Behind, way)
		ways = append(ways, way.Addr)
		if err := s.startRedis(o, n, addr, redisArgs(o.Redis, way.Addr, servers[0], n)); err != nil {
			return "", err
		}
	}
	if err := await(ctx, "Redis", func() error { return answering(ctx, servers) }); err != nil {
		return "", err
	}
	switch o.Redis {
	case RedisCluster:
		return "redis://" + strings.Join(ways, ","), joinCluster(ctx, servers)
	case RedisSentinel:
		return s.openSentinels(ctx, o, ways)
	default:
		return "redis://" + ways[0], nil
	}
}

// redisArgs are the settings by which a server plays its part. Nodes of a
// cluster, and replicas, tell clients the address of their link.
func redisArgs(kind RedisKind, way, master string, n int) []string {
	host, port, _ := net.SplitHostPort(way)
	switch kind {
	case RedisCluster:
		return []string{
			"--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no",
			"--cluster-announce-ip", host, "--cluster-announce-port", port,
		}
	case RedisSentinel:
		args := []string{"--replica-announce-ip", host, "--replica-announce-port", port}
		if n > 0 {
			masterHost, masterPort, _ := net.SplitHostPort(master)
			args = append(args, "--replicaof", masterHost, masterPort)
		}
		return args
	default:
		return nil
	}
}

func (s *Site) startRedis(o *Options, n int, addr string, args []string) error {
	name := fmt.Sprint("redis", n+1)
	dir := dirOf(o, name)
	if err := s.addDisk(o, name, dir, redisDisk); err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(addr)
	args = append([]string{
		"--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always",
	}, args...)
	if o.Redis == RedisCluster {
		args = append(args, "--cluster-port", busPort(port))
	}
	p := &Process{Name: name, Log: filepath.Join(o.Dir, name+".log"), command: func() *exec.Cmd {
		return exec.Command("redis-server", args...)
	}}
	s.Redis = append(s.Redis, p)
	return p.Start()
}

// busPort is where the nodes of a cluster speak with each other: not 10,000
// above the port, which outgoing connections may have taken.
func busPort(port string) string {
	addr, err := harness.FreeAddr()
	if err != nil {
		return port + "1" // it is no port, and Redis will say so
	}
	_, bus, _ := net.SplitHostPort(addr)
	return bus
}

func answering(ctx context.Context, servers []string) error {
	for _, addr := range servers {
		if out, err := redisCLI(ctx, addr, "ping"); err != nil || !strings.Contains(out, "PONG") {
			return fmt.Errorf("redis at %s says %q, %w", addr, out, err)
		}
	}
	return nil
}

func redisCLI(ctx context.Context, addr string, args ...string) (string, error) {
	host, port, _ := net.SplitHostPort(addr)
	out, err := exec.CommandContext(ctx, "redis-cli", append([]string{"-h", host, "-p", port}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// joinCluster makes one cluster of the servers, each with a third of the slots.
func joinCluster(ctx context.Context, servers []string) error {
	args := append(append([]string{"--cluster", "create"}, servers...), "--cluster-yes")
	out, err := exec.CommandContext(ctx, "redis-cli", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make a Redis cluster: %w: %s", err, out)
	}
	return await(ctx, "the Redis cluster", func() error {
		for _, addr := range servers {
			if out, err := redisCLI(ctx, addr, "cluster", "info"); err != nil || !strings.Contains(out, "cluster_state:ok") {
				return fmt.Errorf("%s says %.40q, %w", addr, out, err)
			}
		}
		return nil
	})
}

// openSentinels starts a sentinel beside each server, and returns their URL.
func (s *Site) openSentinels(ctx context.Context, o *Options, ways []string) (string, error) {
	host, port, _ := net.SplitHostPort(ways[0])
	sentinels, _, err := addrs(clusterSize)
	if err != nil {
		return "", err
	}
	for n, addr := range sentinels {
		name := fmt.Sprint("sentinel", n+1)
		_, own, _ := net.SplitHostPort(addr)
		conf := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %q\nsentinel monitor ocpi %s %s 2\n"+
			"sentinel down-after-milliseconds ocpi 1500\nsentinel failover-timeout ocpi 5000\n", own, o.Dir, host, port)
		file := filepath.Join(o.Dir, name+".conf")
		if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
			return "", err
		}
		p := &Process{Name: name, Log: filepath.Join(o.Dir, name+".log"), command: func() *exec.Cmd {
			return exec.Command("redis-server", file, "--sentinel")
		}}
		s.Redis = append(s.Redis, p)
		if err := p.Start(); err != nil {
			return "", err
		}
	}
	return "redis://" + strings.Join(sentinels, ",") + "/?master=ocpi", await(ctx, "the sentinels", func() error {
		return answering(ctx, sentinels)
	})
}

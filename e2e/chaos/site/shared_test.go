package site

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/e2e/harness"
)

// behind is what stands behind the hubs of a shared site, without hubs.
func behind(t *testing.T) (*Site, *Options) {
	t.Helper()
	programs, err := harness.Build()
	if err != nil {
		t.Fatal(err)
	}
	o := &Options{Dir: t.TempDir(), Programs: programs}
	s := &Site{quit: func() {}}
	t.Cleanup(s.Close)
	return s, o
}

func TestANodeOfNATSThatIsStillStartingIsNotIll(t *testing.T) {
	for status, want := range map[int]bool{http.StatusOK: false, http.StatusInternalServerError: false, http.StatusServiceUnavailable: true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		if got := withoutJetStream(strings.TrimPrefix(server.URL, "http://"))(); got != want {
			t.Errorf("one that says %d is ill: %v", status, got)
		}
		server.Close()
	}
}

func set(t *testing.T, url, key, value string) {
	t.Helper()
	addr, _, _ := strings.Cut(strings.TrimPrefix(url, "redis://"), ",")
	if err := await(t.Context(), "a write", func() error {
		host, port, _ := strings.Cut(addr, ":")
		out, err := exec.CommandContext(t.Context(), "redis-cli", "-c", "-h", host, "-p", port, "set", key, value).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "OK" {
			return fmt.Errorf("redis says %s, %w", out, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestARedisClusterIsReachedOverLinksAndKeepsWhatItTookOverKill9(t *testing.T) {
	s, o := behind(t)
	o.Redis = RedisCluster
	url, err := s.openRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 8 { // over all nodes
		set(t, url, fmt.Sprint("key", n), "1")
	}
	for _, p := range s.Redis {
		p.Kill()
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 8 {
		set(t, url, fmt.Sprint("key", n), "2")
	}
}

func TestSentinelsKnowTheMaster(t *testing.T) {
	s, o := behind(t)
	o.Redis = RedisSentinel
	url, err := s.openRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	addr, _, _ := strings.Cut(strings.TrimPrefix(url, "redis://"), ",")
	if err := await(t.Context(), "two replicas", func() error {
		out, err := redisCLI(t.Context(), addr, "info", "sentinel")
		if err != nil || !strings.Contains(out, "slaves=2,sentinels=3") {
			return fmt.Errorf("the sentinel says %s, %w", out, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestANATSClusterKeepsAStreamOverTheDeathOfANode(t *testing.T) {
	s, o := behind(t)
	nodes, err := s.openNATS(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	url, err := s.linksTo("hub1", nodes)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	publish := func() error { _, err := js.Publish(t.Context(), "s", []byte("x")); return err }
	if err := await(t.Context(), "the stream", func() error {
		_, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: 3})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := await(t.Context(), "a publish", publish); err != nil {
		t.Fatal(err)
	}
	s.NATS[0].Kill()
	if err := await(t.Context(), "a publish without a node", publish); err != nil {
		t.Fatal(err)
	}
}

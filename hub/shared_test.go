package hub_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// withRedis has the hub keep its registry in a Redis.
func withRedis(s *redistest.Setup) func(*hub.Config) {
	return func(c *hub.Config) { c.Registry.RedisURL = s.URL() }
}

// sealedBy gives the hub a key of the test's own.
func sealedBy(t *testing.T) func(*hub.Config) {
	t.Helper()
	key, err := parties.NewKeyText()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "seal.key")
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *hub.Config) { c.Registry.SealKeyFile = path }
}

func TestAHubFindsWhatItKeptInRedis(t *testing.T) {
	redis, key := redistest.Single(t), sealedBy(t)
	first := startHub(t, withRedis(redis), key)
	c, e := join(t, first, of(ocpi.CPO, cpo)), join(t, first, of(ocpi.EMSP, emsp))
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := startHub(t, withRedis(redis), key, func(c *hub.Config) { c.PublicURL = first.VersionsURL()[:strings.Index(first.VersionsURL(), "/ocpi")] })
	if n := len(second.Registry().Directory().Platforms()); n != 2 {
		t.Fatalf("%d platforms, want 2", n)
	}
	_, _ = c, e
}

func TestAHubWithAnotherSealingKeyDoesNotStart(t *testing.T) {
	redis := redistest.Single(t)
	startHub(t, withRedis(redis))
	cfg := hub.Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.PublicURL, cfg.DataDir = "127.0.0.1:0", "127.0.0.1:0", "", t.TempDir()
	withRedis(redis)(&cfg)
	_, err := hub.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "registry.seal_key_file") || !strings.Contains(err.Error(), "another key") {
		t.Errorf("got %v", err)
	}
}

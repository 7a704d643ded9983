package hub_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/boltcatalog"
)

func TestAHubThatOffers211LooksAtItsTokensBeforeItOpens(t *testing.T) {
	cfg := hubConfig(t)
	file, err := boltcatalog.Open(filepath.Join(cfg.DataDir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	k := catalog.Key{Module: ocpi.Tokens, Owner: emsp, ID: catalog.TokenID("U1", "RFID")}
	if _, err := file.Apply(t.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{"contract_id":"C1"}`), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		versions []ocpi.Version
		looks    bool
	}{{[]ocpi.Version{ocpi.V221}, false}, {[]ocpi.Version{ocpi.V221, ocpi.V211}, true}} {
		var log bytes.Buffer
		cfg.Versions = c.versions
		h, err := hub.Start(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if looked := strings.Contains(log.String(), "found by their contract\" looked_at=1"); looked != c.looks {
			t.Errorf("with %v it looks: %v\n%s", c.versions, looked, log.String())
		}
	}
}

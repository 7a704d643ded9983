package boltcatalog_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/internal/boltfile"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/boltcatalog"
	"github.com/ocpihub/ocpihub/routing/catalog/catalogtest"
)

func open(t testing.TB, path string) *boltcatalog.Store {
	t.Helper()
	s, err := boltcatalog.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestAFileKeepsTheCatalog(t *testing.T) {
	catalogtest.Run(t, func(t *testing.T) catalog.Store { return open(t, filepath.Join(t.TempDir(), "catalog.db")) })
}

func TestAFileKeepsSessionsAndCDRs(t *testing.T) {
	catalogtest.RunPersonal(t, func(t *testing.T) catalogtest.Personal { return open(t, filepath.Join(t.TempDir(), "catalog.db")) })
}

// reopened is a store whose file was open for others in between.
type reopened struct{ *boltcatalog.Store }

func TestAFileMakesItsIndexGood(t *testing.T) {
	catalogtest.RunIndex(t, func(t *testing.T) (catalogtest.Indexer, func()) {
		path := filepath.Join(t.TempDir(), "catalog.db")
		s := &reopened{open(t, path)}
		return s, func() {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			loseContracts(t, path)
			s.Store = open(t, path)
		}
	})
}

func loseContracts(t *testing.T, path string) {
	t.Helper()
	db, err := boltfile.Open(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		rows := tx.Bucket([]byte("rows"))
		c := rows.Cursor()
		for k, _ := c.Seek([]byte{catalog.InContracts}); k != nil && k[0] == catalog.InContracts; k, _ = c.Seek([]byte{catalog.InContracts}) {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestAChangeInTransitOutlivesAProcessThatIsKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	key := catalog.Key{Module: ocpi.CDRs, Owner: cpo, Audience: ocpi.NewPartyID("NL", "TNM"), ID: "C1"}
	ticket, err := s.Announce(t.Context(), catalog.Change{Key: key, Op: catalog.Put, Body: []byte(`{"id":"C1"}`), At: time.Unix(1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "catalog.db")
	if err := os.WriteFile(again, left, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, again)
	if tickets, err := s.Announced(t.Context(), time.Time{}); err != nil || len(tickets) != 1 || tickets[0] != ticket {
		t.Fatalf("the open tickets are %v, %v", tickets, err)
	}
	if _, err := s.Settle(t.Context(), ticket, catalog.Missed); err != nil {
		t.Fatal(err)
	}
	if o, err := s.Get(t.Context(), key, catalog.Part{}); err != nil || string(o.Body) != `{"id":"C1"}` {
		t.Errorf("it came back as %s, %v", o.Body, err)
	}
}

var cpo = ocpi.NewPartyID("DE", "ABC")

func locationOf(evses int) []byte {
	var list []string
	for i := range evses {
		list = append(list, fmt.Sprintf(`{"uid":"E%d","status":"AVAILABLE","connectors":[{"id":"1","standard":"IEC_62196_T2"}],"last_updated":"2026-01-01T00:00:00Z"}`, i))
	}
	return []byte(`{"id":"L1","evses":[` + strings.Join(list, ",") + `],"last_updated":"2026-01-01T00:00:00Z"}`)
}

func put(t testing.TB, s catalog.Store, id string, body []byte) {
	t.Helper()
	c := catalog.Change{Key: catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: id}, Op: catalog.Put, Body: body, At: time.Unix(1, 0)}
	if _, err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasAppliedOutlivesAProcessThatIsKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	for i := range 20 {
		put(t, s, fmt.Sprint("L", i), locationOf(2))
	}
	// The file as a killed process leaves it: never closed.
	left, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "catalog.db")
	if err := os.WriteFile(again, left, 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := open(t, again).List(t.Context(), catalog.Query{Module: ocpi.Locations, Limit: 100})
	if err != nil || page.Total != 20 || len(page.Objects) != 20 {
		t.Errorf("%d of %d are left, %v", len(page.Objects), page.Total, err)
	}
}

func TestOrderAndTombstonesOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	tariff := func(id string, op catalog.Op) {
		t.Helper()
		c := catalog.Change{Key: catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: id}, Op: op, Body: []byte(`{}`), At: time.Unix(1, 0)}
		if _, err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	tariff("A", catalog.Put)
	tariff("B", catalog.Put)
	tariff("A", catalog.Delete)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	var changed, listed []string
	if err := s.Changed(t.Context(), time.Unix(1, 0), func(k catalog.Key) bool { changed = append(changed, k.ID); return true }); err != nil {
		t.Fatal(err)
	}
	tariff("A", catalog.Put)
	page, err := s.List(t.Context(), catalog.Query{Module: ocpi.Tariffs, Limit: 10})
	for _, o := range page.Objects {
		listed = append(listed, o.Key.ID)
	}
	if err != nil || strings.Join(changed, "") != "AB" || strings.Join(listed, "") != "BA" {
		t.Errorf("changed are %v, listed are %v, %v", changed, listed, err)
	}
}

func TestAFileOfAnotherFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	db, err := boltfile.Open(path, 99)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = boltcatalog.Open(path)
	if err == nil || !strings.Contains(err.Error(), "format") || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file and its format", err)
	}
}

func TestTheCatalogOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	for i := range 300 {
		put(t, s, fmt.Sprint("L", i), locationOf(i%7))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	page, err := s.List(t.Context(), catalog.Query{Module: ocpi.Locations, Limit: 1000})
	if err != nil || page.Total != 300 || len(page.Objects) != 300 {
		t.Fatalf("after reopening: %d of %d, %v", len(page.Objects), page.Total, err)
	}
	for i, o := range page.Objects {
		if !bytes.Equal(o.Body, locationOf(i%7)) {
			t.Errorf("%s is not what it was", o.Key.ID)
		}
	}
}

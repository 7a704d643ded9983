package routing

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// feed takes changes, or fails.
type feed struct {
	fails bool
	taken []fanout.Change
}

func (f *feed) Accept(_ context.Context, c fanout.Change) error {
	if f.fails {
		return fault.New(fault.Unavailable, "down")
	}
	f.taken = append(f.taken, c)
	return nil
}

// broken is a catalog whose disk is gone.
type broken struct{ catalog.Store }

func (broken) Apply(context.Context, catalog.Change) (catalog.Outcome, error) {
	return "", errors.New("disk gone")
}

func broadcaster(c catalog.Store, f *feed) *Router {
	return New(Options{
		Self: Self{Party: hub, PublicURL: "https://hub.example"}, Registry: &world{directory: parties.NewDirectory(nil, 1)}, Catalog: c, Feed: f,
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
	})
}

func push(t *testing.T, lastUpdated string) *Message {
	t.Helper()
	m := message(t, []parties.Party{party(ocpi.CPO, cpo)}, http.MethodPut, ocpi.Receiver, ocpi.Locations, "DE/ABC/L1", ocpi.Routing{To: hub, From: cpo})
	m.Body = []byte(`{"id":"L1","last_updated":"` + lastUpdated + `"}`)
	return m
}

func TestAPushThatTheStreamDidNotTakeIsNotAcknowledgedAndGoesOutWhenItIsRepeated(t *testing.T) {
	f := &feed{fails: true}
	r := broadcaster(catalog.NewMemory(), f)
	if _, err := r.Route(t.Context(), push(t, "2026-01-01T00:00:00Z")); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v, want a refusal", err)
	}
	f.fails = false
	if _, err := r.Route(t.Context(), push(t, "2026-01-01T00:00:00Z")); err != nil || len(f.taken) != 1 {
		t.Errorf("the repeated push: %v, %d changes in the stream", err, len(f.taken))
	}
}

func TestAPushThatTheCatalogDidNotTakeIsNotAcknowledgedAndNotFannedOut(t *testing.T) {
	f := &feed{}
	_, err := broadcaster(broken{}, f).Route(t.Context(), push(t, "2026-01-01T00:00:00Z"))
	if !fault.Is(err, fault.Unavailable) || len(f.taken) > 0 {
		t.Errorf("got %v, %d changes in the stream", err, len(f.taken))
	}
}

func TestH218_AnOlderPushToAllIsAcknowledgedAndChangesNothing(t *testing.T) {
	f := &feed{}
	r := broadcaster(catalog.NewMemory(), f)
	for _, at := range []string{"2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"} {
		if _, err := r.Route(t.Context(), push(t, at)); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.taken) != 1 {
		t.Errorf("%d changes are in the stream, want 1", len(f.taken))
	}
}

package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/catalogtest"
)

// aside runs an Aside until the test ends.
func aside(t *testing.T, s catalog.Store, log *slog.Logger) *catalog.Aside {
	t.Helper()
	a := catalog.NewAside(s, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return a
}

// throughAside applies what is for one party by Later.
type throughAside struct{ *catalog.Aside }

func (s throughAside) Apply(ctx context.Context, c catalog.Change) (catalog.Outcome, error) {
	if c.Key.Audience == catalog.Everyone {
		return s.Aside.Apply(ctx, c)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	done := make(chan catalog.Outcome, 1)
	if err := s.Later(ctx, c, func(out catalog.Outcome) { done <- out }); err != nil {
		return "", err
	}
	out := <-done
	if out == "" {
		return "", catalog.ErrUnknown
	}
	return out, nil
}

func TestWhatIsWrittenAsideIsACatalogLikeAnyOther(t *testing.T) {
	catalogtest.Run(t, func(t *testing.T) catalog.Store {
		return throughAside{aside(t, catalog.NewMemory(), slog.New(slog.DiscardHandler))}
	})
}

var (
	asideOwner  = ocpi.NewPartyID("DE", "ABC")
	asideReader = ocpi.NewPartyID("NL", "TNM")
)

func sent(id, body string) catalog.Change {
	key := catalog.Key{Module: ocpi.Tariffs, Owner: asideOwner, Audience: asideReader, ID: id}
	return catalog.Change{Key: key, Op: catalog.Put, Body: []byte(body), At: time.Unix(1, 0)}
}

func numbered(n int) string {
	return fmt.Sprintf(`{"n":%d,"last_updated":"2026-01-01T00:00:%02d.%03dZ"}`, n, n/1000%60, n%1000)
}

// slowly is a store that writes only when it is let.
type slowly struct {
	catalog.Store
	gate chan struct{} // closed when it may
	err  error
}

func (s *slowly) ApplyAll(ctx context.Context, changes []catalog.Change) []catalog.Applied {
	<-s.gate
	out := make([]catalog.Applied, len(changes))
	if s.err == nil {
		return s.Store.ApplyAll(ctx, changes)
	}
	for i := range out {
		out[i].Err = s.err
	}
	return out
}

func ignore(catalog.Outcome) {}

func TestNobodyWaitsForWhatIsWrittenAsideButWhoReadsIt(t *testing.T) {
	store := &slowly{Store: catalog.NewMemory(), gate: make(chan struct{})}
	a := aside(t, store, slog.New(slog.DiscardHandler))
	for n := range 500 {
		if err := a.Later(t.Context(), sent(fmt.Sprint("T", n), numbered(n)), ignore); err != nil {
			t.Fatal(err)
		}
	}
	other, err := a.List(t.Context(), catalog.Query{Module: ocpi.Tokens, Reader: asideReader, Limit: 1})
	if err != nil || other.Total != 0 {
		t.Errorf("the list of another module has %d: %v", other.Total, err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := a.List(impatient, catalog.Query{Module: ocpi.Tariffs, Reader: asideReader, Limit: 1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a reader who does not wait gets %v", err)
	}
	close(store.gate)
	page, err := a.List(t.Context(), catalog.Query{Module: ocpi.Tariffs, Reader: asideReader, Limit: 1})
	if err != nil || page.Total != 500 {
		t.Errorf("%d of 500 are listed: %v", page.Total, err)
	}
}

func TestChangesOfOneObjectAreWrittenAsideInTheirOrder(t *testing.T) {
	a := aside(t, catalog.NewMemory(), slog.New(slog.DiscardHandler))
	var senders sync.WaitGroup
	for object := range 20 {
		senders.Go(func() {
			for n := range 200 { // each has the same last_updated: only the order tells
				body := fmt.Sprintf(`{"n":%d,"last_updated":"2026-01-01T00:00:00Z"}`, n)
				if err := a.Later(t.Context(), sent(fmt.Sprint("T", object), body), ignore); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	for object := range 20 {
		o, err := a.Get(t.Context(), sent(fmt.Sprint("T", object), "").Key, catalog.Part{})
		if err != nil || !strings.Contains(string(o.Body), `"n":199`) {
			t.Errorf("object %d is %s: %v", object, o.Body, err)
		}
	}
}

func TestWhatWaitsIsWrittenBeforeTheAsideEnds(t *testing.T) {
	store := &slowly{Store: catalog.NewMemory(), gate: make(chan struct{})}
	a := catalog.NewAside(store, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	written := make(chan catalog.Outcome, 500)
	for n := range 500 {
		if err := a.Later(t.Context(), sent(fmt.Sprint("T", n), numbered(n)), func(o catalog.Outcome) { written <- o }); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	close(store.gate)
	if err := <-done; err != nil || len(written) != 500 {
		t.Fatalf("%d of 500 were written: %v", len(written), err)
	}
	var taken catalog.Outcome
	if err := a.Later(t.Context(), sent("LAST", numbered(1)), func(o catalog.Outcome) { taken = o }); err != nil || taken != catalog.Created {
		t.Errorf("behind the end a change is %q: %v", taken, err)
	}
}

func TestAChangeThatFindsNoPlaceWaitsUntilItsSenderGoes(t *testing.T) {
	store := &slowly{Store: catalog.NewMemory(), gate: make(chan struct{})}
	a := aside(t, store, slog.New(slog.DiscardHandler))
	defer close(store.gate)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for n := range 10_000 {
		if err := a.Later(ctx, sent("T", numbered(n)), ignore); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			return
		}
	}
	t.Error("ten thousand changes of one object were taken, though none is written")
}

func TestWhatCannotBeWrittenAsideIsCountedAndLoggedOnce(t *testing.T) {
	var log strings.Builder
	store := &slowly{Store: catalog.NewMemory(), gate: make(chan struct{}), err: errors.New("the disk is full")}
	close(store.gate)
	a := aside(t, store, slog.New(slog.NewTextHandler(&log, nil)))
	for n := range 3 {
		if err := a.Later(t.Context(), sent("T", numbered(n)), ignore); err != nil {
			t.Fatal(err)
		}
	}
	settled := func() { _, _ = a.Get(t.Context(), sent("T", "").Key, catalog.Part{}) }
	settled()
	store.err = nil
	_ = a.Later(t.Context(), sent("T", numbered(4)), ignore)
	settled()
	if a.Lost() != 3 || strings.Count(log.String(), "the disk is full") != 1 || strings.Count(log.String(), "kept again") != 1 {
		t.Errorf("%d lost, logged\n%s", a.Lost(), log.String())
	}
}

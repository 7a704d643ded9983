package hub

import (
	"log/slog"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

func TestOnlyWhatNobodyCanHaveUnderWayAnyMoreIsSettledAsMissed(t *testing.T) {
	store, now := catalog.NewMemory(), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	var tickets []catalog.Ticket
	for _, id := range []string{"OLD", "NEW"} {
		k := catalog.Key{Module: ocpi.CDRs, Owner: ocpi.NewPartyID("DE", "ABC"), Audience: ocpi.NewPartyID("NL", "TNM"), ID: id}
		at := now.Add(-3 * time.Minute)
		if id == "NEW" {
			at = now.Add(-time.Minute)
		}
		ticket, err := store.Announce(t.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: []byte(`{}`), At: at})
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, ticket)
	}
	s := settler{transit: store, patience: 2 * time.Minute, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}
	for range 2 { // the second is another replica
		if err := s.settle(t.Context(), now.Add(-s.patience)); err != nil {
			t.Fatal(err)
		}
	}
	if open, err := store.Announced(t.Context(), time.Time{}); err != nil || len(open) != 1 || open[0] != tickets[1] {
		t.Errorf("open are %v, %v", open, err)
	}
	page, err := store.List(t.Context(), catalog.Query{Module: ocpi.CDRs, Reader: ocpi.NewPartyID("NL", "TNM"), Limit: 9})
	if err != nil || page.Total != 1 {
		t.Errorf("%d are listed, %v", page.Total, err)
	}
	if err := s.settle(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if open, err := store.Announced(t.Context(), time.Time{}); err != nil || len(open) != 0 {
		t.Errorf("with no bound %v stay open, %v", open, err)
	}
}

func TestPatienceWithTransitIsAboveTheLongestCall(t *testing.T) {
	f := ForwardConfig{Timeout: 30 * time.Second}
	f.Timeouts.CDRs = 5 * time.Minute
	if got := f.longest(); got != 5*time.Minute {
		t.Errorf("the longest is %s", got)
	}
}

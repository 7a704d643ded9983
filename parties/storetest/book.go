package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// Notes is a store that is a book as well.
type Notes interface {
	parties.Store
	parties.Book
}

// RunBook judges the books that open returns: each call must give a new, empty
// one, which is closed by a cleanup of t.
func RunBook(t *testing.T, open func(t *testing.T) Notes) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Notes){
		"an empty book tells nothing":                   emptyBook,
		"what was told is kept for each party and role": toldIsKept,
		"what is told later replaces what was":          toldAnew,
		"what is told is no change of the platforms":    toldIsNoChange,
		"a book does nothing for an ended context":      bookEnds,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func expectTold(t *testing.T, b parties.Book, want map[parties.Claim]parties.Told) {
	t.Helper()
	got, err := b.Told(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func tell(t *testing.T, b parties.Book, told map[parties.Claim]parties.Told) {
	t.Helper()
	if err := b.Tell(t.Context(), told); err != nil {
		t.Fatal(err)
	}
}

// two returns what may be told of a party in two roles.
func two() map[parties.Claim]parties.Told {
	party, at := ocpi.NewPartyID("DE", "LONGER12"), time.Date(2026, 3, 1, 12, 30, 15, 123e6, time.UTC)
	return map[parties.Claim]parties.Told{
		{Role: ocpi.CPO, Party: party}:  {Status: parties.Connected, Updated: at},
		{Role: ocpi.EMSP, Party: party}: {Status: parties.Suspended, Updated: at.Add(time.Millisecond)},
	}
}

func emptyBook(t *testing.T, b Notes) {
	expectTold(t, b, map[parties.Claim]parties.Told{})
}

func toldIsKept(t *testing.T, b Notes) {
	tell(t, b, two())
	expectTold(t, b, two())
	got, _ := b.Told(t.Context())
	clear(got) // it belongs to the caller
	expectTold(t, b, two())
}

func toldAnew(t *testing.T, b Notes) {
	want := two()
	tell(t, b, two())
	for c := range want {
		if c.Role == ocpi.CPO {
			want[c] = parties.Told{Status: parties.Offline, Updated: want[c].Updated.Add(time.Hour)}
			tell(t, b, map[parties.Claim]parties.Told{c: want[c]})
		}
	}
	expectTold(t, b, want)
}

func toldIsNoChange(t *testing.T, b Notes) {
	tell(t, b, two())
	if platforms, epoch := load(t, b); len(platforms) != 0 || epoch != 0 {
		t.Errorf("got %d platforms, epoch %d", len(platforms), epoch)
	}
}

func bookEnds(t *testing.T, b Notes) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Tell(ctx, two()); !errors.Is(err, context.Canceled) {
		t.Errorf("tell: got %v", err)
	}
	if _, err := b.Told(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("told: got %v", err)
	}
	expectTold(t, b, map[parties.Claim]parties.Told{})
}

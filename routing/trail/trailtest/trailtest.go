// Package trailtest judges implementations of trail.Store.
package trailtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// Now is the time that the suite starts from; a store's own clock should stand
// there too.
var Now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func sample(key string, life time.Duration) trail.Trail {
	return trail.Trail{
		Kind: trail.Callback, Key: key, URL: "https://emsp.example/result/" + key, Module: ocpi.Commands,
		Asked:   trail.End{Party: ocpi.NewPartyID("NL", "TNM"), Platform: "e"},
		Answers: trail.End{Party: ocpi.NewPartyID("DE", "ABC"), Platform: "c"},
		Version: ocpi.V211, CorrelationID: "corr", Expires: Now.Add(life), Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}
}

// Run judges a store; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) trail.Store) {
	t.Run("a trail is recalled as it was remembered", func(t *testing.T) {
		s, want := open(t), sample("k", time.Hour)
		must(t, s.Remember(t.Context(), want))
		got, err := s.Recall(t.Context(), trail.Callback, "k", Now)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an unknown key, or one of another kind, is unknown", func(t *testing.T) {
		s := open(t)
		must(t, s.Remember(t.Context(), sample("k", time.Hour)))
		wantUnknown(t, s, trail.Callback, "other", Now)
		wantUnknown(t, s, trail.Reservation, "k", Now)
	})
	t.Run("a key may have any length and any bytes", func(t *testing.T) {
		s := open(t)
		for _, key := range []string{strings.Repeat("x", 100_000), strings.Repeat("x", 100_001), "a\x00b", "", "é/*"} {
			must(t, s.Remember(t.Context(), sample(key, time.Hour)))
			got, err := s.Recall(t.Context(), trail.Callback, key, Now)
			if err != nil || got.Key != key {
				t.Errorf("%.10q: %.10q, %v", key, got.Key, err)
			}
		}
	})
	t.Run("a trail ends when it expires", func(t *testing.T) {
		s := open(t)
		must(t, s.Remember(t.Context(), sample("k", time.Hour)))
		wantUnknown(t, s, trail.Callback, "k", Now.Add(time.Hour))
		if _, err := s.Recall(t.Context(), trail.Callback, "k", Now.Add(time.Hour-time.Nanosecond)); err != nil {
			t.Errorf("just before its end: %v", err)
		}
	})
	t.Run("a trail is replaced by one with the same key", func(t *testing.T) {
		s := open(t)
		must(t, s.Remember(t.Context(), sample("k", -time.Hour)))
		must(t, s.Remember(t.Context(), sample("k", time.Hour)))
		must(t, s.Remember(t.Context(), sample("later", time.Hour)))
		if _, err := s.Recall(t.Context(), trail.Callback, "k", Now); err != nil {
			t.Errorf("the new one: %v", err)
		}
	})
	t.Run("expired trails of others do not hurt", func(t *testing.T) {
		s := open(t)
		for i := range 100 {
			must(t, s.Remember(t.Context(), sample(fmt.Sprint("old", i), -time.Hour)))
		}
		must(t, s.Remember(t.Context(), sample("k", time.Hour)))
		_, err := s.Recall(t.Context(), trail.Callback, "k", Now)
		must(t, err)
		wantUnknown(t, s, trail.Callback, "old99", Now)
	})
	t.Run("a sweep removes what has expired, and that alone", func(t *testing.T) {
		s := open(t)
		for i := range 600 {
			must(t, s.Remember(t.Context(), sample(fmt.Sprint("short", i), time.Hour)))
		}
		must(t, s.Remember(t.Context(), sample("long", 3*time.Hour)))
		for _, want := range []int{0, 600, 0} {
			when := Now.Add(2 * time.Hour)
			if want == 0 {
				when = Now.Add(time.Minute)
			}
			if n, err := s.Sweep(t.Context(), when); err != nil || n != want {
				t.Errorf("swept %d, %v; want %d", n, err, want)
			}
		}
		wantUnknown(t, s, trail.Callback, "short1", Now)
		if _, err := s.Recall(t.Context(), trail.Callback, "long", Now); err != nil {
			t.Errorf("what has not expired: %v", err)
		}
	})
	t.Run("many write and read at once", func(t *testing.T) {
		s := open(t)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				key := fmt.Sprint("k", i)
				if err := s.Remember(t.Context(), sample(key, time.Hour)); err != nil {
					t.Error(err)
				}
				if _, err := s.Recall(t.Context(), trail.Callback, key, Now); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantUnknown(t *testing.T, s trail.Store, kind trail.Kind, key string, now time.Time) {
	t.Helper()
	if got, err := s.Recall(t.Context(), kind, key, now); !errors.Is(err, trail.ErrUnknown) {
		t.Errorf("%s %s: got %+v, %v; want ErrUnknown", kind, key, got, err)
	}
}

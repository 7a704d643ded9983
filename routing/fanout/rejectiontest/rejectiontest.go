// Package rejectiontest judges implementations of fanout.Rejections.
package rejectiontest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Secret stands in every rejection that Full makes: a store may not show it.
const Secret = "0A1B2C3D-secret-uid"

// Full makes a rejection of which every field is set.
func Full(platform, id string, minute int) fanout.Rejection {
	return fanout.Rejection{
		ID: id, Platform: platform, Time: time.Date(2026, 11, 21, 12, minute, 0, 7, time.UTC), To: ocpi.NewPartyID("DE", "ABC"),
		Change: fanout.Change{
			Key:  catalog.Key{Module: ocpi.Tokens, Owner: ocpi.NewPartyID("NL", "EMS"), ID: catalog.TokenID(Secret, "RFID")},
			Part: catalog.Part{EVSE: "é", Connector: "1", Calendar: "k"}, Method: "PUT", Path: "NL/EMS/" + Secret, Query: "type=RFID",
			Role: ocpi.EMSP, Platform: "p-9", Version: ocpi.V221, For: platform, Newest: true, CorrelationID: "c-1",
		},
		Reason: fanout.ReasonRefused, HTTPStatus: 200, Status: ocpi.StatusClientError, Message: "no, \"never\"", Attempts: 3,
	}
}

// Run judges a store; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) fanout.Rejections) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, fanout.Rejections)
	}{
		{"an empty store holds nothing", func(t *testing.T, s fanout.Rejections) { want(t, s) }},
		{"what was written is loaded with every field, the oldest first", everyField},
		{"a rejection takes the place of the one with its ref", replaced},
		{"what is dropped is gone, in the same step", dropped},
		{"a platform is forgotten, and no other", forgotten},
		{"a context that has ended is respected", endedContext},
		{"many write and read at once", atOnce},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func write(t *testing.T, s fanout.Rejections, keep []fanout.Rejection, drop ...fanout.RejectionRef) {
	t.Helper()
	if err := s.Write(t.Context(), keep, drop); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, s fanout.Rejections, want ...fanout.Rejection) {
	t.Helper()
	got, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func everyField(t *testing.T, s fanout.Rejections) {
	one, two, three := Full("p1", "z", 1), Full("p2", "a", 2), Full("p1", "b", 3)
	write(t, s, []fanout.Rejection{three, one, two})
	want(t, s, one, two, three)
}

func replaced(t *testing.T, s fanout.Rejections) {
	write(t, s, []fanout.Rejection{Full("p1", "a", 1), Full("p2", "a", 2)})
	newer := Full("p1", "a", 5)
	newer.Attempts, newer.Message = 9, ""
	write(t, s, []fanout.Rejection{newer})
	want(t, s, Full("p2", "a", 2), newer)
}

func dropped(t *testing.T, s fanout.Rejections) {
	write(t, s, []fanout.Rejection{Full("p1", "a", 1), Full("p2", "a", 2)})
	write(t, s, []fanout.Rejection{Full("p1", "b", 3)}, fanout.RejectionRef{Platform: "p1", ID: "a"}, fanout.RejectionRef{Platform: "p9", ID: "a"})
	want(t, s, Full("p2", "a", 2), Full("p1", "b", 3))
}

func forgotten(t *testing.T, s fanout.Rejections) {
	write(t, s, []fanout.Rejection{Full("p1", "a", 1), Full("p1", "b", 2), Full("p11", "a", 3)})
	for range 2 { // the second time there is nothing to forget
		if err := s.Forget(t.Context(), "p1"); err != nil {
			t.Fatal(err)
		}
	}
	want(t, s, Full("p11", "a", 3))
}

func endedContext(t *testing.T, s fanout.Rejections) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Load(ctx)
	for name, err := range map[string]error{
		"Load": err, "Write": s.Write(ctx, []fanout.Rejection{Full("p1", "a", 1)}, nil), "Forget": s.Forget(ctx, "p1"),
	} {
		if err == nil {
			t.Errorf("%s went on", name)
		}
	}
	want(t, s)
}

func atOnce(t *testing.T, s fanout.Rejections) {
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if err := s.Write(t.Context(), []fanout.Rejection{Full("p1", fmt.Sprint("r", i), i)}, nil); err != nil {
				t.Error(err)
			}
			if _, err := s.Load(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := s.Load(t.Context()); err != nil || len(got) != 10 {
		t.Errorf("%d rejections, %v", len(got), err)
	}
}

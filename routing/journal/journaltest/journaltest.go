// Package journaltest judges implementations of journal.Log.
package journaltest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/journal"
)

var (
	abc = ocpi.NewPartyID("DE", "ABC")
	tnm = ocpi.NewPartyID("NL", "TNM")
	eco = ocpi.NewPartyID("BE", "ECO")
)

// entry is a record with every field set, of the n-th second of the hour before
// began.
func entry(began time.Time, n int) journal.Entry {
	return journal.Entry{
		Time: began.Add(time.Duration(n)*time.Second - time.Hour).UTC(), CorrelationID: fmt.Sprintf("c%d", n), RequestID: fmt.Sprintf("r%d", n),
		From: abc, To: tnm, FromPlatform: "p1", ToPlatform: "p2", Module: ocpi.Locations, Method: "PUT", Object: "DE/ABC/L1",
		Route: "direct", HTTPStatus: 200, OCPIStatus: 1000, Duration: 1500 * time.Microsecond, Attempt: 1, Reason: "accepted",
		Command: "k<1>", Reference: "NLHUB-1", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", LeftOut: 7,
		Bridged: []journal.Bridged{{
			Class: bridge.Location, From: ocpi.V221, To: ocpi.V211,
			Findings: []journal.Finding{{Reason: bridge.State, Pointer: "/state", Times: 1}},
		}},
	}
}

func several(began time.Time, n int) []journal.Entry {
	out := make([]journal.Entry, n)
	for i := range out {
		out[i] = entry(began, i)
	}
	return out
}

// Run judges a log; open returns an empty one whose clock is time.Now.
func Run(t *testing.T, open func(t *testing.T) journal.Log) {
	began := time.Now()
	t.Run("an empty log has nothing to read", func(t *testing.T) { wantRead(t, open(t), journal.Query{}, nil) })
	t.Run("records are read as they were added, the newest first", func(t *testing.T) {
		l, all := open(t), several(began, 5)
		add(t, l, all[:2], all[2:4], all[4:])
		slices.Reverse(all)
		wantRead(t, l, journal.Query{}, all)
	})
	t.Run("reading ends when it is enough", func(t *testing.T) {
		l, all := open(t), several(began, 5)
		add(t, l, all[:3], all[3:])
		read := 0
		err := l.Read(t.Context(), journal.Query{}.Selector(), func(journal.Entry) bool { read++; return read < 3 })
		if err != nil || read != 3 {
			t.Errorf("read %d, %v", read, err)
		}
	})
	t.Run("many records are read in their order", func(t *testing.T) {
		l, all := open(t), several(began, 500)
		for chunk := range slices.Chunk(all, 7) {
			add(t, l, chunk)
		}
		slices.Reverse(all)
		wantRead(t, l, journal.Query{}, all)
	})
	t.Run("each filter selects", func(t *testing.T) { filters(t, open(t), began) })
	t.Run("a conversation holds the result of its command", func(t *testing.T) { conversation(t, open(t), began) })
	t.Run("a conversation holds what brought it with others", func(t *testing.T) { covered(t, open(t), began) })
	t.Run("bodies come to those who ask", func(t *testing.T) { bodies(t, open(t), began) })
	t.Run("who follows gets what is added", func(t *testing.T) { follow(t, open(t), began) })
}

func filters(t *testing.T, l journal.Log, began time.Time) {
	all := several(began, 4)
	all[0].To = eco
	all[1].Module = ocpi.Tokens
	all[2].HTTPStatus, all[2].OCPIStatus = 500, 3000
	all[3].TraceID = "0af7651916cd43dd8448eb211c80319c"
	add(t, l, all)
	for _, c := range []struct {
		name string
		q    journal.Query
		want []journal.Entry
	}{
		{"receiver", journal.Query{Party: eco}, all[:1]},
		{"sender and module", journal.Query{Party: abc, Module: ocpi.Tokens}, all[1:2]},
		{"HTTP status", journal.Query{Status: 500}, all[2:3]},
		{"OCPI status", journal.Query{Status: 3000}, all[2:3]},
		{"trace", journal.Query{TraceID: all[3].TraceID}, all[3:]},
		{"time", journal.Query{Since: all[3].Time}, all[3:]},
		{"nothing", journal.Query{CorrelationID: "c"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) { wantRead(t, l, c.q, c.want) })
	}
}

func conversation(t *testing.T, l journal.Log, began time.Time) {
	all := several(began, 4)
	for i := range all {
		all[i].Command = ""
	}
	all[0].CorrelationID = `cmd"<&>`
	all[2].CorrelationID, all[2].Command = "result", all[0].CorrelationID
	all[3].CorrelationID = "result"
	add(t, l, all[:2], all[2:])
	want := []journal.Entry{all[3], all[2], all[0]}
	wantRead(t, l, journal.Query{CorrelationID: "result"}, want)
	wantRead(t, l, journal.Query{CorrelationID: all[0].CorrelationID}, want[1:])
}

func covered(t *testing.T, l journal.Log, began time.Time) {
	all := several(began, 4)
	for i := range all {
		all[i].Command = ""
	}
	all[3].CorrelationID, all[3].Covers = "c2", []string{"c0", "c1"} // brings the pushes c0, c1 and c2
	add(t, l, all)
	wantRead(t, l, journal.Query{CorrelationID: "c0"}, []journal.Entry{all[3], all[0]})
	wantRead(t, l, journal.Query{CorrelationID: "c1"}, []journal.Entry{all[3], all[1]})
	wantRead(t, l, journal.Query{CorrelationID: "c2"}, []journal.Entry{all[3], all[2]})
}

func bodies(t *testing.T, l journal.Log, began time.Time) {
	all := several(began, 4)
	all[0].Request = journal.Body{JSON: []byte(`{"n":1.10,"s":"<&>\n"}`), Bytes: 30}
	all[2].Request = journal.Body{Bytes: 5}
	all[2].Answer = journal.Body{JSON: []byte(`[{"status":"***"}]`), Bytes: 99999, Cut: true}
	all[3].RequestID = all[2].RequestID // a sender may use one for all
	add(t, l, all[:2], all[2:])
	want := slices.Clone(all)
	slices.Reverse(want)
	wantRead(t, l, journal.Query{Bodies: true}, want)
	for i := range want {
		want[i].Request, want[i].Answer = journal.Body{}, journal.Body{}
	}
	wantRead(t, l, journal.Query{}, want)
	wantRead(t, l, journal.Query{Bodies: true, CorrelationID: "c0"}, all[:1])
}

func follow(t *testing.T, l journal.Log, began time.Time) {
	all := several(began, 3)
	all[1].To = eco
	add(t, l, all[:1])
	ctx, cancel := context.WithCancel(t.Context())
	got, done := make(chan journal.Entry), make(chan error)
	go func() {
		done <- l.Follow(ctx, began, journal.Query{Party: tnm}.Selector(), func(e journal.Entry) error { got <- e; return nil })
	}()
	first := <-got
	add(t, l, all[1:])
	if diff := cmp.Diff([]journal.Entry{all[0], all[2]}, []journal.Entry{first, <-got}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("the end of following is an error: %v", err)
	}
}

func add(t *testing.T, l journal.Log, batches ...[]journal.Entry) {
	t.Helper()
	for _, b := range batches {
		if err := l.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

func wantRead(t *testing.T, l journal.Log, q journal.Query, want []journal.Entry) {
	t.Helper()
	var got []journal.Entry
	err := l.Read(t.Context(), q.Selector(), func(e journal.Entry) bool { got = append(got, e); return true })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

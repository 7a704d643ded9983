package fanout

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

var (
	tnm   = ocpi.NewPartyID("NL", "TNM")
	eco   = ocpi.NewPartyID("BE", "ECO")
	loc1  = catalog.Key{Module: ocpi.Locations, Owner: ocpi.NewPartyID("DE", "ABC"), ID: "LOC1"}
	loc2  = catalog.Key{Module: ocpi.Locations, Owner: ocpi.NewPartyID("DE", "ABC"), ID: "LOC2"}
	began = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
)

// live makes an entry as it comes from the feed; part is "", "E1" or "E1/1".
func live(seq uint64, method string, k catalog.Key, part string) *entry {
	p := catalog.Part{}
	p.EVSE, p.Connector, _ = strings.Cut(part, "/")
	at := began.Add(time.Duration(seq) * time.Second)
	return &entry{
		part: p, seq: seq, at: at, came: at,
		change: Change{Key: k, Part: p, Method: method, Body: fmt.Appendf(nil, "%010d", seq)},
	}
}

// caught makes an entry of a catch-up.
func caught(k catalog.Key, part string) *entry {
	e := live(0, http.MethodPut, k, part)
	e.newest, e.caught, e.change.Body = true, 1, nil
	return e
}

// show writes an entry: what it covers, "*" when it goes out as newest state,
// and its first sequence.
func show(e *entry) string {
	text := e.part.EVSE
	if e.part.Connector != "" {
		text += "/" + e.part.Connector
	}
	if e.newest {
		text += "*"
	}
	return fmt.Sprintf("%s@%d", text, e.seq)
}

func (q *queue) show(to ocpi.PartyID, k catalog.Key) string {
	r := q.lanes[lane{to, foldKey(k)}]
	if r == nil {
		return ""
	}
	all := make([]string, len(r.entries))
	for i, e := range r.entries {
		all[i] = show(e)
	}
	return strings.Join(all, " ")
}

// check compares the books of a queue with what is in it.
func check(t *testing.T, q *queue) {
	t.Helper()
	entries, bytes := 0, 0
	for _, r := range q.lanes {
		for _, e := range r.entries {
			entries++
			bytes += len(e.change.Body)
		}
	}
	if q.entries != entries || q.bytes != bytes {
		t.Errorf("the books say %d entries of %d bytes, there are %d of %d", q.entries, q.bytes, entries, bytes)
	}
}

func mustTake(t *testing.T, q *queue) (*row, *entry) {
	t.Helper()
	r, e, _ := q.take(began)
	if e == nil {
		t.Fatal("there is nothing to take")
	}
	return r, e
}

func wantNothing(t *testing.T, q *queue) {
	t.Helper()
	if _, e, _ := q.take(began); e != nil {
		t.Fatalf("there is %s to take", show(e))
	}
}

func TestChangesThatMeetBecomeTheSmallestThatCoversThem(t *testing.T) {
	for _, c := range []struct {
		name string
		add  []string // parts, in order; sequences from 1
		want string
	}{
		{"a lone change stays as it came", []string{"E1"}, "E1@1"},
		{"the same location twice", []string{"", ""}, "*@1"},
		{"the same EVSE twice", []string{"E1", "E1"}, "E1*@1"},
		{"the same connector twice", []string{"E1/1", "E1/1"}, "E1/1*@1"},
		{"ids differ in case alone", []string{"e1/a", "E1/A"}, "e1/a*@1"},
		{"sibling EVSEs stay apart, in order", []string{"E2", "E1", "E3"}, "E2@1 E1@2 E3@3"},
		{"sibling connectors stay apart", []string{"E1/2", "E1/1"}, "E1/2@1 E1/1@2"},
		{"one of two siblings again keeps its place", []string{"E2", "E1", "E2"}, "E2*@1 E1@2"},
		{"EVSE, then its location", []string{"E1", ""}, "*@1"},
		{"location, then one of its EVSEs", []string{"", "E1"}, "*@1"},
		{"connector, then its EVSE", []string{"E1/1", "E1"}, "E1*@1"},
		{"EVSE, then one of its connectors", []string{"E1", "E1/1"}, "E1*@1"},
		{"two connectors, then their EVSE", []string{"E1/1", "E2", "E1/2", "E1"}, "E1*@1 E2@2"},
		{"all at last", []string{"E2", "E1/1", "E3", ""}, "*@1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue()
			for i, part := range c.add {
				q.add(tnm, live(uint64(i)+1, http.MethodPatch, loc1, part))
				check(t, q)
			}
			if got := q.show(tnm, loc1); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTwoPatchesOfAnEVSEGoOutAsItsPUT(t *testing.T) {
	q := newQueue()
	for seq := range uint64(2) {
		e := live(seq+1, http.MethodPatch, loc1, "E1")
		e.change.Path = "DE/ABC/LOC1/E1"
		q.add(tnm, e)
	}
	_, e := mustTake(t, q)
	got := asPut(e.change, e.part, Content{ocpi.V221, []byte(`{"uid":"E1"}`)})
	if got.Method != http.MethodPut || got.Path != "DE/ABC/LOC1/E1" || got.Part != (catalog.Part{EVSE: "E1"}) || string(got.Body) != `{"uid":"E1"}` {
		t.Errorf("got %+v", got)
	}
}

func TestReceiversAndObjectsDoNotMeet(t *testing.T) {
	q := newQueue()
	q.add(tnm, live(1, http.MethodPut, loc1, ""))
	q.add(eco, live(1, http.MethodPut, loc1, ""))
	q.add(tnm, live(2, http.MethodPut, loc2, ""))
	for range 3 {
		if _, e := mustTake(t, q); e.newest {
			t.Errorf("%s has met another", show(e))
		}
	}
	wantNothing(t, q)
}

func TestKeysThatDifferInCaseAloneAreOneObject(t *testing.T) {
	q := newQueue()
	q.add(tnm, live(1, http.MethodPut, loc1, ""))
	lower := loc1
	lower.ID = "loc1"
	q.add(tnm, live(2, http.MethodPut, lower, ""))
	if q.entries != 1 {
		t.Errorf("there are %d entries, want 1", q.entries)
	}
}

func TestALaneHasOneDeliveryUnderWay(t *testing.T) {
	q := newQueue()
	q.add(tnm, live(1, http.MethodPut, loc1, "E1"))
	q.add(tnm, live(2, http.MethodPut, loc1, "E2"))
	r, first := mustTake(t, q)
	wantNothing(t, q)
	q.add(tnm, live(3, http.MethodPut, loc1, "E1"))
	wantNothing(t, q)
	if got := show(first) + " then " + q.show(tnm, loc1); got != "E1@1 then E2@2 E1@3" {
		t.Errorf("got %s: what is under way may not be merged with", got)
	}
	q.done(r)
	for _, want := range []string{"E2@2", "E1@3"} {
		r, e := mustTake(t, q)
		if show(e) != want {
			t.Errorf("got %s, want %s", show(e), want)
		}
		q.done(r)
	}
	if len(q.lanes) != 0 || q.entries != 0 || q.bytes != 0 {
		t.Errorf("an empty queue holds %d lanes, %d entries, %d bytes", len(q.lanes), q.entries, q.bytes)
	}
}

func TestWhatFailedComesBackInFront(t *testing.T) {
	for _, c := range []struct {
		name string
		add  []string // while the delivery of E1@1 is under way; sequences from 2
		want string
	}{
		{"alone, as it came", nil, "E1@1"},
		{"before a sibling", []string{"E2"}, "E1@1 E2@2"},
		{"and merges with a newer one of its own", []string{"E2", "E1"}, "E1*@1 E2@2"},
		{"and merges with its location", []string{""}, "*@1"},
		{"and merges with its connectors", []string{"E2", "E1/1", "E1/2"}, "E1*@1 E2@2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue()
			q.add(tnm, live(1, http.MethodPatch, loc1, "E1"))
			r, e := mustTake(t, q)
			for i, part := range c.add {
				q.add(tnm, live(uint64(i)+2, http.MethodPatch, loc1, part))
			}
			q.again(r, e, time.Time{})
			check(t, q)
			if got := q.show(tnm, loc1); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if _, e := mustTake(t, q); e.seq != 1 {
				t.Errorf("%s goes first", show(e))
			}
		})
	}
}

func TestWhatComesBackIsOlderThanWhatWaits(t *testing.T) {
	q := newQueue()
	older, newer := live(1, http.MethodPatch, loc1, "E1"), live(2, http.MethodPatch, loc1, "E1")
	newer.change.CorrelationID = "newer"
	q.add(tnm, older)
	r, e := mustTake(t, q)
	q.add(tnm, newer)
	q.again(r, e, time.Time{})
	if _, e := mustTake(t, q); e.change.CorrelationID != "newer" || e.seq != 1 {
		t.Errorf("%s goes out, for the change %q", show(e), e.change.CorrelationID)
	}
}

func TestAnObjectThatFailedWaitsAndOthersDoNot(t *testing.T) {
	q := newQueue()
	q.add(tnm, live(1, http.MethodPut, loc1, ""))
	r, e := mustTake(t, q)
	until := began.Add(time.Minute)
	q.again(r, e, until)
	q.add(tnm, live(2, http.MethodPut, loc2, ""))
	if _, e := mustTake(t, q); e.change.Key != loc2 {
		t.Errorf("%v goes first", e.change.Key)
	}
	if _, e, next := q.take(began); e != nil || !next.Equal(until) {
		t.Errorf("got an entry: %t, and the next at %s; want it at %s", e != nil, next, until)
	}
	if _, e, _ := q.take(until); e == nil || e.change.Key != loc1 {
		t.Error("the object that failed is not to be had when its wait is over")
	}
}

func TestTheFirstChangeCountsWhatIsUnderWay(t *testing.T) {
	q := newQueue()
	if first, came := q.first(); first.Seq != 0 || !came.IsZero() {
		t.Errorf("an empty queue has a first change: %v, %s", first, came)
	}
	q.add(tnm, live(5, http.MethodPut, loc1, "E1"))
	q.add(tnm, live(6, http.MethodPut, loc2, ""))
	r, _ := mustTake(t, q)
	q.add(tnm, live(7, http.MethodPut, loc1, "E1"))
	for _, want := range []uint64{5, 6} {
		first, _ := q.first()
		if diff := cmp.Diff(Mark{Seq: want, At: began.Add(time.Duration(want) * time.Second)}, first); diff != "" {
			t.Error(diff)
		}
		q.done(r)
	}
}

func TestACatchUpThatMeetsALiveChangeKeepsBothAccounts(t *testing.T) {
	for _, liveFirst := range []bool{true, false} {
		q := newQueue()
		if liveFirst {
			q.add(tnm, live(9, http.MethodPut, loc1, "E1"))
		}
		q.add(tnm, caught(loc1, ""))
		if !liveFirst {
			q.add(tnm, live(9, http.MethodPut, loc1, "E1"))
		}
		if _, e := mustTake(t, q); e.seq != 9 || e.caught != 1 || !e.newest || e.part != (catalog.Part{}) {
			t.Errorf("live first %t: got %s with %d caught", liveFirst, show(e), e.caught)
		}
	}
}

func TestAClearedQueueKeepsTheLanesThatAreUnderWay(t *testing.T) {
	q := newQueue()
	q.add(tnm, live(1, http.MethodPut, loc1, ""))
	q.add(tnm, live(2, http.MethodPut, loc2, ""))
	r, _ := mustTake(t, q)
	q.add(tnm, live(3, http.MethodPut, loc1, ""))
	q.clear()
	check(t, q)
	if first, _ := q.first(); q.entries != 0 || first.Seq != 0 || r.current != nil {
		t.Errorf("%d entries are left, the first of %d", q.entries, first.Seq)
	}
	q.add(tnm, caught(loc1, ""))
	wantNothing(t, q) // it would overtake what is under way
	q.add(tnm, caught(loc2, ""))
	if _, e := mustTake(t, q); e.change.Key != loc2 {
		t.Errorf("%v goes first", e.change.Key)
	}
	q.done(r)
	if _, e := mustTake(t, q); e.change.Key != loc1 {
		t.Errorf("%v goes next", e.change.Key)
	}
}

func TestAFenceTurnsChangesThatASentStateHeldIntoNewestState(t *testing.T) {
	q := newQueue()
	q.pass(3)
	q.add(tnm, live(2, http.MethodPatch, loc1, "E1"))
	q.add(tnm, live(3, http.MethodPatch, loc1, "E1"))
	r, e := mustTake(t, q)
	q.add(tnm, live(4, http.MethodPatch, loc1, "E1")) // between the reading of the state and its fence
	q.raise(r, e.part, 6)
	check(t, q)
	q.pass(4)
	if got := q.show(tnm, loc1); got != "E1*@4" {
		t.Errorf("what waited is %s, want E1*@4", got)
	}
	q.done(r)
	r, _ = mustTake(t, q)
	q.done(r)
	for _, c := range []struct {
		seq       uint64
		key       catalog.Key
		part, out string
	}{{5, loc1, "E2", "E2@5"}, {5, loc2, "E1", "E1@5"}, {6, loc1, "E1/1", "E1/1*@6"}, {7, loc1, "E1", "E1@7"}} {
		q.add(tnm, live(c.seq, http.MethodPatch, c.key, c.part))
		q.pass(c.seq)
		r, e := mustTake(t, q)
		if got := show(e); got != c.out {
			t.Errorf("got %s, want %s", got, c.out)
		}
		q.done(r)
	}
	if len(q.lanes) != 0 || len(q.fenced) != 0 {
		t.Errorf("%d lanes and %d fences are left", len(q.lanes), len(q.fenced))
	}
}

func TestChangesThatMeetNameTheCorrelationIDsOfTheOthersOnce(t *testing.T) {
	q := newQueue()
	for seq := range uint64(40) {
		e := live(seq, http.MethodPatch, loc1, "E1")
		e.change.CorrelationID = fmt.Sprint("c", seq/2) // a sender that uses one for two
		q.add(tnm, e)
	}
	_, e := mustTake(t, q)
	if got := e.change.Covers; e.change.CorrelationID != "c19" || len(got) != 19 || got[0] != "c0" || got[18] != "c18" {
		t.Errorf("it goes out as %q, with %q", e.change.CorrelationID, got)
	}
	for seq := range uint64(100) {
		e := live(100+seq, http.MethodPatch, loc1, "E2")
		e.change.CorrelationID = fmt.Sprint("d", seq)
		q.add(eco, e)
	}
	if _, e := mustTake(t, q); len(e.change.Covers) != maxCovers || e.change.Covers[maxCovers-1] != "d98" {
		t.Errorf("it goes out with %q", e.change.Covers)
	}
}

func TestChangesThatMeetNameTheTracesOfTheOthersTheLatestLast(t *testing.T) {
	q := newQueue()
	for seq := range uint64(12) {
		e := live(seq, http.MethodPatch, loc1, "E1")
		e.change.Traceparent = fmt.Sprint("trace ", seq)
		q.add(tnm, e)
	}
	_, e := mustTake(t, q)
	if e.change.Traceparent != "trace 11" || len(e.change.Joined) != maxJoined || e.change.Joined[maxJoined-1] != "trace 10" {
		t.Errorf("it goes out as %q, with %q", e.change.Traceparent, e.change.Joined)
	}
}

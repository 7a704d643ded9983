package jsjournal_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// traffic makes records as a busy hub does: 30 CPOs and 70 eMSPs, pushes with
// three copies, messages to one party, commands with their results.
type traffic struct {
	rand *rand.Rand
	now  time.Time
	step time.Duration // from one conversation to the next
	made int
}

// id is the correlation id of the n-th conversation: one like the others.
func id(n int) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)*0x9E3779B97F4A7C15)
	binary.BigEndian.PutUint64(b[8:], uint64(n)*0xC2B2AE3D27D4EB4F+1)
	return uuid.UUID(b).String()
}

func (g *traffic) cpo() ocpi.PartyID {
	return ocpi.NewPartyID("DE", fmt.Sprintf("C%02d", g.rand.IntN(30)))
}

func (g *traffic) emsp() ocpi.PartyID {
	return ocpi.NewPartyID("NL", fmt.Sprintf("M%02d", g.rand.IntN(70)))
}

// conversation returns the records of the next conversation: in turn a push to
// all, a message to one party, and a command, whose result has the correlation
// id after it.
func (g *traffic) conversation() []journal.Entry {
	n := g.made
	g.now = g.now.Add(g.step)
	cpo, emsp := g.cpo(), g.emsp()
	message := journal.Entry{
		Time: g.now, CorrelationID: id(n), RequestID: id(n + 1<<40), From: cpo, To: emsp, FromPlatform: cpo.ID, Module: ocpi.Locations,
		Method: "PATCH", Object: "DE/" + cpo.ID + "/LOC-00123/DE*" + cpo.ID + "*E00123*1", Route: "direct",
		HTTPStatus: 200, OCPIStatus: 1000, Duration: 3 * time.Millisecond, Reason: "to_names_a_party",
	}
	out := []journal.Entry{g.copy(message, emsp)}
	switch g.made++; n % 4 {
	case 0:
		message.Route, message.Reason, message.To = "broadcast", "to_names_the_hub", ocpi.NewPartyID("NL", "HUB")
		out = append([]journal.Entry{message}, g.copy(message, emsp), g.copy(message, g.emsp()), g.copy(message, g.emsp()))
	case 1:
		out = append(out, message)
	case 2:
		g.made++
		message.Module, message.Method, message.Object, message.From, message.To = ocpi.Commands, "POST", "START_SESSION", emsp, cpo
		result := message
		result.CorrelationID, result.From, result.To, result.Route, result.Object = id(n+1), cpo, emsp, "callback", ""
		brought := g.copy(result, emsp)
		result.Command = message.CorrelationID
		out = append(out[:0], g.copy(message, cpo), message, brought, result)
	}
	return out
}

func (g *traffic) copy(e journal.Entry, to ocpi.PartyID) journal.Entry {
	e.RequestID = id(g.rand.IntN(1 << 40))
	e.To, e.ToPlatform, e.FromPlatform, e.Attempt, e.Reason = to, to.ID, "", 1, "accepted"
	return e
}

// fill writes so many records, in batches of all sizes up to a largest, and
// returns how many conversations they are.
func fill(t testing.TB, l journal.Log, records, largest int) (conversations int) {
	t.Helper()
	g := &traffic{rand: rand.New(rand.NewPCG(1, 2)), now: time.Now().Add(-time.Hour)}
	g.step = time.Hour * 10 / time.Duration(3*records) // ten records are three conversations
	var batch []journal.Entry
	for written := 0; written < records; {
		size := 1 + g.rand.IntN(largest)
		for len(batch) < size {
			batch = append(batch, g.conversation()...)
		}
		if err := l.Append(t.Context(), batch[:size]); err != nil {
			t.Fatal(err)
		}
		written += size
		batch = append(batch[:0], batch[size:]...)
	}
	return g.made
}

// find returns how many records of a conversation are found, and how long that
// takes.
func find(t testing.TB, l journal.Log, q journal.Query) (records int, took time.Duration) {
	t.Helper()
	began := time.Now()
	got, err := journal.New(journal.Options{Log: l}).List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return len(got), time.Since(began)
}

// wantFound finds conversations of each kind: the four ids from a multiple of
// four on.
func wantFound(t *testing.T, l journal.Log, name string, first int) {
	t.Helper()
	for n, want := range []int{4, 2, 4, 4} {
		got, took := find(t, l, journal.Query{CorrelationID: id(first + n)})
		if t.Logf("%s, kind %d: %s", name, n, took); got != want {
			t.Errorf("%s, kind %d: %d records, want %d", name, n, got, want)
		}
	}
}

func TestAConversationIsFoundAmongAMillionRecords(t *testing.T) {
	records := 1_000_000
	if watched { // what it proves of numbers it proves without; `make test` runs both
		records = 200_000
	}
	l := open(t, serve(t, t.TempDir()), 5<<30)
	began := time.Now()
	made := fill(t, l, records, 256)
	t.Logf("%d records of %d conversations were written in %s", records, made, time.Since(began))
	wantFound(t, l, "the oldest", 0)
	wantFound(t, l, "in the middle", made/8*4)
	wantFound(t, l, "among the newest", made/4*4-8)
	for name, q := range map[string]journal.Query{
		"an id that is not there": {CorrelationID: "nowhere"},
		"a party without traffic": {Party: ocpi.NewPartyID("FR", "OTH")},
	} {
		got, took := find(t, l, q)
		if t.Logf("%s: %s", name, took); got != 0 {
			t.Errorf("%s: %d records", name, got)
		}
	}
	for name, q := range map[string]journal.Query{
		"party and module": {Party: ocpi.NewPartyID("DE", "C07"), Module: ocpi.Commands, Limit: 100},
		"status":           {Status: 1000, Limit: 100},
		"since":            {Since: time.Now().Add(-30 * time.Minute), Limit: 100},
	} {
		got, took := find(t, l, q)
		if t.Logf("the newest by %s: %s", name, took); got != 100 {
			t.Errorf("%s: %d records, want 100", name, got)
		}
	}
}

// BenchmarkFind looks for the oldest of the conversations in a million records:
// written by a busy hub, and by a quiet one, a few to a batch.
func BenchmarkFind(b *testing.B) {
	for name, largest := range map[string]int{"busy": 256, "quiet": 8} {
		l := open(b, serve(b, b.TempDir()), 5<<30)
		fill(b, l, 1_000_000, largest)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, _ := find(b, l, journal.Query{CorrelationID: id(0)}); n != 4 {
					b.Fatal(n)
				}
			}
		})
	}
}

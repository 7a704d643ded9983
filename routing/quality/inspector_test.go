package quality_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
)

var (
	cpo  = ocpi.NewPartyID("DE", "ABC")
	emsp = ocpi.NewPartyID("NL", "TNM")
)

// failing is a store that cannot be written while down.
type failing struct {
	*quality.Memory
	down  atomic.Bool
	saves atomic.Int64
}

func (f *failing) Add(ctx context.Context, rows []quality.Row) error {
	f.saves.Add(1)
	if f.down.Load() {
		return errors.New("disk full")
	}
	return f.Memory.Add(ctx, rows)
}

// desk is an inspector that runs in a bubble of synctest.
type desk struct {
	*quality.Inspector
	t     *testing.T
	store *failing
	found map[ocpi.FindingKind]int
	stop  func()
}

func open(t *testing.T, store *failing) *desk {
	t.Helper()
	d := &desk{t: t, store: store, found: map[ocpi.FindingKind]int{}}
	d.Inspector = quality.New(quality.Options{
		Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Found: func(kind ocpi.FindingKind, n int) { d.found[kind] += n },
	})
	return d
}

// rows are those that an operator is shown.
func (d *desk) rows(q quality.Query) []quality.Row {
	d.t.Helper()
	rows, err := d.Rows(d.t.Context(), q)
	if err != nil {
		d.t.Fatal(err)
	}
	return rows
}

func (d *desk) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	d.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func newStore() *failing { return &failing{Memory: quality.NewMemory()} }

// evse is an EVSE with this status.
func evse(id, status string) quality.Object {
	return quality.Object{
		Version: ocpi.V221, Owner: cpo, Module: ocpi.Locations, Class: "EVSE", ID: id, Partial: true,
		Body: []byte(`{"status":"` + status + `","last_updated":"1999-01-01T00:00:00Z"}`),
	}
}

func TestFindingsAreCountedByPlaceWithTheNewestExample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, newStore())
		d.run(t)
		defer d.stop()
		first := time.Now()
		d.Inspect(evse("LOC1/1", "Free"))
		d.Inspect(evse("LOC1/2", "AVAILABLE"))
		time.Sleep(time.Minute)
		d.Inspect(evse("LOC2/7", "Busy"))
		synctest.Wait()
		want := []quality.Row{{
			Place: quality.Place{Party: cpo, Module: ocpi.Locations, Kind: ocpi.UnknownValue, Field: "evses.status"},
			Count: 2, Example: quality.Example{ObjectID: "LOC2/7", Pointer: "/status", Value: `"Busy"`},
			FirstSeen: first, LastSeen: first.Add(time.Minute),
		}}
		if diff := cmp.Diff(want, d.rows(quality.Query{})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[ocpi.FindingKind]int{ocpi.UnknownValue: 2}, d.found); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnObjectThatWentBackIsCountedForThatAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, newStore())
		d.run(t)
		defer d.stop()
		o := evse("LOC1/1", "Free")
		o.WentBack = true
		d.Inspect(o)
		synctest.Wait()
		rows := d.rows(quality.Query{})
		if len(rows) != 1 || rows[0].Kind != ocpi.WentBack || rows[0].Field != "evses.last_updated" || rows[0].Example.Value != `"1999-01-01T00:00:00Z"` {
			t.Errorf("%+v", rows)
		}
	})
}

func TestCountsAreWrittenInBatchesAndReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		d := open(t, store)
		d.run(t)
		for range 50 {
			d.Inspect(evse("LOC1/1", "Free"))
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if n := store.saves.Load(); n != 1 {
			t.Errorf("written %d times", n)
		}
		time.Sleep(time.Minute)
		if n := store.saves.Load(); n != 1 {
			t.Errorf("written %d times although nothing changed", n)
		}
		d.Inspect(evse("LOC1/1", "Free"))
		d.stop() // writes the last one
		again := open(t, store)
		if rows := again.rows(quality.Query{}); len(rows) != 1 || rows[0].Count != 51 {
			t.Errorf("after a restart %+v", rows)
		}
	})
}

func TestWhatCannotBeWrittenIsWrittenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		store.down.Store(true)
		d := open(t, store)
		d.run(t)
		defer d.stop()
		d.Inspect(evse("LOC1/1", "Free"))
		time.Sleep(6 * time.Second)
		store.down.Store(false)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if rows, err := store.Rows(t.Context()); err != nil || len(rows) != 1 {
			t.Errorf("%+v, %v", rows, err)
		}
	})
}

func TestAStoreThatCannotBeReadIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, newStore()).Rows(ctx, quality.Query{}); err == nil {
		t.Error("it shows counts that it does not know")
	}
}

func TestInspectorsOfOneStoreAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		one, two := open(t, store), open(t, store)
		for i, d := range []*desk{one, two, two} {
			if i < 2 {
				d.run(t)
				defer d.stop()
			}
			d.Inspect(evse("LOC1/1", "Free"))
			time.Sleep(6 * time.Second)
		}
		one.Inspect(evse("LOC1/1", "Free")) // is yet to be written
		synctest.Wait()
		for d, want := range map[*desk]int64{one: 4, two: 3} {
			if rows := d.rows(quality.Query{}); len(rows) != 1 || rows[0].Count != want {
				t.Errorf("%+v, want %d", rows, want)
			}
		}
	})
}

func TestAPartyThatIsClearedIsClearedOfWhatOthersAreYetToWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		one, two := open(t, store), open(t, store)
		one.run(t)
		two.run(t)
		defer two.stop()
		one.Inspect(evse("LOC1/1", "Free"))
		time.Sleep(time.Second)
		if err := two.Clear(t.Context(), cpo); err != nil {
			t.Fatal(err)
		}
		one.stop()
		if rows := two.rows(quality.Query{}); len(rows) > 0 {
			t.Errorf("%+v", rows)
		}
		two.Inspect(evse("LOC1/1", "Free"))
		synctest.Wait()
		if rows := two.rows(quality.Query{}); len(rows) != 1 || rows[0].Count != 1 {
			t.Errorf("what came after it: %+v", rows)
		}
	})
}

func TestInspectNeverWaits(t *testing.T) {
	d := open(t, newStore()) // and nobody runs it
	for range 1100 {
		d.Inspect(evse("LOC1/1", "Free"))
	}
	if n := d.Dropped(); n != 1100-1024 {
		t.Errorf("%d dropped", n)
	}
	large := open(t, newStore())
	o := evse("LOC1/1", "Free")
	o.Body = make([]byte, 20<<20)
	large.Inspect(o)
	large.Inspect(o)
	large.Inspect(evse("LOC1/1", "Free"))
	if n := large.Dropped(); n != 1 {
		t.Errorf("%d dropped, only the one that is over the bound should be", n)
	}
}

func TestTheRowsOfAPartyAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		d := open(t, store)
		d.run(t)
		base := evse("LOC1/1", "Free")
		for i := range quality.MaxRows + 5 {
			base.Module = ocpi.ModuleID(fmt.Sprint("m", i))
			d.Inspect(base)
		}
		base.Module = "m0"
		d.Inspect(base) // has its row already
		synctest.Wait()
		rows := d.rows(quality.Query{Party: cpo})
		more := d.rows(quality.Query{Party: cpo, Kind: quality.More})
		if len(rows) != quality.MaxRows+1 || len(more) != 1 || more[0].Count != 5 || rows[0].Module != "" || rows[1].Count != 2 {
			t.Errorf("%d rows, first %+v, more: %+v", len(rows), rows[:2], more)
		}
		d.stop()
		again := open(t, store)
		if diff := cmp.Diff(rows, again.rows(quality.Query{Party: cpo})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRowsAreSelectedAndTheMostFrequentComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, newStore())
		d.run(t)
		defer d.stop()
		token := quality.Object{Version: ocpi.V221, Owner: emsp, Module: ocpi.Tokens, Class: "Token", ID: "0123456789", Partial: true, Body: []byte(`{"whitelist":"X"}`)}
		d.Inspect(token)
		d.Inspect(evse("1", "A"))
		d.Inspect(evse("1", "A"))
		connector := quality.Object{Version: ocpi.V221, Owner: cpo, Module: ocpi.Locations, Class: "Connector", ID: "L/1/1", Partial: true, Body: []byte(`{"format":"X","last_updated":"1999-01-01T00:00:00Z"}`)}
		d.Inspect(connector)
		synctest.Wait()
		for name, c := range map[string]struct {
			query quality.Query
			want  string
		}{
			"all":    {quality.Query{}, "evses.status evses.connectors.format last_updated whitelist"},
			"party":  {quality.Query{Party: cpo}, "evses.status evses.connectors.format"},
			"module": {quality.Query{Module: ocpi.Tokens}, "last_updated whitelist"},
			"kind":   {quality.Query{Kind: ocpi.Missing}, "last_updated"},
			"none":   {quality.Query{Party: emsp, Module: ocpi.Locations}, ""},
		} {
			var got []string
			for _, r := range d.rows(c.query) {
				got = append(got, r.Field)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

func TestAPartyIsClearedHereAndInTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		d := open(t, store)
		d.run(t)
		d.Inspect(evse("1", "A"))
		token := quality.Object{Version: ocpi.V221, Owner: emsp, Module: ocpi.Tokens, Class: "Token", ID: "0123456789", Body: []byte(`{}`)}
		d.Inspect(token)
		time.Sleep(6 * time.Second)
		d.Inspect(evse("1", "A"))
		synctest.Wait()
		if err := d.Clear(t.Context(), cpo); err != nil {
			t.Fatal(err)
		}
		d.stop()
		for name, d := range map[string]*desk{"here": d, "after a restart": open(t, store)} {
			if len(d.rows(quality.Query{Party: cpo})) > 0 || len(d.rows(quality.Query{Party: emsp})) == 0 {
				t.Errorf("%s: %+v", name, d.rows(quality.Query{}))
			}
		}
	})
}

func TestH210_ExamplesShowNobodysToken(t *testing.T) {
	const uid, contract = "04E2A1B2C3D4E5", "NL-TNM-C12345678-9"
	long := strings.Repeat("0", 40)
	bodies := map[string]quality.Object{
		"token":     {Version: ocpi.V221, Module: ocpi.Tokens, Class: "Token", ID: uid, Body: []byte(`{"uid":"` + uid + long + `","contract_id":"` + contract + long + `","visual_number":"\u0001` + contract + `","group_id":"é` + uid + `"}`)},
		"session":   {Version: ocpi.V221, Module: ocpi.Sessions, Class: "Session", ID: "S1", Body: []byte(`{"cdr_token":{"uid":"` + uid + long + `","contract_id":12},"authorization_reference":"` + uid + long + `"}`)},
		"command":   {Version: ocpi.V221, Module: ocpi.Commands, Class: "StartSession", ID: "START_SESSION", Body: []byte(`{"response_url":"ftp://` + uid + `","token":{"uid":"` + uid + long + `","energy_contract":{"contract_id":"` + contract + strings.Repeat(long, 2) + `"}}}`)},
		"no object": {Version: ocpi.V221, Module: ocpi.Sessions, Class: "Session", ID: "S2", Body: []byte(`{"cdr_token":"` + uid + `","kwh":{"uid":"` + uid + `"},"charging_periods":["` + uid + `"]}`)},
		"misspelt":  {Version: ocpi.V221, Module: ocpi.Sessions, Class: "CdrToken", ID: "S3", Body: []byte(`{"contractId":"` + contract + `","u_id":"` + uid + `"}`)},
		"published": {Version: ocpi.V221, Module: ocpi.Locations, Class: "Location", ID: "L1", Body: []byte(`{"publish_allowed_to":[{"uid":"` + uid + long + `"}]}`)},
	}
	synctest.Test(t, func(t *testing.T) {
		d := open(t, newStore())
		d.run(t)
		defer d.stop()
		for name, o := range bodies {
			o.Owner = cpo
			d.Inspect(o)
			time.Sleep(time.Second)
			synctest.Wait()
			if len(d.rows(quality.Query{Module: o.Module})) == 0 {
				t.Errorf("%s: nothing was found", name)
			}
		}
		all := fmt.Sprintf("%+v", d.rows(quality.Query{}))
		for _, secret := range []string{uid, contract, uid[2:], contract[4:]} {
			if i := strings.Index(all, secret); i >= 0 {
				t.Errorf("%s is shown: %s", secret, all[max(0, i-200):i+40])
			}
		}
	})
}

func TestExamplesAreShortAndPrintable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, newStore())
		d.run(t)
		defer d.stop()
		o := quality.Object{Version: ocpi.V221, Owner: cpo, Module: ocpi.Locations, Class: "Location", ID: strings.Repeat("é", 500), Partial: true, Body: []byte(
			`{"name":"` + strings.Repeat("é", 300) + `","city":"a` + "\u202e\u009b" + strings.Repeat("x", 100) + `","coordinates":"x","last_updated":"1999-01-01T00:00:00Z"}`)}
		d.Inspect(o)
		synctest.Wait()
		for _, r := range d.rows(quality.Query{}) {
			for _, text := range []string{r.Example.ObjectID, r.Example.Pointer, r.Example.Value} {
				if len(text) > 210 || strings.ContainsAny(text, "\u202e\u009b") || !strings.HasPrefix(strings.ToValidUTF8(text, "!"), text) {
					t.Errorf("%s: %q", r.Field, text)
				}
			}
		}
	})
}

func FuzzAnyBodyCanBeInspected(f *testing.F) {
	f.Add("Location", "LOC1", []byte(`{"evses":[{"uid":1}],"name":"\u0000"}`))
	f.Add("Token", "1", []byte(`{"uid":{}}`))
	f.Add("Connector", "", []byte(`[`))
	f.Fuzz(func(t *testing.T, class, id string, body []byte) {
		d := open(t, newStore())
		d.Inspect(quality.Object{Version: ocpi.V221, Owner: cpo, Module: ocpi.Locations, Class: class, ID: id, Body: body})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := d.Run(ctx); err != nil { // looks at what waits, and ends
			t.Fatal(err)
		}
		for _, r := range d.rows(quality.Query{}) {
			if len(r.Example.Value) > 70 || len(r.Field) > 200 {
				t.Errorf("%+v", r)
			}
		}
	})
}

package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// objectTests are on whole objects.
var objectTests = []test{
	{"a location comes out as it went in, however its EVSEs are written", func(b *bench) {
		for i, evses := range []string{`"evses":null`, `"evses":[]`, `"y":[]`, `"evses":[{"uid":"A"},{"uid":"a"}]`, `"evses":[{}]`, `"evses":[{"uid":"A"}]`} {
			id := fmt.Sprint("L", i)
			body := `{"id":"` + id + `",` + evses + `,"last_updated":"` + at(0) + `"}`
			b.apply(loc(abc, id), whole, catalog.Put, body)
			b.wantBody(loc(abc, id), whole, body)
		}
	}},
	{"changes that come together are made as if they came one by one", func(b *bench) {
		change := func(k catalog.Key, op catalog.Op, body string) catalog.Change {
			return catalog.Change{Key: k, Op: op, Body: []byte(body), At: now}
		}
		next := `{"id":"l1","n":2}`
		done := b.ApplyAll(b.Context(), []catalog.Change{
			change(loc(abc, "L1"), catalog.Put, `{"id":"L1","n":1}`),
			change(loc(abc, "L2"), catalog.Patch, `{"n":2}`),
			change(to(emsp, tariff(xyz, "T1")), catalog.Put, `{"id":"T1"}`),
			change(loc(abc, "l1"), catalog.Put, next),
		})
		want := []catalog.Outcome{catalog.Created, "", catalog.Created, catalog.Updated}
		for i, d := range done {
			if d.Outcome != want[i] || (d.Err != nil) != errors.Is(d.Err, catalog.ErrUnknown) || (d.Err != nil) != (i == 1) {
				b.Errorf("change %d: got %q, %v", i, d.Outcome, d.Err)
			}
		}
		b.wantBody(loc(abc, "L1"), whole, next)
		b.wantGone(loc(abc, "L2"), whole)
		b.wantBody(to(emsp, tariff(xyz, "T1")), whole, `{"id":"T1"}`)
	}},
	{"H-203 ids are compared without regard to case and kept as they were written", func(b *bench) {
		b.apply(loc(abc, "Loc1"), whole, catalog.Put, location("Loc1", 0))
		b.wantOutcome(b.apply(loc(abc, "LOC1"), whole, catalog.Put, location("Loc1", 1)), catalog.Updated)
		o, err := b.Get(b.Context(), loc(abc, "loc1"), whole)
		if err != nil || o.Key.ID != "Loc1" {
			b.Errorf("got %v, %v", o.Key, err)
		}
	}},
	{"H-163 a token is told by uid and type", func(b *bench) {
		k := func(uid, kind string) catalog.Key {
			return catalog.Key{Module: ocpi.Tokens, Owner: emsp, ID: catalog.TokenID(uid, kind)}
		}
		b.apply(k("abc", "RFID"), whole, catalog.Put, `{"uid":"abc"}`)
		b.wantGone(k("abc", "APP_USER"), whole)
		b.wantBody(k("ABC", ""), whole, `{"uid":"abc"}`)
	}},
	{"H-140 a PUT replaces the whole object", func(b *bench) {
		b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 0, evse("E1", "AVAILABLE", 0)))
		next := `{"id":"L1","last_updated":"` + at(1) + `"}`
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Put, next), catalog.Updated)
		b.wantBody(loc(abc, "L1"), whole, next)
		b.wantGone(loc(abc, "L1"), e1)
	}},
	{"H-218 an older push changes nothing", func(b *bench) {
		body := location("L1", 5, evse("E1", "AVAILABLE", 5))
		b.apply(loc(abc, "L1"), whole, catalog.Put, body)
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Put, location("L1", 4)), catalog.Stale)
		b.wantOutcome(b.apply(loc(abc, "L1"), whole, catalog.Patch, `{"name":"x","last_updated":"`+at(4)+`"}`), catalog.Stale)
		b.wantOutcome(b.apply(loc(abc, "L1"), e1, catalog.Patch, `{"status":"X","last_updated":"`+at(4)+`"}`), catalog.Stale)
		b.wantOutcome(b.apply(loc(abc, "L1"), c1, catalog.Patch, `{"power":2,"last_updated":"`+at(4)+`"}`), catalog.Stale)
		b.wantBody(loc(abc, "L1"), whole, body)
	}},
	{"what was read from a list does not win over what was stored while the list was under way, unless it is newer", func(b *bench) {
		read := func(k catalog.Key, body string, asked time.Duration) catalog.Outcome {
			out, err := b.Apply(b.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: []byte(body), At: now, Asked: now.Add(asked)})
			if err != nil {
				b.Error(err)
			}
			return out
		}
		same := func(name string) string { return `{"id":"T1","name":"` + name + `","last_updated":"` + at(1) + `"}` }
		b.apply(tariff(abc, "T1"), whole, catalog.Put, same("pushed"))
		b.wantOutcome(read(tariff(abc, "T1"), same("listed"), 0), catalog.Stale)
		b.wantOutcome(read(tariff(abc, "T1"), same("listed"), -time.Second), catalog.Stale)
		b.wantBody(tariff(abc, "T1"), whole, same("pushed"))
		b.wantOutcome(read(tariff(abc, "T1"), same("listed"), time.Second), catalog.Updated)
		b.wantOutcome(read(tariff(abc, "T1"), `{"id":"T1","last_updated":"`+at(2)+`"}`, 0), catalog.Updated)
		b.wantOutcome(b.apply(tariff(abc, "T1"), whole, catalog.Delete, ""), catalog.Updated)
		b.wantOutcome(read(tariff(abc, "T1"), `{"id":"T1","last_updated":"`+at(3)+`"}`, 0), catalog.Stale)
		b.wantGone(tariff(abc, "T1"), whole)
		b.wantOutcome(read(tariff(abc, "T1"), same("listed"), time.Second), catalog.Created)
		b.wantOutcome(read(tariff(abc, "T2"), `{"id":"T2"}`, 0), catalog.Created)
	}},
	{"an id of any length and with any byte is kept", func(b *bench) {
		for _, id := range []string{strings.Repeat("x", 100_000), "a\x00b", "a/b #%*+", "é"} {
			body := `{"last_updated":"` + at(0) + `","evses":[{"uid":"` + strings.ReplaceAll(id, "\x00", "0") + `"}]}`
			b.apply(loc(abc, id), whole, catalog.Put, body)
			b.wantBody(loc(abc, id), whole, body)
		}
	}},
	{"changes of many objects and of one object at once are all kept", func(b *bench) {
		b.apply(loc(abc, "L"), whole, catalog.Put, location("L", 0))
		b.concurrently(40, func(i int) {
			id := fmt.Sprint("E", i)
			b.apply(loc(abc, "L"), catalog.Part{EVSE: id}, catalog.Put, evse(id, "AVAILABLE", i))
			b.apply(loc(xyz, id), whole, catalog.Put, location(id, 0))
			if _, err := b.List(b.Context(), all(emsp)); err != nil {
				b.Error(err)
			}
		})
		for i := range 40 {
			id := fmt.Sprint("E", i)
			b.wantBody(loc(abc, "L"), catalog.Part{EVSE: id}, evse(id, "AVAILABLE", i))
		}
		ids, _ := b.crawl(all(emsp), nil)
		if len(ids) != 41 {
			b.Errorf("%d objects are listed, want 41", len(ids))
		}
	}},
	{"an object comes out as it went in, byte by byte", func(b *bench) {
		pretty := strings.NewReplacer("{", "{\n  ", ",", " ,\n\t", "}", "\r\n}", "[", "[ ", "]", "\n]").
			Replace(location("L2", 0, evse("E1", "AVAILABLE", 0), evse("E2", "BLOCKED", 0)))
		for i, body := range []string{location("L1", 0, evse("E1", "AVAILABLE", 0), evse("E2", "BLOCKED", 0)), pretty} {
			k := loc(abc, fmt.Sprint("L", i))
			b.wantOutcome(b.apply(k, whole, catalog.Put, body), catalog.Created)
			b.wantBody(k, whole, body)
			b.wantOutcome(b.apply(k, whole, catalog.Put, body), catalog.Unchanged)
		}
	}},
	{"what goes in and what comes out is nobody else's", func(b *bench) {
		body := []byte(location("L1", 0))
		if _, err := b.Apply(b.Context(), catalog.Change{Key: loc(abc, "L1"), Op: catalog.Put, Body: body, At: now}); err != nil {
			b.Fatal(err)
		}
		clear(body)
		o, err := b.Get(b.Context(), loc(abc, "L1"), whole)
		if err != nil {
			b.Fatal(err)
		}
		clear(o.Body)
		b.wantBody(loc(abc, "L1"), whole, location("L1", 0))
	}},
	{"a push of the same time, or without a readable time, is applied", func(b *bench) {
		k := tariff(abc, "T1")
		for i, lastUpdated := range []string{at(5), at(5), "", "yesterday", at(1)} {
			body := fmt.Sprintf(`{"id":"T1","n":%d,"last_updated":%q}`, i, lastUpdated)
			b.apply(k, whole, catalog.Put, body)
			b.wantBody(k, whole, body)
		}
	}},
	{"of a CDR that comes twice the newest stays", func(b *bench) {
		k := catalog.Key{Module: ocpi.CDRs, Owner: abc, Audience: emsp, ID: "C1"}
		body := func(minute int) string { return fmt.Sprintf(`{"id":"C1","last_updated":%q}`, at(minute)) }
		b.wantOutcome(b.apply(k, whole, catalog.Put, body(3)), catalog.Created)
		b.wantOutcome(b.apply(k, whole, catalog.Put, body(5)), catalog.Updated)
		b.wantOutcome(b.apply(k, whole, catalog.Put, body(4)), catalog.Stale)
		b.wantBody(k, whole, body(5))
	}},
	{"nothing is done for who has given up", func(b *bench) {
		ctx, cancel := context.WithCancel(b.Context())
		cancel()
		_, applied := b.Apply(ctx, catalog.Change{Key: loc(abc, "L1"), Op: catalog.Put, Body: []byte(`{}`), At: now})
		_, got := b.Get(ctx, loc(abc, "L1"), whole)
		_, listed := b.List(ctx, all(emsp))
		_, owned := b.Owners(ctx, ocpi.Locations, "L1", emsp)
		_, counted := b.Stats(ctx)
		changed := b.Changed(ctx, now, func(catalog.Key) bool { return true })
		for i, err := range []error{applied, got, listed, owned, counted, changed} {
			if !errors.Is(err, context.Canceled) {
				b.Errorf("call %d: %v, want context.Canceled", i, err)
			}
		}
		b.wantGone(loc(abc, "L1"), whole)
	}},
	{"changes of one object at once are made one after the other, each once", func(b *bench) {
		k := catalog.Key{Module: ocpi.Sessions, Owner: abc, Audience: emsp, ID: "S1"}
		b.apply(k, whole, catalog.Put, `{"id":"S1"}`)
		b.concurrently(40, func(i int) {
			b.apply(k, whole, catalog.Patch, fmt.Sprintf(`{"charging_periods":[{"n":%d}]}`, i))
			b.wantUnknown(to(eco, k), whole, catalog.Patch, `{}`)
		})
		o, err := b.Get(b.Context(), k, whole)
		if err != nil {
			b.Fatal(err)
		}
		for i := range 40 {
			if n := strings.Count(string(o.Body), fmt.Sprintf(`{"n":%d}`, i)); n != 1 {
				b.Errorf("charging period %d is there %d times", i, n)
			}
		}
	}},
}

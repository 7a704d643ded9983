package catalogtest

import (
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// versionTests are on the version that objects are written in.
var versionTests = []test{
	{"an object keeps the version that it was put in, and so do its parts", func(b *bench) {
		b.put(loc(abc, "L1"), ocpi.V230, location("L1", 0, evse("E1", "AVAILABLE", 0)), catalog.Created)
		b.apply(loc(abc, "L1"), e1, catalog.Patch, `{"status":"CHARGING","last_updated":"`+at(1)+`"}`)
		b.apply(loc(abc, "L1"), whole, catalog.Patch, `{"name":"x","last_updated":"`+at(2)+`"}`)
		b.wantVersion(loc(abc, "L1"), whole, ocpi.V230)
		b.wantVersion(loc(abc, "L1"), e1, ocpi.V230)
		b.wantVersion(loc(abc, "L1"), c1, ocpi.V230)
	}},
	{"a page tells the version of each object", func(b *bench) {
		b.put(tariff(abc, "T1"), ocpi.V211, `{"id":"T1"}`, catalog.Created)
		b.put(tariff(abc, "T2"), "", `{"id":"T2"}`, catalog.Created)
		b.put(to(emsp, tariff(abc, "T3")), ocpi.V230, `{"id":"T3"}`, catalog.Created)
		page, err := b.List(b.Context(), catalog.Query{Module: ocpi.Tariffs, Reader: emsp, Limit: 9})
		if err != nil || len(page.Objects) != 3 {
			b.Fatalf("%v, %v", page, err)
		}
		for i, want := range []ocpi.Version{ocpi.V211, ocpi.V221, ocpi.V230} {
			if got := page.Objects[i].Version; got != want {
				b.Errorf("%s is of %s, want %s", page.Objects[i].Key.ID, got, want)
			}
		}
	}},
	{"a put in another version is a change, though the bytes are the same", func(b *bench) {
		b.put(tariff(abc, "T1"), ocpi.V221, `{"id":"T1"}`, catalog.Created)
		b.put(tariff(abc, "T1"), ocpi.V221, `{"id":"T1"}`, catalog.Unchanged)
		b.put(tariff(abc, "T1"), ocpi.V230, `{"id":"T1"}`, catalog.Updated)
		b.put(tariff(abc, "T1"), ocpi.V230, `{"id":"T1"}`, catalog.Unchanged)
		b.wantVersion(tariff(abc, "T1"), whole, ocpi.V230)
	}},
	{"an object that is put again after it was deleted is of its new version", func(b *bench) {
		b.put(tariff(abc, "T1"), ocpi.V230, `{"id":"T1"}`, catalog.Created)
		b.apply(tariff(abc, "T1"), whole, catalog.Delete, "")
		b.put(tariff(abc, "T1"), ocpi.V221, `{"id":"T1"}`, catalog.Created)
		b.wantVersion(tariff(abc, "T1"), whole, ocpi.V221)
	}},
}

// put puts a whole object in a version.
func (b *bench) put(k catalog.Key, v ocpi.Version, body string, want catalog.Outcome) {
	b.Helper()
	out, err := b.Apply(b.Context(), catalog.Change{Key: k, Op: catalog.Put, Version: v, Body: []byte(body), At: now})
	if err != nil {
		b.Fatal(err)
	}
	b.wantOutcome(out, want)
}

func (b *bench) wantVersion(k catalog.Key, part catalog.Part, want ocpi.Version) {
	b.Helper()
	o, err := b.Get(b.Context(), k, part)
	if err != nil {
		b.Fatal(err)
	}
	if o.Version != want {
		b.Errorf("%v %v is of version %s, want %s", k, part, o.Version, want)
	}
}

// versionsInTransit are on the version of what is on its way to its party.
var versionsInTransit = []personalTest{
	{"what was on its way keeps its version", func(p *personal) {
		for id, v := range map[string]ocpi.Version{"C1": ocpi.V211, "C2": ocpi.V221, "C3": ocpi.V230} {
			k := own(ocpi.CDRs, id)
			t, err := p.store.Announce(p.Context(), catalog.Change{Key: k, Op: catalog.Put, Version: v, Body: []byte(cdr(id, 0)), At: now})
			if err != nil {
				p.Fatal(err)
			}
			p.settle(t, catalog.Missed, catalog.Created)
			p.wantVersion(k, whole, v)
			p.wantBody(k, whole, cdr(id, 0))
		}
	}},
}

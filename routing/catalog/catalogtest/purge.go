package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// stored applies an object so many hours into the test's day.
func (p *personal) stored(k catalog.Key, hour int) {
	p.Helper()
	_, err := p.Apply(p.Context(), catalog.Change{
		Key: k, Op: catalog.Put, Body: []byte(cdr(k.ID, hour)), At: now.Add(time.Duration(hour) * time.Hour),
	})
	if err != nil {
		p.Errorf("%v: %v", k, err)
	}
}

// purge removes what was stored before the second hour.
func (p *personal) purge(m ocpi.ModuleID, want int) {
	p.Helper()
	n, err := p.store.Purge(p.Context(), m, hour2)
	if err != nil || n != want {
		p.Errorf("%d were removed, %v; want %d", n, err, want)
	}
}

// hour2 is two hours into the test's day.
var hour2 = now.Add(2 * time.Hour)

var purgeTests = []personalTest{
	{"H-211 what was stored before a time is removed without a trace, all else stays", func(p *personal) {
		other := to(eco, own(ocpi.CDRs, "C9"))
		all := own(ocpi.CDRs, "C8")
		all.Audience = catalog.Everyone
		for _, k := range []catalog.Key{own(ocpi.CDRs, "C1"), own(ocpi.Sessions, "C1"), other, all} {
			p.stored(k, 1)
		}
		p.stored(own(ocpi.CDRs, "C2"), 2)
		p.purge(ocpi.CDRs, 2)
		p.wantGone(own(ocpi.CDRs, "C1"), whole)
		p.wantGone(other, whole)
		p.wantOwners(ocpi.CDRs, "C1", emsp)
		p.wantIDs(listOf(ocpi.CDRs), "ABC/C8", "ABC/C2")
		p.wantIDs(listOf(ocpi.Sessions), "ABC/C1")
		p.purge(ocpi.CDRs, 0)
	}},
	{"what changed since stays", func(p *personal) {
		k := own(ocpi.Sessions, "S1")
		p.stored(k, 1)
		p.stored(k, 3)
		p.purge(ocpi.Sessions, 0)
		p.wantBody(k, whole, cdr("S1", 3))
	}},
	{"what comes again after it was removed is new, and the last in the list", func(p *personal) {
		p.stored(own(ocpi.CDRs, "C1"), 1)
		p.stored(own(ocpi.CDRs, "C2"), 2)
		p.purge(ocpi.CDRs, 1)
		p.stored(own(ocpi.CDRs, "C1"), 3)
		p.wantIDs(listOf(ocpi.CDRs), "ABC/C2", "ABC/C1")
	}},
	{"a crawl by cursor skips and doubles nothing that stays", func(p *personal) {
		var want []string
		for i := range 9 {
			p.stored(own(ocpi.CDRs, fmt.Sprint("C", i)), 1+i%2)
			if i < 2 || i%2 == 1 {
				want = append(want, fmt.Sprint("ABC/C", i))
			}
		}
		ids, _ := p.crawl(listOf(ocpi.CDRs), func(page int) {
			if page == 1 {
				p.purge(ocpi.CDRs, 5) // those before the cursor as well
			}
		})
		if fmt.Sprint(ids) != fmt.Sprint(want) {
			p.Errorf("the crawl met %v, want %v", ids, want)
		}
	}},
	{"a copy for everyone keeps its place when the one for a party is removed", func(p *personal) {
		everyones := own(ocpi.CDRs, "C1")
		everyones.Audience = catalog.Everyone
		p.stored(own(ocpi.CDRs, "C1"), 1)
		p.stored(everyones, 2)
		p.stored(own(ocpi.CDRs, "C2"), 2)
		p.purge(ocpi.CDRs, 1)
		p.wantIDs(listOf(ocpi.CDRs), "ABC/C1", "ABC/C2")
	}},
	{"many are removed in steps, and a removal that is stopped goes on later", func(p *personal) {
		const n = 300
		p.concurrently(n, func(i int) { p.stored(own(ocpi.CDRs, fmt.Sprint("C", i)), 1) })
		ctx, cancel := context.WithCancel(p.Context())
		cancel()
		if _, err := p.store.Purge(ctx, ocpi.CDRs, hour2); !errors.Is(err, context.Canceled) {
			p.Errorf("a removal that is stopped: %v", err)
		}
		p.purge(ocpi.CDRs, n)
		p.wantIDs(listOf(ocpi.CDRs))
	}},
}

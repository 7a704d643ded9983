package catalogtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Personal is a store of what concerns one driver: sessions and CDRs.
type Personal interface {
	catalog.Store
	catalog.Transit
	catalog.Purger
}

// RunPersonal judges how a store keeps sessions and CDRs; open returns an empty
// one.
func RunPersonal(t *testing.T, open func(t *testing.T) Personal) {
	for _, test := range slices.Concat(transitTests, versionsInTransit, purgeTests) {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			test.run(&personal{bench{t, s}, s})
		})
	}
}

type personalTest struct {
	name string
	run  func(*personal)
}

type personal struct {
	bench
	store Personal
}

// own is an object of a CPO for one eMSP.
func own(m ocpi.ModuleID, id string) catalog.Key {
	return catalog.Key{Module: m, Owner: abc, Audience: emsp, ID: id}
}

func listOf(m ocpi.ModuleID) catalog.Query {
	return catalog.Query{Module: m, Reader: emsp, Limit: 2}
}

func cdr(id string, minute int) string {
	return fmt.Sprintf(`{"id":%q,"total_energy":1.50,"last_updated":%q}`, id, at(minute))
}

func (p *personal) announce(k catalog.Key, op catalog.Op, body string) catalog.Ticket {
	p.Helper()
	t, err := p.store.Announce(p.Context(), catalog.Change{Key: k, Op: op, Body: []byte(body), At: now})
	if err != nil || t == 0 {
		p.Errorf("announce %v: ticket %d, %v", k, t, err)
	}
	return t
}

func (p *personal) settle(t catalog.Ticket, f catalog.Fate, want catalog.Outcome) {
	p.Helper()
	got, err := p.store.Settle(p.Context(), t, f)
	if err != nil {
		p.Errorf("settle %d: %v", t, err)
	}
	p.wantOutcome(got, want)
}

// send announces a change and settles it.
func (p *personal) send(k catalog.Key, op catalog.Op, body string, f catalog.Fate) {
	p.Helper()
	if _, err := p.store.Settle(p.Context(), p.announce(k, op, body), f); err != nil {
		p.Errorf("%s %v: %v", op, k, err)
	}
}

func (p *personal) wantOpen(want ...catalog.Ticket) {
	p.Helper()
	got, err := p.store.Announced(p.Context(), time.Time{})
	if err != nil || !slices.Equal(got, want) {
		p.Errorf("the open tickets are %v, %v; want %v", got, err, want)
	}
}

var transitTests = []personalTest{
	{"what is announced shows in no read", func(p *personal) {
		k := own(ocpi.CDRs, "C1")
		t := p.announce(k, catalog.Put, cdr("C1", 0))
		p.wantGone(k, whole)
		p.wantIDs(listOf(ocpi.CDRs))
		p.wantOwners(ocpi.CDRs, "C1", emsp)
		p.wantOpen(t)
	}},
	{"what was taken is listed, byte by byte as it came", func(p *personal) {
		k := own(ocpi.CDRs, "C1")
		p.settle(p.announce(k, catalog.Put, cdr("C1", 0)), catalog.Taken, catalog.Created)
		p.wantBody(k, whole, cdr("C1", 0))
		p.wantIDs(listOf(ocpi.CDRs), "ABC/C1")
		p.wantOpen()
	}},
	{"what was refused leaves nothing", func(p *personal) {
		k := own(ocpi.CDRs, "C1")
		p.settle(p.announce(k, catalog.Put, cdr("C1", 0)), catalog.Refused, catalog.Unchanged)
		p.wantGone(k, whole)
		p.wantIDs(listOf(ocpi.CDRs))
		p.wantOpen()
	}},
	{"H-199 what was missed is there to be fetched", func(p *personal) {
		p.settle(p.announce(own(ocpi.CDRs, "C1"), catalog.Put, cdr("C1", 0)), catalog.Missed, catalog.Created)
		p.wantIDs(listOf(ocpi.CDRs), "ABC/C1")
	}},
	{"what was missed and then refused goes", func(p *personal) {
		k := own(ocpi.CDRs, "C1")
		p.send(k, catalog.Put, cdr("C1", 0), catalog.Missed)
		p.send(k, catalog.Put, cdr("C1", 0), catalog.Missed)
		p.settle(p.announce(k, catalog.Put, cdr("C1", 0)), catalog.Refused, catalog.Updated)
		p.wantGone(k, whole)
		p.wantIDs(listOf(ocpi.CDRs))
		p.wantOwners(ocpi.CDRs, "C1", emsp)
	}},
	{"what was taken once stays, whatever is refused later", func(p *personal) {
		for i, first := range [][]catalog.Fate{{catalog.Taken}, {catalog.Missed, catalog.Taken}, {catalog.Taken, catalog.Missed}} {
			k := own(ocpi.CDRs, fmt.Sprint("C", i))
			for _, f := range first {
				p.send(k, catalog.Put, cdr(k.ID, 0), f)
			}
			p.settle(p.announce(k, catalog.Put, cdr(k.ID, 1)), catalog.Refused, catalog.Unchanged)
			p.wantBody(k, whole, cdr(k.ID, 0))
		}
	}},
	{"a refused PATCH takes nothing away", func(p *personal) {
		k := own(ocpi.Sessions, "S1")
		p.send(k, catalog.Put, cdr("S1", 0), catalog.Missed)
		p.settle(p.announce(k, catalog.Patch, `{"total_energy":2}`), catalog.Refused, catalog.Unchanged)
		p.wantBody(k, whole, cdr("S1", 0))
	}},
	{"a PATCH of what is not held is unknown, and its ticket is gone", func(p *personal) {
		t := p.announce(own(ocpi.Sessions, "S1"), catalog.Patch, `{"kwh":1}`)
		for range 2 {
			if _, err := p.store.Settle(p.Context(), t, catalog.Taken); !errors.Is(err, catalog.ErrUnknown) {
				p.Errorf("got %v, want ErrUnknown", err)
			}
		}
		p.wantOpen()
	}},
	{"H-144 charging periods are appended once, though their PATCH is repeated after it was missed", func(p *personal) {
		k := own(ocpi.Sessions, "S1")
		p.send(k, catalog.Put, `{"charging_periods":[1],"last_updated":"`+at(0)+`"}`, catalog.Taken)
		patch := `{"charging_periods":[2],"last_updated":"` + at(1) + `"}`
		p.send(k, catalog.Patch, patch, catalog.Missed)
		p.send(k, catalog.Patch, patch, catalog.Taken)
		p.wantBody(k, whole, `{"charging_periods":[1,2],"last_updated":"`+at(1)+`"}`)
		p.send(k, catalog.Put, `{"charging_periods":[3],"last_updated":"`+at(2)+`"}`, catalog.Taken)
		p.wantBody(k, whole, `{"charging_periods":[3],"last_updated":"`+at(2)+`"}`)
	}},
	{"open tickets are listed oldest first", func(p *personal) {
		a := p.announce(own(ocpi.CDRs, "C1"), catalog.Put, cdr("C1", 0))
		b := p.announce(own(ocpi.CDRs, "C1"), catalog.Put, cdr("C1", 0))
		c := p.announce(own(ocpi.Sessions, "S1"), catalog.Put, cdr("S1", 0))
		p.wantOpen(a, b, c)
		p.settle(b, catalog.Taken, catalog.Created)
		p.wantOpen(a, c)
		p.settle(a, catalog.Missed, catalog.Unchanged)
		p.settle(p.announce(own(ocpi.CDRs, "C1"), catalog.Put, cdr("C1", 0)), catalog.Refused, catalog.Unchanged)
		p.wantIDs(listOf(ocpi.CDRs), "ABC/C1")
	}},
	{"who asks for what was announced before a time is told of no other", func(p *personal) {
		var tickets []catalog.Ticket
		for i, minute := range []int{1, 3, 2} {
			k := own(ocpi.CDRs, fmt.Sprint("C", i))
			at := now.Add(time.Duration(minute) * time.Minute)
			t, err := p.store.Announce(p.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: []byte(cdr(k.ID, 0)), At: at})
			if err != nil {
				p.Fatal(err)
			}
			tickets = append(tickets, t)
		}
		for minute, want := range [][]catalog.Ticket{nil, nil, {tickets[0]}, {tickets[0], tickets[2]}, {tickets[0], tickets[2], tickets[1]}} {
			got, err := p.store.Announced(p.Context(), now.Add(time.Duration(minute)*time.Minute))
			if err != nil || !slices.Equal(got, want) {
				p.Errorf("announced before minute %d: %v, %v; want %v", minute, got, err, want)
			}
		}
		p.wantOpen(tickets[0], tickets[2], tickets[1])
	}},
	{"changes in transit at once are all kept, each once", func(p *personal) {
		p.concurrently(32, func(i int) {
			k := own(ocpi.CDRs, fmt.Sprint("C", i/2))
			p.send(k, catalog.Put, cdr(k.ID, 0), catalog.Fate(1+i%2)) // one taken and one missed
		})
		p.wantOpen()
		ids, _ := p.crawl(listOf(ocpi.CDRs), nil)
		slices.Sort(ids)
		if len(ids) != 16 || len(slices.Compact(ids)) != 16 {
			p.Errorf("the list is %v", ids)
		}
	}},
}

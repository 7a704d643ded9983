// Package catalogtest judges implementations of catalog.Store.
package catalogtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Run judges a store; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) catalog.Store) {
	for _, test := range slices.Concat(objectTests, partTests, listTests, versionTests, acrossTests, contractTests) {
		t.Run(test.name, func(t *testing.T) { test.run(&bench{t, open(t)}) })
	}
	t.Run("any changes leave what a naive catalog would hold", func(t *testing.T) { likeTheModel(t, open(t)) })
	t.Run("a crawl skips and doubles nothing, whatever changes meanwhile", func(t *testing.T) { crawlWhileChanging(t, open(t)) })
}

type test struct {
	name string
	run  func(*bench)
}

// bench is a store under test.
type bench struct {
	*testing.T
	catalog.Store
}

var (
	abc  = ocpi.NewPartyID("DE", "ABC")
	ned  = ocpi.NewPartyID("DE", "NED")
	xyz  = ocpi.NewPartyID("DE", "XYZ")
	emsp = ocpi.NewPartyID("NL", "TNM")
	eco  = ocpi.NewPartyID("BE", "ECO")
	now  = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

	whole = catalog.Part{}
	e1    = catalog.Part{EVSE: "E1"}
	c1    = catalog.Part{EVSE: "E1", Connector: "1"}
)

func tariff(owner ocpi.PartyID, id string) catalog.Key {
	return catalog.Key{Module: ocpi.Tariffs, Owner: owner, ID: id}
}

// to is the object with the same id that is for one party.
func to(audience ocpi.PartyID, k catalog.Key) catalog.Key {
	k.Audience = audience
	return k
}

func loc(owner ocpi.PartyID, id string) catalog.Key {
	return catalog.Key{Module: ocpi.Locations, Owner: owner, ID: id}
}

func bookable(id string) catalog.Key {
	return catalog.Key{Module: ocpi.Bookings, Owner: abc, ID: id}
}

// at is a DateTime so many minutes into the test's day.
func at(minute int) string { return ocpi.FormatDateTime(now.Add(time.Duration(minute) * time.Minute)) }

func location(id string, minute int, evses ...string) string {
	return fmt.Sprintf(`{ "id":%q,"last_updated":%q, "x":1.10,"evses" : [%s],"name":"n\u00e9" }`, id, at(minute), strings.Join(evses, ","))
}

func evse(uid, status string, minute int) string {
	return fmt.Sprintf(`{"uid":%q,"status":%q,"connectors":[{"id":"1","power":1e3,"last_updated":%q}],"last_updated":%q}`, uid, status, at(minute), at(minute))
}

func (b *bench) apply(k catalog.Key, part catalog.Part, op catalog.Op, body string) catalog.Outcome {
	b.Helper()
	out, err := b.Apply(b.Context(), catalog.Change{Key: k, Part: part, Op: op, Body: []byte(body), At: now})
	if err != nil {
		b.Errorf("%s %v %v: %v", op, k, part, err) // called beside the test, too
	}
	return out
}

func (b *bench) wantOutcome(got, want catalog.Outcome) {
	b.Helper()
	if got != want {
		b.Errorf("outcome is %s, want %s", got, want)
	}
}

func (b *bench) wantUnknown(k catalog.Key, part catalog.Part, op catalog.Op, body string) {
	b.Helper()
	out, err := b.Apply(b.Context(), catalog.Change{Key: k, Part: part, Op: op, Body: []byte(body), At: now})
	if !errors.Is(err, catalog.ErrUnknown) {
		b.Errorf("%s %v: got %s, %v; want ErrUnknown", op, k, out, err)
	}
}

func (b *bench) wantBody(k catalog.Key, part catalog.Part, want string) {
	b.Helper()
	o, err := b.Get(b.Context(), k, part)
	if err != nil {
		b.Fatalf("get %v %v: %v", k, part, err)
	}
	if string(o.Body) != want {
		b.Errorf("%v %v is\n%s\nwant\n%s", k, part, o.Body, want)
	}
}

func (b *bench) wantGone(k catalog.Key, part catalog.Part) {
	b.Helper()
	if o, err := b.Get(b.Context(), k, part); !errors.Is(err, catalog.ErrUnknown) {
		b.Errorf("get %v %v: %s, %v; want ErrUnknown", k, part, o.Body, err)
	}
}

func (b *bench) wantOwners(m ocpi.ModuleID, id string, reader ocpi.PartyID, want ...catalog.Key) {
	b.Helper()
	got, err := b.Owners(b.Context(), m, id, reader)
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		b.Errorf("who holds %s of %s for %s: (-want +got)\n%s", id, m, reader, diff)
	}
}

// crawl reads a list to its end, calling between before each further page.
func (b *bench) crawl(q catalog.Query, between func(page int)) (ids []string, totals []int) {
	b.Helper()
	for page := 0; ; page++ {
		if page > 0 && between != nil {
			between(page)
		}
		p, err := b.List(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		for _, o := range p.Objects {
			ids = append(ids, o.Key.Owner.ID+"/"+o.Key.ID)
		}
		totals = append(totals, p.Total)
		if p.Next == "" {
			return ids, totals
		}
		q.Cursor = p.Next
	}
}

func (b *bench) wantIDs(q catalog.Query, want ...string) {
	b.Helper()
	got, totals := b.crawl(q, nil)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		b.Errorf("the list is %v, want %v", got, want)
	}
	for page, total := range totals {
		if q.Offset == 0 && total != len(want) {
			b.Errorf("the total on page %d is %d, want %d", page, total, len(want))
		}
	}
}

func all(reader ocpi.PartyID) catalog.Query {
	return catalog.Query{Module: ocpi.Locations, Reader: reader, Limit: 2}
}

// concurrently runs n changes at once.
func (b *bench) concurrently(n int, change func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { change(i) })
	}
	group.Wait()
}

package catalogtest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// random makes changes of the few objects of two owners, who are new in each
// run so that one store serves them all.
type random struct {
	catalog.Store
	t      *testing.T
	owners []ocpi.PartyID
	model  model
	clock  time.Time
}

// runs counts the runs of a property.
type runs int

func (n *runs) next(t *testing.T, s catalog.Store) *random {
	*n++
	first, second := ocpi.NewPartyID("DE", fmt.Sprintf("A%d", *n)), ocpi.NewPartyID("DE", fmt.Sprintf("B%d", *n))
	return &random{s, t, []ocpi.PartyID{first, second}, model{}, now.Add(time.Duration(*n) * time.Hour)}
}

func (r *random) key(rt *rapid.T, module ocpi.ModuleID) catalog.Key {
	return catalog.Key{
		Module:   module,
		Owner:    rapid.SampledFrom(r.owners).Draw(rt, "owner"),
		Audience: rapid.SampledFrom([]ocpi.PartyID{catalog.Everyone, emsp, eco}).Draw(rt, "audience"),
		ID:       rapid.SampledFrom([]string{"a", "A", "b", "C"}).Draw(rt, "id"),
	}
}

var modules = []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.Sessions, ocpi.Tokens}

// change draws a change and makes it in the store and in the model.
func (r *random) change(rt *rapid.T) {
	k := r.key(rt, rapid.SampledFrom(modules).Draw(rt, "module"))
	op := rapid.SampledFrom([]catalog.Op{catalog.Put, catalog.Put, catalog.Patch, catalog.Delete}).Draw(rt, "op")
	var part catalog.Part
	if k.Module == ocpi.Locations && op != catalog.Delete {
		part = rapid.SampledFrom([]catalog.Part{whole, e1, {EVSE: "e2"}, c1, {EVSE: "e1", Connector: "2"}}).Draw(rt, "part")
	}
	r.apply(rt, k, part, op, drawBody(rt, k, part))
}

func (r *random) apply(rt *rapid.T, k catalog.Key, part catalog.Part, op catalog.Op, body string) {
	got, err := r.Apply(r.t.Context(), catalog.Change{Key: k, Part: part, Op: op, Body: []byte(body), At: r.clock})
	if err != nil && !errors.Is(err, catalog.ErrUnknown) {
		rt.Fatal(err)
	}
	want := r.model.apply(k, part, op, body)
	// The store compares bytes: the same members in another order are a change.
	if got != want && (got != catalog.Updated || want != catalog.Unchanged) {
		rt.Fatalf("%s %v %v %s: %q, want %q", op, k, part, body, got, want)
	}
}

func drawBody(rt *rapid.T, k catalog.Key, part catalog.Part) string {
	members := []string{fmt.Sprintf(`"v":%d`, rapid.IntRange(0, 2).Draw(rt, "v"))}
	if rapid.IntRange(0, 4).Draw(rt, "timed") > 0 {
		members = append(members, fmt.Sprintf(`"last_updated":%q`, at(rapid.IntRange(0, 5).Draw(rt, "minute"))))
	}
	switch {
	case part.Connector != "":
		members = append(members, fmt.Sprintf(`"id":%q`, part.Connector))
	case part.EVSE != "":
		members = append(members, fmt.Sprintf(`"uid":%q`, part.EVSE))
	case k.Module == ocpi.Locations:
		members = append(members, rapid.SampledFrom([]string{
			`"y":1`, `"evses":[]`, `"evses":null`, `"evses":[{"uid":"E1","connectors":[{"id":"1"}]},{"uid":"E2"}]`,
		}).Draw(rt, "evses"))
	case k.Module == ocpi.Tokens:
		members = append(members, rapid.SampledFrom([]string{`"y":1`, `"contract_id":"C1"`, `"contract_id":"c1"`, `"contract_id":"C2"`, `"contract_id":null`}).Draw(rt, "contract"))
	case k.Module == ocpi.Sessions:
		members = append(members, rapid.SampledFrom([]string{
			`"y":1`, `"charging_periods":[]`, `"charging_periods":[{"p":1}]`, `"charging_periods":[{"p":1},{"p":2}]`,
		}).Draw(rt, "periods"))
	}
	return "{" + strings.Join(rapid.Permutation(members).Draw(rt, "order"), ",") + "}"
}

func (r *random) query(module ocpi.ModuleID, reader ocpi.PartyID) catalog.Query {
	return catalog.Query{Module: module, Reader: reader, Limit: 2, Owners: func(p ocpi.PartyID) bool { return p == r.owners[0] || p == r.owners[1] }}
}

// line is what a list says of one object.
type line struct {
	Key  catalog.Key
	Body doc
}

func (r *random) crawl(rt *rapid.T, q catalog.Query, total int) (out []line) {
	for {
		page, err := r.List(r.t.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		if page.Total != total {
			rt.Fatalf("the total is %d, want %d", page.Total, total)
		}
		for _, o := range page.Objects {
			out = append(out, line{o.Key, decode(string(o.Body))})
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
}

// likeTheModel applies any changes and compares with the model.
func likeTheModel(t *testing.T, s catalog.Store) {
	var n runs
	rapid.Check(t, func(rt *rapid.T) {
		r := n.next(t, s)
		for range rapid.IntRange(1, 30).Draw(rt, "changes") {
			r.change(rt)
		}
		for _, o := range r.model.objects {
			r.compareObject(rt, o)
		}
		for _, reader := range []ocpi.PartyID{emsp, eco, abc} {
			r.compareContracts(rt, reader)
		}
		for _, module := range modules {
			for _, reader := range []ocpi.PartyID{emsp, eco, abc, {}} {
				r.compareList(rt, module, reader)
			}
		}
		r.compareChanged(rt)
	})
}

func (r *random) compareObject(rt *rapid.T, o *modelled) {
	got, err := r.Get(r.t.Context(), o.Key, whole)
	switch {
	case o.gone && errors.Is(err, catalog.ErrUnknown):
	case o.gone || err != nil:
		rt.Fatalf("get %v: %s, %v", o.Key, got.Body, err)
	default:
		if diff := cmp.Diff(line{o.Key, o.doc}, line{got.Key, decode(string(got.Body))}); diff != "" {
			rt.Fatalf("%v: (-want +got)\n%s", o.Key, diff)
		}
	}
}

func (r *random) compareList(rt *rapid.T, module ocpi.ModuleID, reader ocpi.PartyID) {
	q := r.query(module, reader)
	objects := r.model.list(module, reader)
	if rapid.Bool().Draw(rt, "dated") {
		q.From, q.To = now.Add(time.Minute), now.Add(3*time.Minute)
		var within []*modelled
		for _, o := range objects {
			if t, _ := o.doc["last_updated"].(string); t >= at(1) && t < at(3) {
				within = append(within, o)
			}
		}
		objects = within
	}
	q.Offset = rapid.IntRange(0, len(objects)).Draw(rt, "offset")
	var want []line
	for _, o := range objects[q.Offset:] {
		want = append(want, line{o.Key, o.doc})
	}
	if diff := cmp.Diff(want, r.crawl(rt, q, len(objects))); diff != "" {
		rt.Fatalf("%s for %s from %d: (-want +got)\n%s", module, reader, q.Offset, diff)
	}
}

// compareChanged expects every object for everyone of this run, gone or not.
func (r *random) compareChanged(rt *rapid.T) {
	want, got := map[catalog.Key]bool{}, map[catalog.Key]bool{}
	for _, o := range r.model.objects {
		if o.Audience == catalog.Everyone {
			want[o.Key] = true
		}
	}
	err := r.Changed(r.t.Context(), r.clock, func(k catalog.Key) bool {
		got[k] = true
		return true
	})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		rt.Fatalf("changed: %v (-want +got)\n%s", err, diff)
	}
}

package catalogtest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// crawlWhileChanging crawls tariffs, which can be deleted too, while they
// change.
func crawlWhileChanging(t *testing.T, s catalog.Store) {
	var n runs
	rapid.Check(t, func(rt *rapid.T) {
		r := n.next(t, s)
		for range rapid.IntRange(1, 12).Draw(rt, "before") {
			r.apply(rt, r.key(rt, ocpi.Tariffs), whole, catalog.Put, drawBody(rt, tariff(abc, "x"), whole))
		}
		staying := map[*modelled]bool{}
		for _, o := range r.model.objects {
			staying[o] = o.Audience != eco
		}
		met := r.crawlTariffs(rt)
		for o, stays := range staying {
			if stays && !o.gone && r.model.find(o.Key) == o && !met[naming(o.Key)] {
				rt.Fatalf("%v was skipped", o.Key)
			}
		}
	})
}

// naming is what tells an object to a reader, for whom twins are one.
func naming(k catalog.Key) string { return k.Owner.ID + "/" + strings.ToLower(k.ID) }

// crawlTariffs returns what a crawl meets. Nothing comes twice, but what was
// deleted and made again.
func (r *random) crawlTariffs(rt *rapid.T) map[string]bool {
	met, again := map[string]bool{}, map[string]bool{}
	q := r.query(ocpi.Tariffs, emsp)
	q.Limit = rapid.IntRange(1, 3).Draw(rt, "limit")
	for range 200 {
		page, err := r.List(r.t.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		for _, o := range page.Objects {
			if name := naming(o.Key); met[name] && !again[name] {
				rt.Fatalf("%v comes twice", o.Key)
			} else {
				met[name] = true
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return met
		}
		for range rapid.IntRange(0, 3).Draw(rt, "between") {
			r.disturb(rt, again)
		}
	}
	rt.Fatal("the crawl does not end")
	return nil
}

func (r *random) disturb(rt *rapid.T, again map[string]bool) {
	k := r.key(rt, ocpi.Tariffs)
	if rapid.IntRange(0, 2).Draw(rt, "delete") > 0 {
		r.apply(rt, k, whole, catalog.Put, drawBody(rt, k, whole))
		return
	}
	r.apply(rt, k, whole, catalog.Delete, "")
	// An own object that is deleted uncovers the one for everyone, a new one to
	// this reader; a deleted one may be made again.
	if o := r.model.find(k); k.Audience != eco && (k.Audience == emsp || !r.covered(o)) {
		again[naming(k)] = true
	}
}

// covered says whether the reader of the crawl has an object of its own in the
// place of o.
func (r *random) covered(o *modelled) bool {
	if o == nil {
		return false
	}
	own := r.model.find(to(emsp, o.Key))
	return own != nil && !own.gone
}

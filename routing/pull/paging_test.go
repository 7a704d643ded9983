package pull_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/routing/pull"
)

type habit = func(call peer.Call, offset, limit int, r *peer.Reply)

func noHeaders(_ peer.Call, _, _ int, r *peer.Reply) { r.Link, r.TotalCount, r.Limit = nil, "", "" }

// relink rewrites the Link of an answer.
func relink(edit func(link string) string) habit {
	return func(_ peer.Call, _, _ int, r *peer.Reply) {
		if len(r.Link) > 0 {
			r.Link[0] = edit(r.Link[0])
		}
	}
}

func replace(old, with string) habit {
	return relink(func(link string) string { return strings.Replace(link, old, with, 1) })
}

func TestAListIsReadToItsEndWhateverThePagingHabits(t *testing.T) {
	page := func(offset int) string { return "limit=3&offset=" + strconv.Itoa(offset) }
	for _, c := range []struct {
		name  string
		n     int
		habit habit
		want  []string
	}{
		{"as specified", 7, nil, []string{page(0), page(3), page(6)}},
		{"an empty list", 0, nil, []string{page(0)}},
		{"one full page and no more", 3, replace("x", "x"), []string{page(0), page(3)}},
		{"H-130 a relative Link of several relations without quotes", 7, relink(func(link string) string {
			return strings.NewReplacer("https://cpo.example", "", `rel="next"`, `REL="last next"`).Replace(link)
		}), []string{page(0), page(3), page(6)}},
		{"Q20 an empty Link on the last page", 7, func(_ peer.Call, _, _ int, r *peer.Reply) {
			if len(r.Link) == 0 {
				r.Link = []string{""}
			}
			r.TotalCount, r.Limit = "", ""
		}, []string{page(0), page(3), page(6)}},
		{"Q20 no Link, only counts", 7, func(_ peer.Call, _, _ int, r *peer.Reply) { r.Link = nil }, []string{page(0), page(3), page(6)}},
		{"Q20 no Link, only X-Limit", 7, func(_ peer.Call, _, _ int, r *peer.Reply) { r.Link, r.TotalCount = nil, "" }, []string{page(0), page(3), page(6)}},
		{"Q20 no paging headers", 7, noHeaders, []string{page(0), page(3), page(6)}},
		{"Q20 no paging headers and a last page that is full", 6, noHeaders, []string{page(0), page(3), page(6)}},
		{
			"Q20 a Link that is hard-coded to https, another host and another path", 7, replace(endpoint, "https://elsewhere.example/cpo/locations"),
			[]string{page(0), page(3), page(6)},
		},
		{
			"a Link to another host that names no offset", 7, relink(func(string) string { return `<https://elsewhere.example/next>; rel="next"` }),
			[]string{page(0), page(3), page(6)},
		},
		{"a Link by rote with user information", 7, replace("https://cpo.example", "https://user@cpo.example"), []string{page(0), page(3), page(6)}},
		{"a Link that is no URL", 7, relink(func(string) string { return `<ht tp://%zz>; rel="next"` }), []string{page(0), page(3), page(6)}},
		{
			"a Link that keeps a cursor beside the offset", 7, replace("limit=3", "cursor=a%2Bb&limit=3"),
			[]string{page(0), "cursor=a%2Bb&limit=3&offset=3", "cursor=a%2Bb&cursor=a%2Bb&limit=3&offset=6"},
		},
		{"a total that counts the page only", 7, func(_ peer.Call, _, _ int, r *peer.Reply) {
			r.Link, r.TotalCount, r.Limit = nil, strconv.Itoa(len(data(r))), ""
		}, []string{page(0), page(3), page(6)}},
		{"totals and limits that are no numbers", 7, func(_ peer.Call, _, _ int, r *peer.Reply) {
			r.TotalCount, r.Limit = "many", "-1"
		}, []string{page(0), page(3), page(6)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, list := newWorld(), objects(c.n)
			w.serve = paper(&list, c.habit)
			r := w.sync(t)
			if r.Err != nil || r.Fetched != c.n || r.New != c.n {
				t.Errorf("the report is %+v", r)
			}
			if diff := cmp.Diff(ids(c.n), w.ids()); diff != "" && c.n > 0 {
				t.Errorf("taken: %s", diff)
			}
			if diff := cmp.Diff(c.want, w.queries(t)); diff != "" {
				t.Errorf("asked: %s", diff)
			}
		})
	}
}

func TestQ21_APlatformWithSmallerPagesThanAskedIsReadToItsEnd(t *testing.T) {
	for name, spoil := range map[string]habit{"with its limit told": nil, "without headers": noHeaders} {
		w, list := newWorld(func(o *pull.Options) { o.PageSize = 100 }), objects(5)
		serve := paper(&list, func(call peer.Call, offset, limit int, r *peer.Reply) {
			r.Limit = "2"
			if spoil != nil {
				spoil(call, offset, limit, r)
			}
		})
		w.serve = func(ctx context.Context, call peer.Call) (peer.Reply, error) {
			call.URL = strings.Replace(call.URL, "limit=100", "limit=2", 1)
			r, err := serve(ctx, call)
			return r, err
		}
		if r := w.sync(t); r.Err != nil || r.New != 5 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestAServerThatIgnoresTheOffsetDoesNotKeepTheHubForEver(t *testing.T) {
	all, few := objects(9), objects(3)
	w := newWorld()
	w.serve = func(context.Context, peer.Call) (peer.Reply, error) { return ok(all), nil }
	if r := w.sync(t); r.Err != nil || len(w.ids()) != 9 || r.Pages != 2 {
		t.Errorf("all at once, without headers: %+v", r)
	}
	w = newWorld()
	w.serve = func(context.Context, peer.Call) (peer.Reply, error) {
		r := ok(few)
		r.TotalCount = "9"
		return r, nil
	}
	if r := w.sync(t); r.Err == nil || !strings.Contains(r.Err.Error(), "3 of its 9") || r.Pages != 2 {
		t.Errorf("the first page for ever: %+v", r)
	}
}

func TestLinksThatLeadInACircleEnd(t *testing.T) {
	w, list := newWorld(), objects(7)
	w.serve = paper(&list, func(_ peer.Call, offset, _ int, r *peer.Reply) {
		if offset == 6 {
			r.Link = []string{`<` + endpoint + `?limit=3&offset=3>; rel="next"`}
		}
	})
	if r := w.sync(t); r.Err == nil || !strings.Contains(r.Err.Error(), "circle") || r.Pages != 3 || r.New != 7 {
		t.Errorf("got %+v", r)
	}
}

func TestALinkIsFollowedToAnotherPathOfTheSameHostOnlyWhereItsQuerySaysNothing(t *testing.T) {
	w, list := newWorld(), objects(5)
	next := strings.Replace(endpoint, "locations", "pages/2", 1)
	serve := paper(&list, nil)
	w.serve = func(ctx context.Context, call peer.Call) (peer.Reply, error) {
		if call.URL == next {
			return ok(list[3:]), nil
		}
		r, err := serve(ctx, call)
		r.Link = []string{`<` + next + `>; rel="next"`}
		return r, err
	}
	if r := w.sync(t); r.Err != nil || len(w.ids()) != 5 {
		t.Errorf("got %+v", r)
	}
}

func TestH132_WhenTheListShrinksThePageBeforeIsRepeatedThatMuchEarlier(t *testing.T) {
	for name, spoil := range map[string]habit{
		"with Links":    nil,
		"without Links": func(_ peer.Call, _, _ int, r *peer.Reply) { r.Link = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w, list := newWorld(), objects(12)
			asked := 0
			serve := paper(&list, spoil)
			w.serve = func(ctx context.Context, call peer.Call) (peer.Reply, error) {
				if asked++; asked == 3 {
					list = list[1:] // the first is gone: number 6 moves in front of page 3
				}
				return serve(ctx, call)
			}
			if r := w.sync(t); r.Err != nil {
				t.Errorf("got %+v", r)
			}
			if got := w.ids(); len(got) != 12 {
				t.Errorf("taken: %v", got)
			}
			if got := w.queries(t); len(got) < 4 || got[3] != "limit=3&offset=2" {
				t.Errorf("asked: %v", got)
			}
		})
	}
}

func TestAListThatShrinksForEverEnds(t *testing.T) {
	w, list := newWorld(), objects(9)
	total := 1 << 30
	w.serve = paper(&list, func(_ peer.Call, _, _ int, r *peer.Reply) {
		total--
		r.TotalCount = strconv.Itoa(total)
	})
	if r := w.sync(t); len(w.ids()) != 9 || r.Pages > 100 {
		t.Errorf("got %+v", r)
	}
}

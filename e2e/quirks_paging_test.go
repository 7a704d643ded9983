package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func pagesOf(n int) habit { return func(o *ocpitest.Options) { o.PageLimit = n } }

// offering is a CPO that offers this many locations.
func (f *field) offering(n int, habits ...habit) (cpo *ocpitest.Platform, ids []string) {
	f.Helper()
	cpo = f.cpo(habits...)
	for i := range n {
		name := fmt.Sprintf("L%02d", i)
		cpo.Offer(ocpi.Locations, []byte(locationWith(id(cpo), name, 1)))
		ids = append(ids, name)
	}
	return cpo, ids
}

// follow reads a list as the Links lead and returns the ids that it holds.
func (f *field) follow(by *ocpitest.Platform, l ocpitest.List) (ids []string) {
	f.Helper()
	_, err := by.GetAll(soon(f.T), l, func(raw []byte) error {
		ids = append(ids, ocpi.FindString(raw, "id"))
		return nil
	})
	if err != nil {
		f.Errorf("after %v: %v", ids, err)
	}
	return ids
}

func TestQ20_AForwardedListIsReadToItsEndWhateverLinkItsOwnerGives(t *testing.T) {
	for name, paging := range map[string]ocpitest.Paging{
		"as specified":                           {},
		"a relative Link":                        {RelativeLink: true},
		"an empty Link on the last page":         {EmptyLink: true},
		"no Link, but X-Total-Count":             {NoLink: true},
		"a Link to https":                        {LinkBase: "https://cpo.example/ocpi/cpo/2.2.1/locations"},
		"a Link to another path of another host": {LinkBase: "http://10.0.0.7:8000/cpo/locations"},
		"a Link without scheme and host":         {LinkBase: "//internal/locations"},
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, want := f.offering(7, pagesOf(3))
			emsp := f.emsp()
			cpo.Follow(ocpitest.Script{Paging: paging})
			if got := f.follow(emsp, ocpitest.List{Module: ocpi.Locations, To: id(cpo)}); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			for _, call := range cpo.Calls(ocpitest.Is(ocpi.Locations, "GET")) {
				if call.Status != http.StatusOK || strings.Contains(call.Query, "hub") {
					t.Errorf("the owner was asked for %s?%s", call, call.Query)
				}
			}
		})
	}
	t.Run("a lower-case Link", func(t *testing.T) {
		f := inTheField(t)
		cpo, want := f.offering(7, pagesOf(3))
		emsp := f.emsp()
		cpo.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(_ ocpitest.Call, w *ocpitest.Written) {
			if link := w.Header.Get("Link"); link != "" {
				delete(w.Header, "Link")
				w.Header["link"] = []string{strings.Replace(link, `rel="next"`, `REL=NEXT`, 1)}
			}
		}}})
		if got := f.follow(emsp, ocpitest.List{Module: ocpi.Locations, To: id(cpo)}); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("without any paging headers there is one page", func(t *testing.T) {
		f := inTheField(t)
		cpo, want := f.offering(7)
		emsp := f.emsp()
		cpo.Follow(ocpitest.Script{Paging: ocpitest.Paging{NoLink: true, NoCounts: true}})
		if got := f.follow(emsp, ocpitest.List{Module: ocpi.Locations, To: id(cpo)}); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("a total that counts more than there is ends all the same", func(t *testing.T) {
		f := inTheField(t)
		cpo, want := f.offering(7, pagesOf(3))
		emsp := f.emsp()
		cpo.Follow(ocpitest.Script{
			Paging: ocpitest.Paging{NoLink: true},
			Habits: []ocpitest.Habit{func(c ocpitest.Call, w *ocpitest.Written) {
				if c.Module == ocpi.Locations {
					w.Header.Set("X-Total-Count", "1000")
				}
			}},
		})
		if got := f.follow(emsp, ocpitest.List{Module: ocpi.Locations, To: id(cpo)}); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// crawlByNumbers reads a list as clients do that take nothing but offset, limit
// and date_from from a Link, and call the endpoint with these.
func crawlByNumbers(t *testing.T, by *ocpitest.Platform, req ocpitest.Request) (ids []string) {
	t.Helper()
	for range 100 {
		reply := ask(t, by, req)
		if err := reply.Err(); err != nil {
			t.Fatal(err)
		}
		for raw := range ocpi.Elements(reply.Envelope.Data) {
			ids = append(ids, ocpi.FindString(raw, "id"))
		}
		next, more := ocpi.ParseLinkNext(reply.Header.Values("Link"))
		if !more {
			return ids
		}
		link, err := url.Parse(next)
		if err != nil {
			t.Fatal(err)
		}
		req.Query = url.Values{}
		for _, name := range []string{"offset", "limit", "date_from"} {
			value := link.Query().Get(name)
			if value == "" {
				t.Fatalf("the Link %s has no %s", next, name)
			}
			req.Query.Set(name, value)
		}
	}
	t.Fatal("the list does not end")
	return nil
}

func TestQ21_AClientThatReadsOnlyNumbersFromTheLinkSeesTheWholeList(t *testing.T) {
	since := url.Values{"date_from": {"2025-12-31T00:00:00Z"}, "limit": {"2"}}
	t.Run("of an owner", func(t *testing.T) {
		f := inTheField(t)
		cpo, want := f.offering(5)
		req := listed(ocpi.Locations, id(cpo))
		req.Query = since
		if got := crawlByNumbers(t, f.emsp(), req); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("of an owner whose Link has no numbers", func(t *testing.T) {
		f := inTheField(t)
		cpo, want := f.offering(5)
		cpo.Follow(ocpitest.Script{Habits: []ocpitest.Habit{func(_ ocpitest.Call, w *ocpitest.Written) {
			if w.Header.Get("Link") != "" {
				w.Header.Set("Link", `</ocpi/2.2.1/sender/locations?page=opaque>; rel="next"`)
			}
		}}})
		req := listed(ocpi.Locations, id(cpo))
		req.Query = since
		if got := crawlByNumbers(t, f.emsp(), req); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("of all", func(t *testing.T) {
		t.Parallel()
		h := startHub(t) // of its own: what others add and withdraw would move the numbers
		cpo, emsp := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
		var want []string
		for n := range 18 {
			name := fmt.Sprintf("N%02d", n)
			push(t, cpo, ocpi.Locations, hubParty, locationWith(abc, name, 1))
			want = append(want, name)
		}
		for _, limit := range []int{1, 16, 100} {
			req := listed(ocpi.Locations, hubParty)
			req.Query = url.Values{"date_from": since["date_from"], "limit": {strconv.Itoa(limit)}}
			if got := crawlByNumbers(t, emsp, req); !slices.Equal(got, want) {
				t.Errorf("%d at a time: got %v, want %v", limit, got, want)
			}
		}
	})
}

package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// shelf pushes n tariffs to the hub, each a minute newer, and returns an eMSP
// to read them.
func (s *stage) shelf(n int) (cpo, emsp *ocpitest.Platform) {
	s.Helper()
	cpo, emsp = s.pair()
	for i := range n {
		s.ok(cpo, put(ocpi.Tariffs, cpo.Hub(), tariff(id(cpo), s.id(fmt.Sprint("T", i)), s.at(i))))
	}
	return cpo, emsp
}

// names are the ids of tariffs.
func (s *stage) names(numbers ...int) string {
	var out []string
	for _, n := range numbers {
		out = append(out, s.id(fmt.Sprint("T", n)))
	}
	return strings.Join(out, " ")
}

func TestH125_ListsTakeLimitAndOffset(t *testing.T) {
	s := newStage(t)
	_, emsp := s.shelf(5)
	for query, want := range map[string]string{
		"limit=2&offset=1": s.names(1, 2), "": s.names(0, 1, 2, 3, 4), "limit=2": s.names(0, 1), "offset=3": s.names(3, 4), "offset=9": "",
	} {
		reply := s.ok(emsp, get(ocpi.Tariffs, emsp.Hub(), "", s.today(), query))
		s.check(ids(reply) == want && reply.Header.Get("X-Total-Count") == "5", "%q gives %s of %s", query, ids(reply), reply.Header.Get("X-Total-Count"))
	}
	for _, bad := range []string{"limit=-1", "offset=x", "date_from=yesterday"} {
		s.want(emsp, get(ocpi.Tariffs, emsp.Hub(), "", bad), 200, 2001)
	}
}

func TestH126_DateFromIsInclusiveAndDateToExclusive(t *testing.T) {
	s := newStage(t)
	_, emsp := s.shelf(5)
	reply := s.ok(emsp, get(ocpi.Tariffs, emsp.Hub(), "", "date_from="+s.at(1)+"&date_to="+s.at(3)))
	s.check(ids(reply) == s.names(1, 2) && reply.Header.Get("X-Total-Count") == "2", "it gives %s of %s", ids(reply), reply.Header.Get("X-Total-Count"))
}

func TestH127_AListOfSessionsNeedsDateFrom(t *testing.T) {
	s := newStage(t)
	emsp := s.emsp()
	reply := s.want(emsp, get(ocpi.Sessions, emsp.Hub(), ""), 200, 2001)
	s.check(strings.Contains(reply.Envelope.StatusMessage, "date_from"), "the message is %q", reply.Envelope.StatusMessage)
	s.want(emsp, get(ocpi.Sessions, emsp.Hub(), "", s.today()), 200, 1000)
}

func TestH128_TheLinkLeadsThroughAllPagesAndKeepsTheFilter(t *testing.T) {
	s := newStage(t)
	_, emsp := s.shelf(5)
	req := get(ocpi.Tariffs, emsp.Hub(), "", "date_from="+s.at(0)+"&date_to="+s.at(4), "limit=2")
	var seen []string
	for page := range 2 {
		reply := s.ok(emsp, req)
		seen = append(seen, strings.Fields(ids(reply))...)
		link, more := ocpi.ParseLinkNext(reply.Header.Values("Link"))
		s.check(reply.Header.Get("X-Total-Count") == "4" && reply.Header.Get("X-Limit") != "" && more == (page == 0), "page %d has the headers %v", page, reply.Header)
		u, err := url.Parse(link)
		if page > 0 {
			continue
		}
		if err != nil || u.Query().Get("date_from") != s.at(0) || u.Query().Get("date_to") != s.at(4) || u.Query().Get("limit") != "2" || u.Host != s.hubHost() {
			t.Fatalf("Link is %q", link)
		}
		req.URL, req.Query = link, nil
	}
	s.check(strings.Join(seen, " ") == s.names(0, 1, 2, 3), "the pages hold %v", seen)
}

func TestH129_TheLinkOfAForwardedListLeadsThroughTheHub(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for i := range 5 {
		offer(cpo, ocpi.Locations, location(id(cpo), s.id(fmt.Sprint("L", i)), s.at(i)))
	}
	req := get(ocpi.Locations, id(cpo), "", s.today(), "limit=2")
	reply := s.ok(emsp, req)
	link, _ := ocpi.ParseLinkNext(reply.Header.Values("Link"))
	u, err := url.Parse(link)
	s.check(err == nil && u.Host == s.hubHost() && reply.Header.Get("X-Total-Count") == "5" && reply.Header.Get("X-Limit") == "100", "the headers are %v", reply.Header)
	req.URL, req.Query = link, nil
	next := s.ok(emsp, req)
	call := cpo.Calls(of(next))
	s.check(ids(next) == s.id("L2")+" "+s.id("L3") && len(call) == 1 && call[0].Routing == routing(id(cpo), id(emsp)), "the next page is %s, asked as %v", ids(next), call)
	crawl, err := emsp.GetAll(s.soon(), ocpitest.List{Module: ocpi.Locations, To: id(cpo), Limit: 2}, nil)
	s.check(err == nil && crawl.Objects == 5 && crawl.Pages == 3, "the crawl is %+v, %v", crawl, err)
}

func TestH130_LinksOfManyFormsAreRead(t *testing.T) {
	s := newStage(t)
	if spoken() == ocpi.V211 {
		s.linksArePulled()
		return
	}
	emsp := s.emsp()
	var form atomic.Value // the hub reads the list as it likes, too
	form.Store("")
	edit, _ := s.stub(ocpi.Locations, ocpi.Sender, func(r *http.Request, _ []byte) (int, http.Header, string) {
		h := http.Header{"X-Total-Count": {"2"}, "X-Limit": {"1"}}
		if r.URL.Query().Get("offset") != "1" {
			h["link"] = []string{strings.ReplaceAll(form.Load().(string), "URL", "http://"+r.Host+r.URL.Path)}
		}
		return 200, h, `{"data":[],"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`
	})
	o := s.options(ocpi.CPO)
	o.Endpoints = edit
	cpo := s.join(o)
	for _, link := range []string{
		`</stub?offset=1>; rel="next"`, `<URL?offset=1>; rel=next`, `<URL?offset=1>;rel="last next"`, `<URL>; rel="first", <URL?offset=1>; REL="NEXT"`,
	} {
		form.Store(link)
		crawl, err := emsp.GetAll(s.soon(), ocpitest.List{Module: ocpi.Locations, To: id(cpo)}, nil)
		s.check(err == nil && crawl.Pages == 2, "the Link %s leads to %d pages, %v", link, crawl.Pages, err)
	}
}

// linksArePulled is H-130 where no list goes on to its owner: there the hub itself
// reads the Links, when it pulls.
func (s *stage) linksArePulled() {
	s.Helper()
	for _, form := range []string{`</stub?offset=7>; rel="next"`, `<URL?offset=7>; rel=next`, `<URL>; rel="first", <URL?offset=7>; REL="NEXT"`} {
		var second atomic.Bool
		edit, _ := s.stub(ocpi.Locations, ocpi.Sender, func(r *http.Request, _ []byte) (int, http.Header, string) {
			h := http.Header{"X-Total-Count": {"2"}, "X-Limit": {"1"}}
			at := r.URL.Query().Get("offset")
			if at == "7" { // by counting it would come to 1
				second.Store(true)
			} else {
				h["link"] = []string{strings.ReplaceAll(form, "URL", "http://"+r.Host+r.URL.Path)}
			}
			return 200, h, `{"data":[{"id":"L` + at + `"}],"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`
		})
		o := s.options(ocpi.CPO)
		o.Endpoints = edit
		s.join(o)
		s.eventually("the Link "+form+" is followed", second.Load)
	}
}

func TestH131_WhatComesDuringACrawlIsOnItsLastPage(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.shelf(4)
	n := 0
	var seen []string
	_, err := emsp.GetAll(s.soon(), ocpitest.List{Module: ocpi.Tariffs, To: emsp.Hub(), Limit: 2, Query: url.Values{"date_from": {s.at(0)}, "date_to": {s.at(60)}}}, func(raw []byte) error {
		name := field(string(raw), "id")
		seen = append(seen, name[strings.LastIndex(name, "*")+1:])
		if n++; n == 1 { // an older last_updated, and a change of the first
			s.ok(cpo, put(ocpi.Tariffs, cpo.Hub(), tariff(id(cpo), s.id("T4"), s.at(0))))
			s.ok(cpo, put(ocpi.Tariffs, cpo.Hub(), tariff(id(cpo), s.id("T0"), s.at(50))))
		}
		return nil
	})
	s.check(err == nil && strings.Join(seen, " ") == s.names(0, 1, 2, 3, 4), "the crawl saw %v, %v", seen, err)
}

func TestH133_ALimitAboveTheMaximumIsLowered(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	asks := emsp
	if spoken() == ocpi.V211 { // there X-Limit counts what is on the page
		asks = s.later(ocpi.EMSP)
	}
	most, err := strconv.Atoi(s.ok(asks, get(ocpi.Tariffs, asks.Hub(), "", s.today(), "limit=1")).Header.Get("X-Limit"))
	if err != nil || most < 1 || most > 2000 {
		t.Fatalf("X-Limit is %d, %v", most, err)
	}
	s.ok(cpo, put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0))))
	work := make(chan int)
	failed := make(chan error, 8)
	for range 8 { // to one party, so as not to bother the others
		go func() {
			var err error
			for n := range work {
				if err == nil {
					_, err = cpo.Do(s.Context(), put(ocpi.Sessions, id(emsp), session(id(cpo), s.id(fmt.Sprint("S", n)), id(emsp), s.at(1))))
				}
			}
			failed <- err
		}()
	}
	for n := range most {
		work <- n
	}
	close(work)
	for range 8 {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	reply := s.ok(emsp, get(ocpi.Sessions, emsp.Hub(), "", s.today(), fmt.Sprint("limit=", 2*most)))
	got := len(strings.Fields(ids(reply)))
	s.check(got == most && reply.Header.Get("X-Limit") == fmt.Sprint(most) && reply.Header.Get("X-Total-Count") == fmt.Sprint(most+1), "%d came, headers %v", got, reply.Header)
	s.check(slices.Contains(reply.Header.Values("Link"), reply.Header.Get("Link")) && reply.Header.Get("Link") != "", "there is no Link")
}

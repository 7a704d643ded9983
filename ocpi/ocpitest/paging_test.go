package ocpitest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestAListIsPagedInTheHabitThatWasOrdered(t *testing.T) {
	cpo, emsp := pair(t, func(c, _ *ocpitest.Options) { c.PageLimit = 2 })
	for i := range 3 {
		cpo.Offer(ocpi.Locations, location(fmt.Sprintf("LOC%d", i), "2025-01-01T00:00:00Z"))
	}
	page := func(habit ocpitest.Paging, query string) (ocpitest.Reply, []string) {
		cpo.Follow(ocpitest.Script{Paging: habit})
		at := strings.NewReplacer("&", "=").Replace(query)
		words, values := strings.Split(at, "="), map[string][]string{}
		for i := 0; i+1 < len(words); i += 2 {
			values[words[i]] = []string{words[i+1]}
		}
		reply, err := emsp.Do(within(t), ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Sender, Method: "GET", To: cedar, Query: values})
		mustOK(t, reply, err)
		var ids []string
		for raw := range ocpi.Elements(reply.Envelope.Data) {
			ids = append(ids, ocpi.FindString(raw, "id"))
		}
		return reply, ids
	}
	reply, _ := page(ocpitest.Paging{NoLink: true, NoCounts: true}, "")
	if h := reply.Header; h.Get("Link")+h.Get(ocpi.HeaderTotalCount)+h.Get(ocpi.HeaderLimit) != "" {
		t.Errorf("no paging headers: %v", h)
	}
	reply, _ = page(ocpitest.Paging{EmptyLink: true, NoCounts: true}, "offset=2")
	if links := reply.Header.Values("Link"); len(links) != 1 || links[0] != "" {
		t.Errorf("an empty Link: %q", links)
	}
	reply, _ = page(ocpitest.Paging{RelativeLink: true}, "")
	if link := reply.Header.Get("Link"); !strings.HasPrefix(link, "</ocpi/") {
		t.Errorf("a relative Link: %q", link)
	}
	reply, _ = page(ocpitest.Paging{LinkBase: "https://elsewhere.example/x"}, "")
	if link := reply.Header.Get("Link"); !strings.HasPrefix(link, "<https://elsewhere.example/x?") {
		t.Errorf("a hard-coded Link: %q", link)
	}
	if _, ids := page(ocpitest.Paging{IgnoreOffset: true}, "offset=2"); len(ids) != 2 {
		t.Errorf("the offset was not ignored: %v", ids)
	}
	if _, ids := page(ocpitest.Paging{IgnoreFilter: true}, "date_from=2026-01-01T00:00:00Z"); len(ids) != 2 {
		t.Errorf("the filter was not ignored: %v", ids)
	}
	withdraw := ocpitest.Paging{Before: func(ocpitest.Call) { cpo.Withdraw(key("LOC0")) }}
	if reply, ids := page(withdraw, ""); reply.Header.Get(ocpi.HeaderTotalCount) != "2" || ids[0] != "LOC1" {
		t.Errorf("the list did not shrink: %v", ids)
	}
	broken := ocpitest.Paging{Edit: func(_ ocpitest.Call, objects [][]byte) [][]byte { return append(objects, []byte(`{"id":"BAD"}`)) }}
	if _, ids := page(broken, ""); len(ids) != 3 || ids[2] != "BAD" {
		t.Errorf("the page was not edited: %v", ids)
	}
}

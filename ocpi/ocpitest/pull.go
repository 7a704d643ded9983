package ocpitest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ocpihub/ocpihub/ocpi"
)

// List names a list of objects to get.
type List struct {
	Module ocpi.ModuleID
	// Path is that of the list below the endpoint; most have none.
	Path string
	// From and To are as in Request: To = hub gets the objects of all.
	From, To ocpi.PartyID
	// Limit is asked for; 0 asks for none.
	Limit int
	// Query is added, for example date_from.
	Query url.Values
}

// Crawl is what a crawl through a list has seen.
type Crawl struct {
	Objects, Pages int
	// Total is the last X-Total-Count; -1 if there was none.
	Total int
}

// maxPages ends a crawl in which each page leads to another for ever.
const maxPages = 1_000_000

// GetAll gets a list page by page, as the Link headers lead, and shows every
// object to visit, which may be nil. An error of visit ends it.
func (p *Platform) GetAll(ctx context.Context, l List, visit func(raw []byte) error) (Crawl, error) {
	req := Request{
		Module: l.Module, Interface: ocpi.Sender, Method: http.MethodGet, Path: l.Path,
		From: l.From, To: l.To, Query: url.Values{},
	}
	maps.Copy(req.Query, l.Query)
	if l.Limit > 0 {
		req.Query.Set("limit", strconv.Itoa(l.Limit))
	}
	crawl := Crawl{Total: -1}
	for crawl.Pages < maxPages {
		reply, err := p.Do(ctx, req)
		if err == nil {
			err = reply.Err()
		}
		if err == nil {
			err = crawl.page(reply, visit)
		}
		if err != nil {
			return crawl, fmt.Errorf("page %d of %s: %w", crawl.Pages+1, l.Module, err)
		}
		next, ok := ocpi.ParseLinkNext(reply.Header.Values("Link"))
		if !ok {
			return crawl, nil
		}
		req.URL, req.Query = next, nil
	}
	return crawl, fmt.Errorf("the list of %s does not end", l.Module)
}

// page counts and shows one page.
func (c *Crawl) page(reply Reply, visit func([]byte) error) error {
	c.Pages++
	if n, err := strconv.Atoi(reply.Header.Get(ocpi.HeaderTotalCount)); err == nil {
		c.Total = n
	}
	for raw := range ocpi.Elements(reply.Envelope.Data) {
		c.Objects++
		if visit == nil {
			continue
		}
		if err := visit(raw); err != nil {
			return err
		}
	}
	return nil
}

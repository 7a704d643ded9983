package ocpitest

import (
	"net/http"
	"strconv"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Paging is how a platform pages its lists. The zero Paging is the specified
// way; everything else is a habit of implementations in the field.
type Paging struct {
	// NoLink leaves the Link out; EmptyLink sends an empty one on the last page.
	NoLink, EmptyLink bool
	// NoCounts leaves X-Total-Count and X-Limit out.
	NoCounts bool
	// RelativeLink gives the Link as a path and a query, with a second relation.
	RelativeLink bool
	// LinkBase stands in Links for the URL of the list, for example one that is
	// hard-coded.
	LinkBase string
	// IgnoreOffset gives the first page whatever is asked.
	IgnoreOffset bool
	// IgnoreLimit gives as much as fits a page, however little is asked.
	IgnoreLimit bool
	// IgnoreFilter gives all objects whatever date_from and date_to are.
	IgnoreFilter bool
	// Before is told of each call before its page is made. It may change what
	// the platform offers.
	Before func(Call)
	// Edit replaces the objects of a page.
	Edit func(Call, [][]byte) [][]byte
}

// page gives the objects that were asked for out of all that fit.
func (p *Platform) page(in *incoming, asked ocpi.PageRequest, found []Object) answer {
	habit := p.scripted.get().Paging
	limit := p.opts.PageLimit
	if asked.Limit > 0 && !habit.IgnoreLimit {
		limit = min(limit, asked.Limit)
	}
	if habit.IgnoreOffset {
		asked.Offset = 0
	}
	first := min(asked.Offset, len(found))
	last := min(first+limit, len(found))
	objects := raws(found[first:last])
	if habit.Edit != nil {
		objects = habit.Edit(in.Call, objects)
	}
	out := done(join(objects))
	if !habit.NoCounts {
		out.set(ocpi.HeaderTotalCount, strconv.Itoa(len(found)))
		out.set(ocpi.HeaderLimit, strconv.Itoa(p.opts.PageLimit))
	}
	switch {
	case last < len(found) && !habit.NoLink:
		in.values.Set("offset", strconv.Itoa(last))
		in.values.Set("limit", strconv.Itoa(limit))
		out.set("Link", p.linkTo(in, habit))
	case last == len(found) && habit.EmptyLink:
		out.set("Link", "")
	}
	return out
}

// linkTo writes the Link to the page that in.values ask for.
func (p *Platform) linkTo(in *incoming, habit Paging) string {
	query := "?" + in.values.Encode()
	switch {
	case habit.RelativeLink:
		return "<" + in.Path + query + `>; rel="next last"`
	case habit.LinkBase != "":
		return ocpi.FormatLinkNext(habit.LinkBase + query)
	}
	return ocpi.FormatLinkNext(p.here(in) + query)
}

// Withdraw takes an object away from those that the platform offers. It tells
// nobody.
func (p *Platform) Withdraw(key Key) {
	_, _ = p.own.apply(change{method: http.MethodDelete, key: key}) // what is not there is gone
}

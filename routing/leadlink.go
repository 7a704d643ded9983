package routing

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"strconv"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
)

// leadLink writes the Link of a forwarded page that holds so many objects: the
// query of the receiver's link, which some clients read instead of following
// it, and the link itself, so that following leads to the very URL that the
// receiver gave.
func (r *Router) leadLink(m *Message, target Target, page peer.Reply, held int) string {
	called, err := calledURL(m, target)
	if err != nil {
		return ""
	}
	target.Endpoint = ocpi.JoinURL(target.Endpoint, m.Path) // of the list: some have a path of their own
	next := furtherURL(target, called, page, held)
	u, err := url.Parse(next)
	if next == "" || err != nil {
		return ""
	}
	query := numbered(u.RawQuery, called.Query(), held)
	query = setParam(query, nextParam, base64.RawURLEncoding.EncodeToString([]byte(next)))
	return ocpi.FormatLinkNext(withQuery(ocpi.JoinURL(r.endpoint(m), m.Path), query))
}

// calledURL is what the receiver was asked for.
func calledURL(m *Message, target Target) (*url.URL, error) {
	called, err := nextURL(m, target, m.Path, m.Query)
	if err != nil {
		return nil, err
	}
	return url.Parse(called)
}

// furtherURL is where the receiver's next page is, or "". A link to a host that
// is not the receiver's is one that its makers hard-coded: what counts in it is
// the query. Without a link the count of all objects tells whether there are
// more.
func furtherURL(target Target, called *url.URL, page peer.Reply, held int) string {
	given, ok := ocpi.ParseLinkNext(page.Link)
	if !ok {
		return countedURL(target, called, page.TotalCount, held)
	}
	next := absolute(target.Endpoint, given)
	if registeredLink(target, next) {
		return next
	}
	u, err := url.Parse(next)
	if err != nil {
		return ""
	}
	return withQuery(target.Endpoint, u.RawQuery)
}

// countedURL is the page behind one that was given without a Link, while the
// count of all objects is higher than what was given so far. An empty page is
// the last, whatever the count says.
func countedURL(target Target, called *url.URL, total string, held int) string {
	count, err := strconv.Atoi(total)
	asked, badQuery := ocpi.ParsePageRequest(called.Query())
	if err != nil || badQuery != nil || held == 0 || asked.Offset+held >= count {
		return ""
	}
	query := setParam(called.RawQuery, "offset", strconv.Itoa(asked.Offset+held))
	return withQuery(target.Endpoint, query)
}

// numbered adds to the query of a Link the parameters that some clients take
// from it, where the receiver left them out.
func numbered(query string, called url.Values, held int) string {
	asked, err := ocpi.ParsePageRequest(called)
	given, badQuery := url.ParseQuery(query)
	if err != nil || badQuery != nil {
		return query
	}
	missing := func(name, value string) {
		if value != "" && !given.Has(name) {
			query = setParam(query, name, value)
		}
	}
	missing("date_from", called.Get("date_from"))
	missing("date_to", called.Get("date_to"))
	missing("offset", strconv.Itoa(asked.Offset+held))
	missing("limit", strconv.Itoa(cmp.Or(asked.Limit, max(held, 1))))
	return query
}

package pull

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	// maxPages ends a list that leads from page to page for ever.
	maxPages = 100_000
	// maxRepeats bounds how often a list that shrinks is gone back in.
	maxRepeats = 16
)

// course finds the way through the pages of one list, whatever habits the
// platform has. It is pure: it is shown each page and says where the next is.
type course struct {
	endpoint *url.URL
	from     time.Time
	limit    int

	at      *url.URL // the page to ask for
	offset  int      // of that page; -1 when its URL does not tell
	before  int      // offset of the page before; -1 when there is none
	total   int      // the newest X-Total-Count; -1 when there is none to believe
	bogus   bool     // X-Total-Count turned out to count something else
	linked  bool     // the platform gives Links
	largest int      // elements of the largest page
	seen    int      // elements so far
	print   uint64   // of the page before
	pages   int
	repeats int
	visited map[string]bool
}

// newCourse begins a list at an endpoint: objects changed at or after from,
// which may be zero, in pages of limit.
func newCourse(endpoint string, from time.Time, limit int) (*course, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fault.Wrap(fault.BadAnswer, err, "the platform's endpoint is no URL")
	}
	c := &course{endpoint: u, from: from, limit: limit, offset: -1, before: -1, total: -1, visited: map[string]bool{}}
	return c, c.goTo(c.byOffset(0))
}

// next is shown a page and turns to the one behind it; more is false at the
// end. Faults are of kind BadAnswer: the list leads nowhere.
func (c *course) next(p page) (more bool, err error) {
	n := len(p.elements)
	again := c.pages > 0 && n > 0 && p.print == c.print
	c.pages, c.print = c.pages+1, p.print
	c.largest = max(c.largest, n)
	switch {
	case n == 0:
		return false, nil
	case again && c.total > c.seen:
		return false, fault.New(fault.BadAnswer,
			"the platform gives the same page again: %d of its %d objects were read", c.seen, c.total)
	case again:
		return false, nil // it ignores offset, and gave all that it has at once
	case c.pages >= maxPages:
		return false, fault.New(fault.BadAnswer, "the list does not end after %d pages", c.pages)
	}
	if gone := c.shrunk(p, n); gone > 0 {
		return true, c.goBack(gone)
	}
	c.seen += n
	if target, ok := ocpi.ParseLinkNext(p.links); ok {
		if u, ok := c.resolve(target); ok {
			c.linked = true
			return true, c.goTo(u)
		}
	}
	if !c.goesOn(p, n) {
		return false, nil
	}
	return true, c.goTo(c.byOffset(c.offset + n))
}

// shrunk counts the objects that left the list since the page before: as many
// have slipped past the end of that page (H-132). A count that does not even
// cover what was read is none of the list.
func (c *course) shrunk(p page, n int) int {
	if c.bogus || p.total < 0 {
		return 0
	}
	if c.offset >= 0 && p.total < c.offset+n {
		c.bogus, c.total = true, -1
		return 0
	}
	gone := c.total - p.total
	c.total = p.total
	if c.offset < 0 || c.repeats >= maxRepeats {
		return 0
	}
	return max(gone, 0)
}

// goBack repeats the page before, so much earlier as the list has shrunk.
func (c *course) goBack(gone int) error {
	from := c.before
	if from < 0 {
		from = c.offset
	}
	c.repeats++
	c.seen = max(0, from-gone)
	c.print, c.visited = 0, map[string]bool{}
	err := c.goTo(c.byOffset(c.seen))
	c.before = -1
	return err
}

// goesOn says whether there is more behind a page that names no next one. A
// full page is followed up even where the count is reached: some count only
// the page.
func (c *course) goesOn(p page, n int) bool {
	full := n >= c.limit || p.most > 0 && n >= p.most
	switch {
	case c.linked || c.offset < 0:
		return false
	case c.total >= 0:
		return c.total > c.offset+n || full
	case len(p.links) > 0:
		return false // an empty Link: the last page
	case p.most > 0:
		return full
	}
	return n >= c.largest // nothing tells how large pages are
}

// resolve turns a Link into a URL that may be followed: within the endpoint's
// own host, as it is; else, and where it leads to another path, only its query
// counts, since some write the rest by rote.
func (c *course) resolve(target string) (*url.URL, bool) {
	u, err := c.at.Parse(target)
	if err != nil {
		return nil, false
	}
	home := u.Scheme == c.endpoint.Scheme && strings.EqualFold(u.Host, c.endpoint.Host) && u.User == nil
	if home && samePath(u, c.endpoint) {
		return u, true
	}
	if offsetOf(u) >= 0 {
		own := *c.endpoint
		query := u.Query()
		if !c.from.IsZero() && !query.Has("date_from") {
			query.Set("date_from", ocpi.FormatDateTime(c.from))
		}
		own.RawQuery = query.Encode()
		return &own, true
	}
	return u, home
}

func samePath(a, b *url.URL) bool {
	return strings.TrimRight(a.EscapedPath(), "/") == strings.TrimRight(b.EscapedPath(), "/")
}

// byOffset is the URL of the page behind so many objects.
func (c *course) byOffset(offset int) *url.URL {
	u := *c.endpoint
	query := u.Query()
	if !c.from.IsZero() {
		query.Set("date_from", ocpi.FormatDateTime(c.from))
	}
	query.Set("offset", strconv.Itoa(offset))
	query.Set("limit", strconv.Itoa(c.limit))
	u.RawQuery = query.Encode()
	return &u
}

// goTo turns to a page. One that was asked for before leads in a circle.
func (c *course) goTo(u *url.URL) error {
	u.Fragment, u.RawFragment = "", ""
	name := u.String()
	if c.visited[name] {
		return fault.New(fault.BadAnswer, "the platform's Links lead in a circle after %d pages", c.pages)
	}
	c.visited[name] = true
	c.before, c.offset, c.at = c.offset, offsetOf(u), u
	return nil
}

// offsetOf reads the offset of a page from its URL; -1 when it has none.
func offsetOf(u *url.URL) int { return count(u.Query().Get("offset"), -1) }

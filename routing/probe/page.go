package probe

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
)

// page is what one answer to the GET of a list holds.
type page struct {
	exchange Exchange
	objects  [][]byte
	total    int    // X-Total-Count; -1 when there is none that can be read
	most     int    // X-Limit; -1 likewise
	next     string // the target of the Link, as it is written
}

// readPage takes an answer apart; its data should be a list, else the page is
// empty.
func readPage(x Exchange) page {
	p := page{exchange: x, total: readCount(x.Reply.TotalCount), most: readCount(x.Reply.Limit)}
	p.next, _ = ocpi.ParseLinkNext(x.Reply.Link)
	if data := bytes.TrimSpace(x.answer().data); len(data) > 0 && data[0] == '[' {
		for e := range ocpi.Elements(data) {
			p.objects = append(p.objects, e)
		}
	}
	return p
}

func readCount(header string) int {
	n, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// key tells objects of a list apart. Ids are compared without regard to case.
func key(m ocpi.ModuleID, object []byte) string {
	id := ocpi.FindString(object, "id")
	switch m {
	case ocpi.Tokens:
		id = ocpi.FindString(object, "uid") + "/" + ocpi.FindString(object, "type")
	case ocpi.HubClientInfo:
		id = ocpi.FindString(object, "role")
	default:
	}
	return strings.ToUpper(ocpi.FindString(object, "country_code") + "*" + ocpi.FindString(object, "party_id") + "/" + id)
}

func keys(m ocpi.ModuleID, objects [][]byte) []string {
	out := make([]string, len(objects))
	for i, o := range objects {
		out[i] = key(m, o)
	}
	return out
}

// aheadBy is how far last_updated may lie ahead.
const aheadBy = 5 * time.Minute

// span returns the oldest and the newest last_updated of a page; those that lie
// ahead do not count. ok is false when there is none.
func (p page) span(now time.Time) (oldest, newest time.Time, ok bool) {
	for _, o := range p.objects {
		at, readable := ocpi.LastUpdated(o)
		if !readable || at.After(now.Add(aheadBy)) {
			continue
		}
		if !ok || at.Before(oldest) {
			oldest = at
		}
		if !ok || at.After(newest) {
			newest = at
		}
		ok = true
	}
	return oldest, newest, ok
}

// asked is what a page is asked for; zero values are left out.
type asked struct {
	from, to      time.Time
	offset, limit int
}

// at writes the URL of a page of a list.
func (a asked) at(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	query := u.Query()
	if !a.from.IsZero() {
		query.Set("date_from", ocpi.FormatDateTime(a.from))
	}
	if !a.to.IsZero() {
		query.Set("date_to", ocpi.FormatDateTime(a.to))
	}
	query.Set("offset", strconv.Itoa(a.offset))
	query.Set("limit", strconv.Itoa(a.limit))
	u.RawQuery, u.Fragment = query.Encode(), ""
	return u.String(), nil
}

// sound says whether an element is an object that can be read without doubt.
func sound(element []byte) bool {
	return strictjson.IsObject(element) && strictjson.Check(element) == nil
}

// resolve turns a Link into a URL.
func resolve(base, target string) (*url.URL, bool) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, false
	}
	out, err := u.Parse(target)
	return out, err == nil && out.Host != ""
}

// follow is the URL behind a page: its Link, where that stays at the host of the
// list, else the next offset. The hub's token goes nowhere else.
func follow(l list, p page, by asked) (string, error) {
	if target, ok := resolve(p.exchange.URL, p.next); p.next != "" && ok && sameHost(target.String(), l.url) {
		return target.String(), nil
	}
	by.offset += len(p.objects)
	return by.at(l.url)
}

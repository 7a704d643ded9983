package probe

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// sample is how many objects are looked at, of each list.
const sample = 50

// begin is older than anything in OCPI: sessions cannot be asked for without
// date_from.
func begin() time.Time { return time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC) }

// door tries the token and a path that there is not, where nothing can come to
// harm.
func (r *round) door(ctx context.Context, lists []list) {
	at, unknown := r.quiet(lists)
	if at.url == "" {
		return
	}
	var base64 *Exchange
	if r.encoding != ocpi.UsualEncoding(r.platform.Version) && r.encoding == ocpi.TokenRaw {
		x := r.call(ctx, at, ocpi.FormatAuthorization(r.token, ocpi.TokenBase64))
		base64 = &x
	}
	if ctx.Err() == nil {
		r.tell(judgeEncoding(r.platform.Version, r.encoding, base64))
	}
	wrong := r.call(ctx, at, ocpi.FormatAuthorization("no-"+rand.Text(), r.encoding))
	if ctx.Err() == nil {
		r.tell(judgeRefused(wrong))
	}
	x := r.call(ctx, unknown, ocpi.FormatAuthorization(r.token, r.encoding))
	if ctx.Err() == nil {
		r.tell(judgeUnknown(x))
	}
}

// quiet finds a call that gives little and a path that there cannot be. Below
// locations there may be objects, so that list is the last choice.
func (r *round) quiet(lists []list) (at, unknown target) {
	nowhere := "check-" + strings.ToLower(rand.Text()[:12])
	for _, l := range lists {
		if at.url != "" && at.module != ocpi.Locations {
			break
		}
		url, err := asked{from: begin(), limit: 1}.at(l.url)
		if err == nil {
			at = target{url, l.module, l.party}
			unknown = target{ocpi.JoinURL(l.url, nowhere), l.module, l.party}
		}
	}
	if at.url != "" {
		return at, unknown
	}
	if url, ok := r.platform.Endpoint(ocpi.Credentials, ocpi.Receiver); ok {
		return target{url: url, module: ocpi.Credentials}, target{url: ocpi.JoinURL(r.platform.VersionsURL, nowhere), module: ocpi.Versions}
	}
	return target{}, target{}
}

// list looks at one list: a page of it, then how it is paged and filtered.
func (r *round) list(ctx context.Context, l list) {
	whole, ok := r.page(ctx, l, asked{from: base(l), limit: sample})
	if ctx.Err() != nil {
		return
	}
	r.tell(judgeList(l, whole.exchange))
	if !ok {
		return
	}
	line, isList := judgeData(l, whole.exchange)
	r.tell(line)
	if !isList {
		return
	}
	now := r.now()
	r.tellAll(judgeContent(l, whole, r.platform, now))
	if len(whole.objects) < 2 {
		r.tell(judgeTotal(l, whole, nil)) // there are no pages to turn
		return
	}
	r.pages(ctx, l, min(2, len(whole.objects)-1))
	r.dates(ctx, l, whole, now)
}

// base is from when a list is asked for.
func base(l list) (from time.Time) {
	if l.module == ocpi.Sessions {
		return begin()
	}
	return time.Time{}
}

// page gets one page of a list.
func (r *round) page(ctx context.Context, l list, by asked) (p page, ok bool) {
	url, err := by.at(l.url)
	if err != nil {
		return page{}, false
	}
	p = readPage(r.get(ctx, target{url, l.module, l.party}))
	return p, p.exchange.refusal() == ""
}

// pages turns pages that are smaller than the list.
func (r *round) pages(ctx context.Context, l list, limit int) {
	by := asked{from: begin(), limit: limit}
	first, ok := r.page(ctx, l, by)
	if ctx.Err() != nil {
		return
	}
	if !ok {
		r.tell(checkLimit.of(l.module).fail("limit and date_from: "+first.exchange.refusal(), "take limit and date_from in each list"))
		return
	}
	r.tell(judgeLimit(l, first, limit))
	if len(first.objects) > 0 && len(first.objects) <= limit {
		r.tell(judgeLink(l, first, by.from))
		if !r.turn(ctx, l, first, by) {
			return
		}
	}
	if first.total < 1 {
		r.tell(judgeTotal(l, first, nil))
		return
	}
	last, _ := r.page(ctx, l, asked{from: begin(), offset: first.total - 1, limit: 1})
	if ctx.Err() == nil {
		r.tell(judgeTotal(l, first, &last))
	}
}

// turn looks at the page behind the first; false when offset means nothing to
// the platform.
func (r *round) turn(ctx context.Context, l list, first page, by asked) bool {
	url, err := follow(l, first, by)
	if err != nil {
		return false
	}
	line := judgeNext(l, first, readPage(r.get(ctx, target{url, l.module, l.party})))
	if ctx.Err() != nil {
		return false
	}
	r.tell(line)
	return line.Outcome == OK
}

// dates asks for what is newer than a page, and for what is older.
func (r *round) dates(ctx context.Context, l list, whole page, now time.Time) {
	oldest, newest, ok := whole.span(now)
	if !ok {
		return
	}
	from := newest.Add(time.Second)
	newer, _ := r.page(ctx, l, asked{from: from, limit: sample})
	older, _ := r.page(ctx, l, asked{from: base(l), to: oldest, limit: sample})
	if ctx.Err() == nil {
		r.tell(judgeDates(l, newer, older, from, oldest, now))
	}
}

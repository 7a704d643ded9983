package probe

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// list is a list that is looked at: a module, asked of one party.
type list struct {
	version ocpi.Version
	module  ocpi.ModuleID
	party   ocpi.PartyID // zero for hubclientinfo
	url     string
}

// judgeList says whether a list is given at all.
func judgeList(l list, x Exchange) Line {
	if why := x.refusal(); why != "" {
		return checkList.of(l.module).fail("GET "+string(l.module)+": "+why, "give the list, page by page, to who has the hub's token")
	}
	found := count(len(readPage(x).objects), "object") + " on the page"
	if !l.party.IsZero() {
		found += " of " + l.party.String()
	}
	return checkList.of(l.module).ok("%s", found)
}

// judgeData says whether the data of a list is one.
func judgeData(l list, x Exchange) (line Line, isList bool) {
	c, data := checkData.of(l.module), bytes.TrimSpace(x.answer().data)
	switch {
	case len(data) == 0 || data[0] == 'n':
		return c.warn("data is absent or null", "answer [] where there is nothing"), false
	case data[0] != '[':
		return c.fail("data is no list", "answer with the objects as a list, also a single one"), false
	}
	return c.ok("data is a list"), true
}

// judgeContent looks at the objects of a page.
func judgeContent(l list, p page, platform *parties.Platform, now time.Time) []Line {
	return []Line{
		judgeObjects(l, p, now), judgeOwner(l, p, platform), judgeLastUpdated(l, p, now), judgeDuplicates(l, p),
	}
}

// classes are the classes of the objects in lists.
var classes = map[ocpi.ModuleID]string{
	ocpi.Locations: "Location", ocpi.Sessions: "Session", ocpi.CDRs: "CDR", ocpi.Tariffs: "Tariff",
	ocpi.Tokens: "Token", ocpi.HubClientInfo: "ClientInfo",
}

// judgeObjects holds each object against the specification. Values are not
// told: they may be those of drivers.
func judgeObjects(l list, p page, now time.Time) Line {
	c := checkObjects.of(l.module)
	faults, structural, spoilt := map[string]int{}, false, 0
	for _, o := range p.objects {
		if !sound(o) {
			spoilt++
			continue
		}
		seen := map[string]bool{}
		for _, f := range ocpi.Review(l.version, classes[l.module], o, ocpi.Reviewing{Now: now}) {
			if name := f.Field + ": " + string(f.Kind); f.Kind != ocpi.InFuture && !seen[name] {
				seen[name] = true
				faults[name]++
				structural = structural || f.Kind == ocpi.Missing || f.Kind == ocpi.Empty || f.Kind == ocpi.WrongType
			}
		}
	}
	mend := "mend the objects; docs/quality.md explains the words, hubctl quality counts what was pushed"
	switch {
	case spoilt > 0:
		return c.fail(count(spoilt, "element")+" of the list are no objects, or have names twice", mend)
	case structural:
		return c.fail(worst(faults), mend)
	case len(faults) > 0:
		return c.warn(worst(faults), mend)
	}
	return c.ok("%s looked at", count(len(p.objects), "object"))
}

// worst tells the commonest faults.
func worst(faults map[string]int) string {
	const most = 3
	names := slices.SortedFunc(maps.Keys(faults), func(a, b string) int {
		return cmp.Or(cmp.Compare(faults[b], faults[a]), cmp.Compare(a, b))
	})
	var out []string
	for _, name := range names[:min(most, len(names))] {
		out = append(out, fmt.Sprintf("%s (%s)", name, count(faults[name], "object")))
	}
	if len(names) > most {
		out = append(out, "and "+count(len(names)-most, "other fault"))
	}
	return strings.Join(out, ", ")
}

// judgeOwner says whether the objects are those of the party that was asked.
func judgeOwner(l list, p page, platform *parties.Platform) Line {
	c := checkOwner.of(l.module)
	if l.module == ocpi.HubClientInfo {
		return c.ok("client info is of others")
	}
	if l.version == ocpi.V211 {
		return c.ok("objects of %s name no owner", l.version)
	}
	others := 0
	for _, o := range p.objects {
		owner := ocpi.NewPartyID(ocpi.FindString(o, "country_code"), ocpi.FindString(o, "party_id"))
		switch {
		case owner.Country == "" || owner.ID == "": // among what is missing in objects
		case !platform.Holds(owner):
			return c.fail("objects of "+shown(owner.String())+", which is no party of the platform",
				"give country_code and party_id as they were registered: the hub refuses others")
		case owner != l.party:
			others++
		}
	}
	if others > 0 {
		return c.warn(fmt.Sprintf("asked for %s, got %s of other parties of the platform", l.party, count(others, "object")),
			"go by OCPI-to: give the objects of the party that is asked")
	}
	return c.ok("all objects are of %s", l.party)
}

func judgeLastUpdated(l list, p page, now time.Time) Line {
	c := checkLastUpdated.of(l.module)
	ahead, furthest := 0, time.Duration(0)
	for _, o := range p.objects {
		if at, ok := ocpi.LastUpdated(o); ok && at.After(now.Add(aheadBy)) {
			ahead++
			furthest = max(furthest, at.Sub(now))
		}
	}
	if ahead > 0 {
		return c.fail(fmt.Sprintf("%s with last_updated ahead, by up to %s", count(ahead, "object"), furthest.Round(time.Minute)),
			"write the time of the change, in UTC: later changes count as old until then")
	}
	return c.ok("none lies ahead")
}

func judgeDuplicates(l list, p page) Line {
	c := checkDuplicates.of(l.module)
	all := keys(l.module, p.objects)
	slices.Sort(all)
	if twice := len(all) - len(slices.Compact(all)); twice > 0 {
		return c.fail(count(twice, "object")+" more than once on a page", "give each object once, in a stable order, oldest first")
	}
	return c.ok("each object is there once")
}

// judgeLimit says whether a page holds no more than was asked for.
func judgeLimit(l list, p page, limit int) Line {
	c := checkLimit.of(l.module)
	switch n := len(p.objects); {
	case n > limit:
		return c.fail(fmt.Sprintf("asked for %d objects on a page, got %d", limit, n), "go by limit")
	case p.most < 0:
		return c.warn("pages have no X-Limit", "say with X-Limit how many objects a page may have at most")
	}
	return c.ok("asked for %d, got %d; X-Limit is %d", limit, len(p.objects), p.most)
}

// judgeLink looks at the Link of a page behind which there is another. since is
// the date_from that was asked for.
func judgeLink(l list, p page, since time.Time) Line {
	c := checkLink.of(l.module)
	if p.next == "" {
		found, mend := "the page has no Link, though there is more", `send Link: <URL of the next page>; rel="next"`
		if p.total >= 0 {
			return c.warn(found, mend)
		}
		return c.fail(found, mend)
	}
	target, ok := resolve(p.exchange.URL, p.next)
	switch {
	case !ok || strings.HasPrefix(p.next, "/") || strings.HasPrefix(p.next, "?"):
		return c.warn("the Link is no absolute URL", "write the whole URL, with scheme and host")
	case !sameHost(target.String(), l.url):
		return c.fail("the Link leads to "+shown(hostOf(p.next))+", the list is at "+hostOf(l.url),
			"write the URL as partners reach it, not that of a system behind")
	case !since.IsZero() && !target.Query().Has("date_from"):
		return c.warn("the Link has lost date_from", "keep the filters of the request in the Link")
	}
	return c.ok("it leads on, at the same host, with the filters")
}

// judgeNext compares a page with the one before.
func judgeNext(l list, first, second page) Line {
	c := checkNextPage.of(l.module)
	if why := second.exchange.refusal(); why != "" {
		return c.fail("the next page: "+why, "give the page that the Link names")
	}
	before, after := keys(l.module, first.objects), keys(l.module, second.objects)
	again := 0
	for _, k := range after {
		if slices.Contains(before, k) {
			again++
		}
	}
	switch {
	case len(after) == 0:
		return c.fail("the next page is empty", "link to a next page only where there is one, and go by offset")
	case slices.Equal(before, after):
		return c.fail("the next page is the same again", "go by offset")
	case again > 0:
		return c.fail(count(again, "object")+" of the first page again on the next", "keep a stable order, oldest first")
	}
	return c.ok("it holds other objects")
}

// judgeTotal holds X-Total-Count against the list: first is a page of it, last
// the one that begins at the last object by that count, nil where it was not
// asked for.
func judgeTotal(l list, first page, last *page) Line {
	c := checkTotalCount.of(l.module)
	switch n := len(first.objects); {
	case first.total < 0:
		return c.warn("there is no X-Total-Count", countAll)
	case first.total < n, first.total == n && first.next != "":
		return c.fail(saidTotal(first)+"but there is more", countAll)
	case last != nil:
		return judgeEnd(c, first, *last)
	case first.next == "" && first.total > n:
		return c.fail(saidTotal(first)+"but the list ends after "+count(n, "object"), countAll)
	}
	return c.ok("it is %d", first.total)
}

const countAll = "count all objects that fit the filters, whatever offset and limit are"

func saidTotal(p page) string { return fmt.Sprintf("X-Total-Count is %d, ", p.total) }

// judgeEnd looks at the page that should hold the last object alone.
func judgeEnd(c check, first, last page) Line {
	if why := last.exchange.refusal(); why != "" {
		return c.warn(fmt.Sprintf("offset=%d: %s", first.total-1, why), "give any page of the list")
	}
	switch {
	case last.total != first.total:
		return c.ok("it changed from %d to %d meanwhile", first.total, last.total)
	case len(last.objects) == 0:
		return c.fail(saidTotal(first)+"but there is nothing at the last offset", countAll)
	case last.next != "":
		return c.fail(saidTotal(first)+"but there is more behind", countAll)
	}
	return c.ok("it is %d, and the list ends there", first.total)
}

// judgeDates says whether date_from and date_to select. newer was asked from a
// moment on, older up to one.
func judgeDates(l list, newer, older page, from, to, now time.Time) Line {
	c := checkDateFilter.of(l.module)
	for name, p := range map[string]page{"date_from": newer, "date_to": older} {
		if why := p.exchange.refusal(); why != "" {
			return c.fail(name+": "+why, "take date_from and date_to in each list")
		}
	}
	oldest, _, some := newer.span(now)
	if some && oldest.Before(from) {
		return c.fail("date_from is ignored: objects are older", "give only what was updated at date_from or later")
	}
	_, newest, some := older.span(now)
	switch {
	case some && newest.After(to):
		return c.fail("date_to is ignored: objects are newer", "give only what was updated before date_to")
	case some && newest.Equal(to):
		return c.warn("date_to is taken as inclusive", "give only what was updated before date_to")
	}
	return c.ok("date_from and date_to select")
}

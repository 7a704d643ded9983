package e2e

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// written are spellings of one time, and of another a minute later.
var written = map[string]func(minute string) string{
	"a blank, six digits, +00:00": func(m string) string { return "2026-01-01 10:" + m + ":11.777336+00:00" },
	"nine digits":                 func(m string) string { return "2026-01-01T10:" + m + ":11.777336123Z" },
	"six digits":                  func(m string) string { return "2026-01-01T10:" + m + ":11.777336Z" },
	"+00:00":                      func(m string) string { return "2026-01-01T10:" + m + ":11+00:00" },
	"another zone":                func(m string) string { return "2026-01-01T12:" + m + ":11+02:00" },
	"no zone":                     func(m string) string { return "2026-01-01T10:" + m + ":11" },
	"no zone, three digits":       func(m string) string { return "2026-01-01T10:" + m + ":11.777" },
	"months without zero":         func(m string) string { return "2026-1-1T10:" + m + ":11Z" },
}

// dated is a location that was last changed then.
func dated(owner ocpi.PartyID, name, at string) string {
	body := locationWith(owner, name, 0)
	body = strings.Replace(body, `,"evses":[]`, "", 1)
	return strings.Replace(body, `"last_updated":"2026-01-01T00:00:00Z"`, `"last_updated":"`+at+`"`, 1)
}

func TestQ17_TimesAreReadInEverySpellingAndPassAsTheyAreWritten(t *testing.T) {
	for name, write := range written {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp()
			newer := dated(id(cpo), "L1", write("05"))
			f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), newer)
			older := dated(id(cpo), "L1", write("04"))
			f.ok(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1"), hubParty, older))
			if !f.lists(emsp, ocpi.Locations, newer) {
				t.Error("an older state took the place of a newer one")
			}
			for from, found := range map[string]bool{write("04"): true, write("06"): false} {
				req := listed(ocpi.Locations, hubParty)
				req.Query = url.Values{"date_from": {from}, "limit": {"1000"}}
				if reply := f.ok(emsp, req); strings.Contains(string(reply.Envelope.Data), newer) != found {
					t.Errorf("date_from=%s: found is %v", from, !found)
				}
			}
		})
	}
	t.Run("also in envelopes, and the hub's own are as specified", func(t *testing.T) {
		f := inTheField(t)
		cpo, emsp := f.cpo(), ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}))
		emsp.Follow(ocpitest.Script{Habits: []ocpitest.Habit{ocpitest.Timestamp("2026-11-21 02:57:11.777336+00:00")}})
		f.register(emsp)
		f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
		reply := f.ok(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1"), hubParty, locationWith(id(cpo), "L1", 1)))
		info := f.arrives(emsp, ocpi.HubClientInfo, "PUT", "/"+id(cpo).ID)
		for _, own := range []string{reply.Envelope.Timestamp, ocpi.FindString(info.Body, "last_updated")} {
			if !specified.MatchString(own) {
				t.Errorf("the hub writes %q", own)
			}
		}
	})
	t.Run("a plus that was not escaped in a query", func(t *testing.T) {
		f := inTheField(t)
		req := listed(ocpi.Locations, hubParty)
		emsp := f.emsp()
		partner, err := emsp.Partner()
		if err != nil {
			t.Fatal(err)
		}
		req.URL = partner.Endpoint(ocpi.Locations, ocpi.Sender) + "?date_from=2026-01-01T10:00:00+00:00&date_to=2026-01-01%2010:00:00"
		f.ok(emsp, req)
	})
}

var specified = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$`)

func TestQ25_ImpossibleTimesAndEnumsPass(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	body := dated(id(cpo), "L1", "2015-06-29T17:17:66Z")
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), body)
	next := strings.Replace(dated(id(cpo), "L1", "2015-06-29T17:18:00Z"), "Dam 1", "Dam 2", 1)
	f.ok(cpo, pushed(ocpi.Locations, "PUT", at(id(cpo), "L1"), hubParty, next))
	if !f.lists(emsp, ocpi.Locations, next) {
		t.Error("what came after an impossible time is not kept")
	}
	odd := strings.Replace(locationWith(id(cpo), "L2", 1), `"AC_3_PHASE"`, `"AC3PHASE"`, 1)
	odd = strings.Replace(odd, `"IEC_62196_T2"`, `"IEC62196T2"`, 1)
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L2"), odd)
}

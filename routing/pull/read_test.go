package pull_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/pull"
)

var locationsOfABC = pull.List{Module: ocpi.Locations, Party: abc}

func (w *world) mark(t *testing.T, l pull.List) pull.Mark {
	t.Helper()
	marks, err := w.marks.Load(t.Context(), "c")
	if err != nil {
		t.Fatal(err)
	}
	return marks[l]
}

// from is the date_from of the last call.
func (w *world) from(t *testing.T) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := url.Parse(w.calls[len(w.calls)-1].URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("date_from")
}

func TestAListIsReadFromTheNewestObjectSeenALittleEarlier(t *testing.T) {
	w := newWorld()
	list := []string{`{"id":"1","last_updated":"2026-01-02T00:00:00Z"}`, `{"id":"2","last_updated":"2026-01-01T00:00:00Z"}`, `{"id":"3"}`}
	w.serve = paper(&list, nil)
	w.sync(t)
	if got := w.from(t); got != "" {
		t.Errorf("the first time from %q", got)
	}
	w.sync(t)
	if got := w.from(t); got != "2026-01-01T23:55:00Z" {
		t.Errorf("the second time from %q", got)
	}
	if _, err := w.Sync(t.Context(), "c", pull.Request{Full: true}, nil); err != nil || w.from(t) != "" {
		t.Errorf("in full from %q, %v", w.from(t), err)
	}
	if m := w.mark(t, locationsOfABC); m.Doubt || m.Read.IsZero() || !m.Newest.Equal(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the mark is %+v", m)
	}
}

func TestALastUpdatedAheadOfTheClockHidesNothing(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	w := newWorld(func(o *pull.Options) { o.Now = func() time.Time { return now } })
	list := []string{`{"id":"1","last_updated":"2099-01-01T00:00:00Z"}`}
	w.serve = paper(&list, nil)
	w.sync(t)
	if got := w.mark(t, locationsOfABC).Newest; !got.Equal(now) {
		t.Errorf("the mark is at %s", got)
	}
}

func TestEachPartyIsAskedInItsOwnNameAndOnlyForWhatItsRoleSends(t *testing.T) {
	w := newWorld()
	p := cpoPlatform("c")
	p.Parties = nil
	second := ocpi.NewPartyID("DE", "AB2")
	for _, c := range []parties.Claim{{Role: ocpi.CPO, Party: abc}, {Role: ocpi.CPO, Party: second}, {Role: ocpi.EMSP, Party: abc}} {
		p.Parties = append(p.Parties, parties.Party{Claim: c})
	}
	p.Endpoints = append(p.Endpoints,
		ocpi.Endpoint{Module: ocpi.Tokens, Interface: ocpi.Sender, URL: "https://cpo.example/tokens"},
		ocpi.Endpoint{Module: ocpi.Sessions, Interface: ocpi.Sender, URL: "https://cpo.example/sessions"},
		ocpi.Endpoint{Module: ocpi.CDRs, Interface: ocpi.Receiver, URL: "https://cpo.example/cdrs"})
	w.put(p)
	if _, err := w.Sync(t.Context(), "c", pull.Request{}, nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	ids := map[string]bool{}
	for _, call := range w.calls {
		path, query, _ := strings.Cut(strings.TrimPrefix(call.URL, "https://cpo.example/"), "?")
		got = append(got, call.Routing.From.String()+" "+call.Routing.To.String()+" "+path)
		ids[call.RequestID] = true
		if strings.HasPrefix(path, "sessions") && !strings.Contains(query, "date_from=2014") {
			t.Errorf("sessions without date_from: %s", query)
		}
		if call.Authorization != "Token t" {
			t.Errorf("the token is sent as %q", call.Authorization)
		}
	}
	want := []string{
		"NL*HUB DE*ABC tokens", "NL*HUB DE*ABC ocpi/2.2.1/locations", "NL*HUB DE*AB2 ocpi/2.2.1/locations",
		"NL*HUB DE*ABC sessions", "NL*HUB DE*AB2 sessions",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(ids) != len(want) {
		t.Errorf("%d request ids, calls: %s", len(ids), diff)
	}
}

func TestH135_TheGoodObjectsOfABadPageAreTakenAndTheBadOnesNamed(t *testing.T) {
	w := newWorld(func(o *pull.Options) { o.PageSize = 10 })
	list := []string{object("1"), `{"id":"2","id":"2"}`, `null`, `"text"`, object("5"), object("6"), "{\"id\":\"\xff\"}"}
	w.serve = paper(&list, nil)
	w.take = func(p routing.Pulled) (catalog.Outcome, error) {
		if ocpi.FindString(p.Body, "id") == "5" {
			return "", fault.Wrap(fault.Invalid, context.Canceled, "/address is required")
		}
		return catalog.Updated, nil
	}
	r := w.sync(t)
	if r.Err != nil || r.Fetched != 7 || r.Updated != 2 || r.Rejected != 5 {
		t.Errorf("the report is %+v", r)
	}
	var pointers []string
	for _, x := range r.Rejections {
		pointers = append(pointers, x.Pointer)
		if x.Page != 1 || x.Reason == "" {
			t.Errorf("left out without a reason: %+v", x)
		}
	}
	if diff := cmp.Diff([]string{"/data/1", "/data/2", "/data/3", "/data/4", "/data/6"}, pointers); diff != "" {
		t.Error(diff)
	}
	if x := r.Rejections[3]; x.ID != "5" || x.Reason != "/address is required" {
		t.Errorf("the reason is %+v", x)
	}
}

func TestWhereTheHubItselfFailsTheMarkStaysInDoubtAndTheNextPullRepeats(t *testing.T) {
	w := newWorld()
	list := objects(5)
	w.serve = paper(&list, nil)
	down := true
	w.take = func(p routing.Pulled) (catalog.Outcome, error) {
		if down && ocpi.FindString(p.Body, "id") == "1" {
			return "", fault.New(fault.Unavailable, "the hub cannot take pushes now")
		}
		return catalog.Created, nil
	}
	if r := w.sync(t); !fault.Is(r.Err, fault.Unavailable) || r.New != 1 || len(w.taken) != 2 {
		t.Errorf("the report is %+v", r)
	}
	if m := w.mark(t, locationsOfABC); !m.Doubt || !m.Newest.IsZero() {
		t.Errorf("the mark is %+v", m)
	}
	down, w.taken = false, nil
	if r := w.sync(t); r.Err != nil || len(w.taken) != 5 || !w.taken[0].Repeat {
		t.Errorf("the second report is %+v; repeated: %v", r, w.taken[0].Repeat)
	}
	w.taken = nil
	if w.sync(t); w.taken[0].Repeat || w.mark(t, locationsOfABC).Doubt {
		t.Error("the doubt is not over")
	}
}

func TestAListThatBreaksOffKeepsWhatCameAndIsReadFromTheSamePlaceAgain(t *testing.T) {
	w := newWorld()
	list := objects(5)
	w.serve = paper(&list, func(_ peer.Call, offset, _ int, r *peer.Reply) {
		if offset > 0 {
			*r = peer.Reply{Status: 500}
		}
	})
	if r := w.sync(t); !fault.Is(r.Err, fault.BadAnswer) || r.New != 3 {
		t.Errorf("the report is %+v", r)
	}
	if m := w.mark(t, locationsOfABC); m != (pull.Mark{}) {
		t.Errorf("the mark is %+v", m)
	}
}

func TestWhatIsNoListIsAnErrorAndNotAnEmptyList(t *testing.T) {
	for name, reply := range map[string]peer.Reply{
		"no OCPI":               {Status: 200, Body: []byte(`<html>`)},
		"an object":             {Status: 200, Body: []byte(`{"data":{},"status_code":1000}`)},
		"an error":              {Status: 200, Body: []byte(`{"data":[],"status_code":2001,"status_message":"who are you"}`)},
		"Q10 the token refused": {Status: 401, Body: []byte(`{"detail":"no"}`)},
	} {
		w := newWorld()
		w.serve = func(context.Context, peer.Call) (peer.Reply, error) { return reply, nil }
		if r := w.sync(t); !fault.Is(r.Err, fault.BadAnswer) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	w := newWorld()
	w.serve = func(context.Context, peer.Call) (peer.Reply, error) {
		return peer.Reply{Status: 200, Body: []byte(`{"data":null,"status_code":1000}`)}, nil
	}
	if r := w.sync(t); r.Err != nil {
		t.Errorf("null for an empty list: %+v", r)
	}
}

func TestTheUIDOfATokenIsNotTold(t *testing.T) {
	w := newWorld()
	p := cpoPlatform("c")
	p.Parties[0].Role = ocpi.EMSP
	p.Endpoints[0].Module = ocpi.Tokens
	w.put(p)
	list := []string{`{"id":"secret","uid":"secret"}`}
	w.serve = paper(&list, nil)
	w.take = func(routing.Pulled) (catalog.Outcome, error) { return "", fault.New(fault.Invalid, "no") }
	if r := w.sync(t); len(r.Rejections) != 1 || r.Rejections[0].ID != "" {
		t.Errorf("the report is %+v", r)
	}
}

func TestADryPullTellsWhichListsItWouldReadSinceWhenAndAsksNothing(t *testing.T) {
	w := newWorld()
	list, newest := pull.List{Module: ocpi.Locations, Party: abc}, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := w.marks.Save(t.Context(), "c", list, pull.Mark{Newest: newest}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		full bool
		want time.Time
	}{{false, newest.Add(-5 * time.Minute)}, {true, time.Time{}}} {
		var told []pull.ListReport
		report, err := w.Sync(t.Context(), "c", pull.Request{Dry: true, Full: test.full}, func(r pull.ListReport) { told = append(told, r) })
		if err != nil || len(told) != 1 || len(report.Lists) != 1 || told[0].List != list || !told[0].Since.Equal(test.want) {
			t.Errorf("full %t: told %+v, %v; want since %s", test.full, told, err, test.want)
		}
	}
	if _, err := w.Sync(t.Context(), "nobody", pull.Request{Dry: true}, nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("nobody: %v", err)
	}
	if len(w.calls) > 0 || len(w.taken) > 0 || len(w.read) > 0 {
		t.Errorf("it has called %v, taken %v, read %v", w.calls, w.taken, w.read)
	}
}

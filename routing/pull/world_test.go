package pull_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/pull"
)

var (
	hub = ocpi.NewPartyID("NL", "HUB")
	abc = ocpi.NewPartyID("DE", "ABC")
)

const endpoint = "https://cpo.example/ocpi/2.2.1/locations"

// world is what a Puller stands on: a registry, the wire to scripted platforms
// and an intake that remembers.
type world struct {
	*pull.Puller
	marks *pull.Memory

	mu        sync.Mutex
	platforms map[string]*parties.Platform
	calls     []peer.Call
	serve     func(ctx context.Context, call peer.Call) (peer.Reply, error)
	taken     []routing.Pulled
	take      func(p routing.Pulled) (catalog.Outcome, error)
	doubted   []string
	read      []pull.ListReport
}

func newWorld(edit ...func(*pull.Options)) *world {
	w := &world{marks: pull.NewMemory(), platforms: map[string]*parties.Platform{}}
	o := pull.Options{
		Self: hub, Registry: w, Caller: w, Intake: w, Marks: w.marks, PageSize: 3,
		Doubt: func(id string) { w.mu.Lock(); defer w.mu.Unlock(); w.doubted = append(w.doubted, id) },
		Observe: func(_ string, r pull.ListReport, _ time.Duration) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.read = append(w.read, r)
		},
		Log: slog.New(slog.DiscardHandler),
	}
	for _, e := range edit {
		e(&o)
	}
	w.Puller = pull.New(o)
	w.put(cpoPlatform("c"))
	return w
}

// cpoPlatform is a connected CPO that offers its locations.
func cpoPlatform(id string) *parties.Platform {
	return &parties.Platform{
		ID: id, Status: parties.Connected,
		Parties:   []parties.Party{{Claim: parties.Claim{Role: ocpi.CPO, Party: abc}}},
		Endpoints: []ocpi.Endpoint{{Module: ocpi.Locations, Interface: ocpi.Sender, URL: endpoint}},
	}
}

// put changes the registry, and tells the Puller.
func (w *world) put(p *parties.Platform) {
	before := w.Directory()
	w.mu.Lock()
	w.platforms[p.ID] = p
	w.mu.Unlock()
	w.Changed(before, w.Directory())
}

func (w *world) Directory() *parties.Directory {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*parties.Platform
	for _, p := range w.platforms {
		all = append(all, p)
	}
	return parties.NewDirectory(all, 1)
}

func (*world) Token(*parties.Platform) (string, ocpi.TokenEncoding, error) {
	return "t", ocpi.TokenRaw, nil
}

func (*world) Guard() peer.Guard { return peer.NewGuard(nil) }

func (w *world) Do(ctx context.Context, call peer.Call) (peer.Reply, error) {
	w.mu.Lock()
	w.calls = append(w.calls, call)
	serve := w.serve
	w.mu.Unlock()
	if serve == nil {
		return ok(nil), nil
	}
	return serve(ctx, call)
}

func (w *world) Take(_ context.Context, p routing.Pulled) (catalog.Outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = append(w.taken, p)
	if w.take != nil {
		return w.take(p)
	}
	return catalog.Created, nil
}

// ids are the ids of the objects that were taken, each once, in the order in
// which they first came.
func (w *world) ids() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, p := range w.taken {
		if id := ocpi.FindString(p.Body, "id"); !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// queries are the queries that were asked, without what is the same in all.
func (w *world) queries(t *testing.T) []string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, call := range w.calls {
		base, query, _ := strings.Cut(call.URL, "?")
		if base != endpoint {
			query = base + "?" + query
		}
		out = append(out, query)
	}
	return out
}

func (w *world) sync(t *testing.T) pull.ListReport {
	t.Helper()
	r, err := w.Sync(t.Context(), "c", pull.Request{}, nil)
	if err != nil || len(r.Lists) != 1 {
		t.Fatalf("sync: %+v, %v", r, err)
	}
	return r.Lists[0]
}

// ok is an answer with a list.
func ok(objects []string) peer.Reply {
	return peer.Reply{Status: 200, Body: []byte(`{"data":[` + strings.Join(objects, ",") + `],"status_code":1000}`)}
}

func object(id string) string {
	return fmt.Sprintf(`{"id":%q,"last_updated":"2026-01-01T00:00:00Z"}`, id)
}

func objects(n int) []string {
	var out []string
	for i := range n {
		out = append(out, object(strconv.Itoa(i)))
	}
	return out
}

func ids(n int) []string {
	var out []string
	for i := range n {
		out = append(out, strconv.Itoa(i))
	}
	return out
}

// paper serves a list in the specified way; habit spoils an answer.
func paper(list *[]string, habit func(call peer.Call, offset, limit int, r *peer.Reply)) func(context.Context, peer.Call) (peer.Reply, error) {
	return func(_ context.Context, call peer.Call) (peer.Reply, error) {
		u, err := url.Parse(call.URL)
		if err != nil {
			return peer.Reply{}, fault.New(fault.BadAnswer, "%v", err)
		}
		offset, _ := strconv.Atoi(u.Query().Get("offset"))
		limit, _ := strconv.Atoi(u.Query().Get("limit"))
		all := *list
		first := min(offset, len(all))
		last := min(first+limit, len(all))
		r := ok(all[first:last])
		r.TotalCount, r.Limit = strconv.Itoa(len(all)), "1000"
		if last < len(all) {
			q := u.Query()
			q.Set("offset", strconv.Itoa(last))
			r.Link = []string{`<` + endpoint + "?" + q.Encode() + `>; rel="next"`}
		}
		if habit != nil {
			habit(call, offset, limit, &r)
		}
		return r, nil
	}
}

// data reads the list of an answer again.
func data(r *peer.Reply) []json.RawMessage {
	env, _ := ocpi.ParseEnvelope(r.Body)
	var out []json.RawMessage
	_ = json.Unmarshal(env.Data, &out)
	return out
}

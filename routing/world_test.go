package routing

import (
	"context"
	"encoding/json"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// world is a router between one CPO and scripted receivers, without a network.
type world struct {
	*Router
	t         *testing.T
	cpo       *parties.Platform
	directory *parties.Directory

	mu      sync.Mutex
	script  map[ocpi.PartyID]receiver
	calls   []peer.Call
	doubts  []string
	records []Record
}

// receiver is how a party answers a call.
type receiver func(ctx context.Context, c peer.Call) (peer.Reply, error)

var _ Registry = (*world)(nil)

var _ Caller = (*world)(nil)

// newWorld returns a world with these eMSPs, each on a platform of its own.
func newWorld(t *testing.T, emsps ...ocpi.PartyID) *world {
	w := &world{t: t, script: map[ocpi.PartyID]receiver{}}
	w.cpo = home("cpo", parties.Connected, party(ocpi.CPO, cpo))
	all := []*parties.Platform{w.cpo}
	for _, e := range emsps {
		all = append(all, home(e.String(), parties.Connected, party(ocpi.EMSP, e)))
	}
	w.directory = parties.NewDirectory(all, 1)
	objects := catalog.NewMemory()
	w.Router = New(Options{
		Self: Self{Party: hub, PublicURL: "http://hub"}, Registry: w, Caller: w,
		Catalog: objects, Transit: objects, Trails: trail.NewMemory(), Now: time.Now,
		Timeouts:      Timeouts{Default: 30 * time.Second},
		Authorization: Authorization{Timeout: 3 * time.Second, FanOut: 16},
		Enforce:       true, Doubt: w.doubt, Observe: w.observe,
	})
	return w
}

// home is a platform that offers both interfaces of every module.
func home(id string, status parties.Status, list ...parties.Party) *parties.Platform {
	p := &parties.Platform{ID: id, Status: status, Version: ocpi.V221, Parties: list, SealedToken: []byte{1}}
	for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.Tokens, ocpi.Commands, ocpi.ChargingProfiles} {
		for _, i := range []ocpi.Interface{ocpi.Sender, ocpi.Receiver} {
			p.Endpoints = append(p.Endpoints, ocpi.Endpoint{Module: m, Interface: i, URL: "http://127.0.0.1/" + id + "/" + string(i) + "/" + string(m)})
		}
	}
	return p
}

func (w *world) Directory() *parties.Directory { return w.directory }

func (w *world) Token(*parties.Platform) (string, ocpi.TokenEncoding, error) {
	return "t", ocpi.TokenBase64, nil
}

func (w *world) Guard() peer.Guard {
	return peer.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
}

func (w *world) Do(ctx context.Context, c peer.Call) (peer.Reply, error) {
	w.mu.Lock()
	w.calls = append(w.calls, c)
	answers := w.script[c.Routing.To]
	w.mu.Unlock()
	if answers == nil {
		return peer.Reply{}, fault.New(fault.NotConnected, "%s has no script", c.Routing.To)
	}
	return answers(ctx, c)
}

func (w *world) doubt(platform string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubts = append(w.doubts, platform)
}

func (w *world) observe(_ context.Context, r Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records = append(w.records, r)
}

// asked lists the parties that were called, in order.
func (w *world) asked() (out []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		out = append(out, c.Routing.To.String())
	}
	return out
}

// last is the record of the last message.
func (w *world) last() Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.records) == 0 {
		w.t.Fatal("no message was recorded")
	}
	return w.records[len(w.records)-1]
}

// send routes a message of the CPO.
func (w *world) send(method string, at ocpi.Address, path, body string, to ocpi.PartyID) (Answer, error) {
	w.t.Helper()
	return w.sendFrom(cpo, method, at, path, body, to)
}

// sendFrom routes a message of any party.
func (w *world) sendFrom(from ocpi.PartyID, method string, at ocpi.Address, path, body string, to ocpi.PartyID) (Answer, error) {
	w.t.Helper()
	rule, segments, _, why := ocpi.Match(at, method, path)
	if why != ocpi.Matched {
		w.t.Fatalf("no rule for %s %v %s", method, at, path)
	}
	return w.Route(w.t.Context(), &Message{
		Rule: rule, Sender: w.directory.Homes(from)[0].Platform, Routing: ocpi.Routing{From: from, To: to}, Path: path, Segments: segments,
		Body: []byte(body), RequestID: "r", CorrelationID: "c",
	})
}

// says answers with HTTP 200 and data.
func says(data string) receiver {
	return func(context.Context, peer.Call) (peer.Reply, error) { return reply(200, ocpi.StatusOK, data), nil }
}

func reply(status int, code ocpi.StatusCode, data string) peer.Reply {
	env := ocpi.NewEnvelope(code, "", time.Unix(0, 0))
	env.Data = json.RawMessage(data)
	return peer.Reply{Status: status, Body: env.Bytes()}
}

// unknown answers that the token is not known.
func unknown(context.Context, peer.Call) (peer.Reply, error) {
	return reply(404, ocpi.StatusUnknownToken, ""), nil
}

// silence answers nothing before the call ends.
func silence(ctx context.Context, c peer.Call) (peer.Reply, error) {
	late := time.NewTimer(c.Timeout)
	defer late.Stop()
	select {
	case <-ctx.Done():
	case <-late.C:
	}
	return peer.Reply{}, fault.New(fault.Timeout, "no answer")
}

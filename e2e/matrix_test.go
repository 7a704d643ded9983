package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// cell is one message of the matrix, and what the table says of it.
type cell struct {
	name string
	by   guest
	req  ocpitest.Request
	// receivers are the parties that must be called, and nobody else; code is
	// that of the answer.
	receivers []ocpi.PartyID
	code      ocpi.StatusCode
	later     *ocpitest.Callback // gets the result, if it was let through
}

// want fills in what the table says of a message from one party to another.
func (c cell) want(t table, on side, to guest) cell {
	m := c.req.Module
	switch {
	case m == shop && !t.shops(c.by.home):
		c.code = 2000
	case !c.by.on(on) && m != shop:
		c.code = 2001
	case t.allows(c.by, on, to, m) || m == shop && t.allows(c.by, !on, to, m):
		c.code, c.receivers = 1000, []ocpi.PartyID{to.id}
	default:
		c.code = 4001
	}
	return c
}

// run sends the messages of some cells side by side, and compares what each of
// them led to with what it should.
func (s *ball) run(cells []cell) {
	s.t.Helper()
	var work sync.WaitGroup
	slots := make(chan struct{}, 16)
	replies := make([]ocpitest.Reply, len(cells))
	for i := range cells {
		c := &cells[i]
		c.req.From, c.req.CorrelationID = c.by.id, uuid.NewString()
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			reply, err := s.at[c.by.home].Do(s.t.Context(), c.req)
			if err != nil {
				s.t.Errorf("%s: %v", c.name, err)
			}
			replies[i] = reply
		})
	}
	work.Wait()
	called := s.called()
	for i, c := range cells {
		if replies[i].Code() != c.code {
			s.t.Errorf("%s is answered HTTP %d with %d %q, want %d", c.name, replies[i].Status, replies[i].Code(), replies[i].Envelope.StatusMessage, c.code)
		}
		if got, want := called[c.req.CorrelationID], inOrder(c.receivers); got != want {
			s.t.Errorf("%s reached %q, want %q", c.name, got, want)
		}
		s.wantResult(c)
	}
	s.cells += len(cells)
}

// wantResult waits for the result of a command that was let through.
func (s *ball) wantResult(c cell) {
	s.t.Helper()
	if c.later == nil || len(c.receivers) == 0 {
		return
	}
	result, err := c.later.Wait(soon(s.t))
	if err != nil || result.Routing != routing(c.by.id, c.receivers[0]) {
		s.t.Errorf("the result of %s: %v, %v", c.name, err, result.Routing)
	}
	s.cells++
}

// called tells which parties were called by each message, by its correlation
// id.
func (s *ball) called() map[string]string {
	seen := map[string][]ocpi.PartyID{}
	for _, p := range s.at {
		for _, call := range p.Calls(func(c ocpitest.Call) bool { return c.Module.Functional() }) {
			seen[call.CorrelationID()] = append(seen[call.CorrelationID()], call.Routing.To)
		}
	}
	for id, to := range s.shop.visits() {
		seen[id] = append(seen[id], to)
	}
	out := map[string]string{}
	for id, list := range seen {
		out[id] = inOrder(list)
	}
	return out
}

// inOrder lists parties in order, each once.
func inOrder(list []ocpi.PartyID) string {
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

// direct checks every letter from every party to every other.
func (s *ball) direct() {
	s.t.Helper()
	var cells []cell
	for _, from := range matrix {
		for _, to := range matrix {
			for i, l := range letters {
				if from == to {
					continue
				}
				id := fmt.Sprintf("D%d-%s-%s", i, from.id.ID, to.id.ID)
				c := cell{name: fmt.Sprintf("%s from %s to %s (%s)", l.name, from.id, to.id, s.dealOf(from, to)), by: from}
				c.req, c.later = l.request(s.at[from.home], from, to, id)
				c.req.To = to.id
				if l.module == shop {
					c.req.URL = shopURL(s.hub, id)
				}
				cells = append(cells, c.want(s.table, l.on, to))
			}
		}
	}
	s.run(cells)
}

// publish has parties push to all what they may, and try what they may not.
func (s *ball) publish(tag string, by ...guest) {
	s.t.Helper()
	for _, from := range by {
		for _, p := range publications {
			want := ocpi.StatusCode(1000)
			if !from.on(p.on) || !broadcasts(from.role, p.module) {
				want = 2001
			}
			body := p.body(from.id, publicationOf(tag, p.module, from))
			reply, err := s.at[from.home].Push(s.t.Context(), p.module, hubParty, []byte(body))
			if err != nil || reply.Code() != want {
				s.t.Errorf("%s pushes %s to all: %v, %d %s, want %d", from.id, p.module, err, reply.Code(), reply.Envelope.StatusMessage, want)
			}
		}
	}
}

// wantCopies compares who holds what parties have pushed to all with what they
// are owed.
func (s *ball) wantCopies(tag string, owed func(t table, owner, to guest, on side, m ocpi.ModuleID) bool, by ...guest) {
	s.t.Helper()
	for _, to := range matrix {
		for _, from := range by {
			for _, p := range publications {
				key := ocpitest.Key{Module: p.module, Owner: from.id, ID: publicationOf(tag, p.module, from)}
				_, got := s.at[to.home].Object(key, to.id)
				if want := from != to && owed(s.table, from, to, p.on, p.module); got != want {
					s.t.Errorf("%s: %s of %s came to %s: %t, want %t (%s)", tag, p.module, from.id, to.id, got, want, s.dealOf(from, to))
				}
				s.cells++
			}
		}
	}
}

// publicationOf is the id of what a party pushes to all.
func publicationOf(tag string, m ocpi.ModuleID, from guest) string {
	if m == ocpi.Tokens && tag == "all" {
		return tokenOfGuest(from)
	}
	return tag + "-" + from.id.ID
}

// lists checks whose objects each party finds in the hub's lists.
func (s *ball) lists() {
	s.t.Helper()
	for _, reader := range matrix {
		for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.Tokens, ocpi.Sessions, ocpi.CDRs} {
			on := server
			if m == ocpi.Tokens {
				on = operator
			}
			if !reader.on(on) {
				continue
			}
			owners := map[ocpi.PartyID]bool{}
			crawl, err := s.at[reader.home].GetAll(s.t.Context(), ocpitest.List{
				Module: m, From: reader.id, To: hubParty, Query: url.Values{"date_from": {"2020-01-01T00:00:00Z"}},
			}, func(raw []byte) error {
				owners[ocpi.NewPartyID(ocpi.FindString(raw, "country_code"), ocpi.FindString(raw, "party_id"))] = true
				return nil
			})
			var got, want []ocpi.PartyID
			for owner := range owners {
				got = append(got, owner)
			}
			for _, owner := range everybody {
				if s.table.lists(reader, on, owner, m) {
					want = append(want, owner.id)
				}
			}
			if err != nil || crawl.Total != crawl.Objects || inOrder(got) != inOrder(want) {
				s.t.Errorf("%s lists %s of %q, want %q: %+v, %v", reader.id, m, inOrder(got), inOrder(want), crawl, err)
			}
			s.cells += len(everybody)
		}
	}
}

// lists says whether a party finds objects of another in the hub's list: what
// that one gave to all or to it, if it may ask for it.
func (t table) lists(reader guest, on side, owner guest, m ocpi.ModuleID) bool {
	switch {
	case owner.id == reader.id:
		return broadcasts(owner.role, m)
	case owner.home == usher.home && m != ocpi.Locations && m != ocpi.Tokens:
		return false // the usher gives nothing else
	}
	return t.allows(reader, on, owner, m) && (broadcasts(owner.role, m) || t.allows(owner, !on, reader, m))
}

// acquaintances checks of whom each platform hears: in the list of client info,
// and by the pushes of it.
func (s *ball) acquaintances() {
	s.t.Helper()
	for home, p := range s.at {
		var want, got []string
		told := map[string]string{}
		for _, g := range everybody {
			if g.home != home && slices.ContainsFunc(everybody, func(own guest) bool { return own.home == home && s.table.linked(own, g) }) {
				want = append(want, string(g.role)+":"+g.id.String())
				told[want[len(want)-1]] = "CONNECTED"
			}
		}
		_, err := p.GetAll(s.t.Context(), ocpitest.List{Module: ocpi.HubClientInfo}, func(raw []byte) error {
			got = append(got, ocpi.FindString(raw, "role")+":"+ocpi.FindString(raw, "country_code")+"*"+ocpi.FindString(raw, "party_id"))
			return nil
		})
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			s.t.Errorf("%s lists client info: %v, -want +got:\n%s", home, err, diff)
		}
		eventually(s.t, untilDelivered, home+" is told the same", func() error {
			is := map[string]string{}
			for _, info := range p.ClientInfos() {
				if info.Status != "SUSPENDED" {
					is[info.Party.String()] = info.Status
				}
			}
			if diff := cmp.Diff(told, is); diff != "" {
				return errors.New(diff)
			}
			return nil
		})
		s.cells += len(everybody)
	}
}

func TestEveryWayFollowsTheAgreements(t *testing.T) {
	for round, catchUp := range []string{"latest", "none", "latest", "none"} {
		t.Run(fmt.Sprintf("round %d, catch-up %s", round, catchUp), func(t *testing.T) {
			t.Parallel()
			s := newBall(t, table{deals: agreed(round * 5), catchUp: catchUp})
			s.publish("all", matrix...)
			s.direct()
			s.open()
			s.settled("first")
			s.wantCopies("all", table.hears, matrix...)
			s.lists()
			s.acquaintances()
			s.outage()
			t.Logf("%d cells", s.cells)
		})
	}
}

// hears says whether a party gets a copy of what another pushes to all.
func (t table) hears(owner, to guest, on side, m ocpi.ModuleID) bool {
	return hears(owner.role, to.role, m) && t.allows(owner, on, to, m)
}

// workshop serves the custom module of all platforms, and notes who is called.
type workshop struct {
	mu   sync.Mutex
	seen map[string]ocpi.PartyID // the receiver, by correlation id
}

func (w *workshop) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	to, err := ocpi.ParseRouting(r.Header)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[r.Header.Get(ocpi.HeaderCorrelationID)] = to.To
	_, _ = rw.Write([]byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`))
}

func (w *workshop) visits() map[string]ocpi.PartyID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.seen)
}

package hub_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// apart is a CPO of 2.1.1 with a connection for each of two eMSPs, of 2.2.1 and of
// 2.3.0, and a third eMSP with which it has none.
type apart struct {
	*testing.T
	ctx            context.Context
	hub            *hub.Hub
	one, two, none *ocpitest.Platform
	toOne, toTwo   *ocpitest.Platform
}

func newApart(t *testing.T) *apart {
	t.Helper()
	h := startHub(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	a := &apart{T: t, ctx: ctx, hub: h}
	a.one, a.two, a.none = join(t, h, of(ocpi.EMSP, emsp)), join(t, h, in230(of(ocpi.EMSP, emsp2))), join(t, h, of(ocpi.EMSP, other))
	a.toOne, a.toTwo = joinAs(t, h, emsp), joinAs(t, h, emsp2)
	return a
}

// joinAs registers the CPO on a connection that is for one party.
func joinAs(t *testing.T, h *hub.Hub, as ocpi.PartyID) *ocpitest.Platform {
	t.Helper()
	o := of(ocpi.CPO, cpo)
	o.Name, o.Versions = "for "+as.String(), []ocpi.Version{ocpi.V211}
	p := ocpitest.Run(t, o)
	_, tokenA, err := h.Registry().InviteNewcomer(t.Context(), parties.Newcomer{
		Name: o.Name, Claims: []parties.Claim{{Role: ocpi.CPO, Party: cpo}}, As: as,
	})
	if err == nil {
		err = p.Register(t.Context(), h.VersionsURL(), tokenA)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (a *apart) ok(what string, reply ocpitest.Reply, err error) ocpitest.Reply {
	a.Helper()
	if err == nil {
		err = reply.Err()
	}
	if err != nil {
		a.Fatalf("%s: %v", what, err)
	}
	return reply
}

// only says that of the platforms that could have it, one has an object.
func (a *apart) only(holder *ocpitest.Platform, key ocpitest.Key, all ...*ocpitest.Platform) {
	a.Helper()
	has := func(p *ocpitest.Platform) bool {
		_, there := p.Object(key, p.Parties()[0].ID)
		return there
	}
	if err := holder.Until(a.ctx, func() bool { return has(holder) }); err != nil {
		a.Fatalf("%s does not have %v: %v", holder.Name(), key, err)
	}
	for _, p := range all {
		if p != holder && has(p) {
			a.Errorf("%s has %v, which is for %s", p.Name(), key, holder.Name())
		}
	}
}

func TestACPOOf211MayHaveAConnectionForEachEMSPAndNothingGoesTheOtherWay(t *testing.T) {
	a := newApart(t)
	for p, as := range map[*ocpitest.Platform]ocpi.PartyID{a.toOne: emsp, a.toTwo: emsp2} {
		if partner, err := p.Partner(); err != nil || len(partner.Parties) != 1 || partner.Parties[0].ID != as {
			t.Fatalf("the hub is %+v, %v; want %s", partner.Parties, err, as)
		}
	}
	a.tokens()
	a.locations()
	a.sessions()
	a.lists()
	a.authorise()
	a.commands()
	a.strangers()
}

// tokens are pushed to all, and come on the connection of their eMSP alone.
func (a *apart) tokens() {
	for _, p := range []*ocpitest.Platform{a.one, a.two, a.none} {
		owner := p.Parties()[0].ID
		reply, err := p.Push(a.ctx, ocpi.Tokens, hubParty, p.SampleOf(owner).Token("04"+owner.ID))
		a.ok("a token", reply, err)
	}
	a.only(a.toOne, ocpitest.Key{Module: ocpi.Tokens, Owner: emsp, ID: "04TNM"}, a.toTwo)
	a.only(a.toTwo, ocpitest.Key{Module: ocpi.Tokens, Owner: emsp2, ID: "04ECO"}, a.toOne)
}

// locations go to the eMSP of the connection, by the id that they have.
func (a *apart) locations() {
	for _, c := range []struct {
		by, to *ocpitest.Platform
		id     string
	}{{a.toOne, a.one, "L1"}, {a.toTwo, a.two, "L2"}} {
		reply, err := c.by.Push(a.ctx, ocpi.Locations, ocpi.PartyID{}, c.by.SampleOf(cpo).Location(c.id))
		a.ok("a location", reply, err)
		a.only(c.to, ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: c.id}, a.one, a.two, a.none)
		key := ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: c.id}
		reply, err = c.by.Patch(a.ctx, ocpitest.Change{Key: key, Body: []byte(`{"name":"Kade new","last_updated":"2026-12-01T00:00:00Z"}`)})
		a.ok("a PATCH", reply, err)
		if got, _ := c.to.Object(key, c.to.Parties()[0].ID); ocpi.FindString(got.Raw, "name") != "Kade new" {
			a.Errorf("%s holds %s", c.to.Name(), got.Raw)
		}
	}
}

// sessions go there too, although the token in one is another eMSP's.
func (a *apart) sessions() {
	of := a.toTwo.SampleOf(cpo)
	for id, uid := range map[string]string{"S1": "04ECO", "S2": "04TNM"} {
		token := ocpitest.Sample{Version: ocpi.V211, Owner: emsp2, At: of.At}.Token(uid)
		reply, err := a.toTwo.Push(a.ctx, ocpi.Sessions, ocpi.PartyID{}, of.Session(id, ocpitest.Charge{Location: of.Location("L2"), Token: token}))
		a.ok("a session", reply, err)
		a.only(a.two, ocpitest.Key{Module: ocpi.Sessions, Owner: cpo, ID: id}, a.one, a.two, a.none)
	}
	got, _ := a.two.Object(ocpitest.Key{Module: ocpi.Sessions, Owner: cpo, ID: "S1"}, emsp2)
	if ocpi.FindString(got.Raw, "location_id") != "L2" || ocpi.FindString(ocpi.FindObject(got.Raw, "cdr_token"), "uid") != "04ECO" {
		a.Errorf("the session came as %s", got.Raw)
	}
}

// lists on a connection are those of its eMSP, and the CPO is listed to the eMSPs
// by the ids that it gave.
func (a *apart) lists() {
	for p, uid := range map[*ocpitest.Platform]string{a.toOne: "04TNM", a.toTwo: "04ECO"} {
		var seen []string
		_, err := p.GetAll(a.ctx, ocpitest.List{Module: ocpi.Tokens}, func(raw []byte) error {
			seen = append(seen, ocpi.FindString(raw, "uid"))
			return nil
		})
		if err != nil || len(seen) != 1 || seen[0] != uid {
			a.Errorf("%s lists %v, %v; want %s", p.Name(), seen, err, uid)
		}
	}
	for p, id := range map[*ocpitest.Platform]string{a.one: "L1", a.two: "L2", a.none: ""} {
		seen := ""
		_, err := p.GetAll(a.ctx, ocpitest.List{Module: ocpi.Locations, From: p.Parties()[0].ID, To: hubParty}, func(raw []byte) error {
			seen += ocpi.FindString(raw, "id")
			return nil
		})
		if err != nil || seen != id {
			a.Errorf("%s lists %q, %v; want %q", p.Name(), seen, err, id)
		}
	}
}

// authorise asks the eMSP of the connection, whoever gave out the token.
func (a *apart) authorise() {
	reply, err := a.toOne.Authorize(a.ctx, "04TNM", cpo, ocpi.PartyID{}, a.toOne.SampleOf(cpo).Where("L1"))
	if data := a.ok("an authorisation", reply, err).Envelope.Data; ocpi.FindString(data, "allowed") != "ALLOWED" {
		a.Errorf("it is answered %s", data)
	}
	asked := a.one.Calls(ocpitest.Is(ocpi.Tokens, "POST"))
	if len(asked) != 1 || ocpi.FindString(asked[0].Body, "location_id") != "L1" {
		a.Errorf("the eMSP was asked %v", asked)
	}
	reply, err = a.toOne.Authorize(a.ctx, "04ECO", cpo, ocpi.PartyID{}, nil)
	if err != nil || reply.Status != 404 || len(a.two.Calls(ocpitest.Is(ocpi.Tokens, "POST"))) > 0 {
		a.Errorf("a token of the other eMSP: HTTP %d, %v", reply.Status, err)
	}
}

// commands come on the connection of their eMSP, named by the CPO's ids, and their
// results go back.
func (a *apart) commands() {
	for _, c := range []struct {
		by, at, elsewhere *ocpitest.Platform
		location          string
		to                ocpi.PartyID
	}{{a.one, a.toOne, a.toTwo, "L1", cpo}, {a.two, a.toTwo, a.toOne, "L2", ocpi.PartyID{}}} {
		from := c.by.Parties()[0].ID
		elsewhere := len(c.elsewhere.Calls(ocpitest.Is(ocpi.Commands, "POST")))
		result, later, err := c.by.Command(a.ctx, ocpitest.Order{
			Name: "START_SESSION", From: from, To: c.to,
			Body: c.by.SampleOf(from).StartSession(c.location, c.by.SampleOf(from).Token("04"+from.ID)),
		})
		if err != nil || result != "ACCEPTED" {
			a.Fatalf("START_SESSION is answered %q, %v", result, err)
		}
		if final, err := later.Wait(a.ctx); err != nil || final.Result() != "ACCEPTED" {
			a.Errorf("the result is %s, %v", final.Body, err)
		}
		got := c.at.Calls(ocpitest.Is(ocpi.Commands, "POST"))
		if len(got) != 1 || ocpi.FindString(got[0].Body, "location_id") != c.location {
			a.Errorf("the CPO got %v", got)
		}
		if n := len(c.elsewhere.Calls(ocpitest.Is(ocpi.Commands, "POST"))); n != elsewhere {
			a.Errorf("%s got a command for %s", c.elsewhere.Name(), c.at.Name())
		}
	}
}

// strangers are told nothing of the CPO, and reach it no more than one that is not
// there.
func (a *apart) strangers() {
	put := a.none.SampleOf(other).Token("04X")
	path := other.Country + "/" + other.ID + "/04X"
	reply := send(a, a.none, ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", From: other, To: cpo, Path: path, Body: put})
	absent := send(a, a.none, ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Receiver, Method: "PUT", From: other, To: cpo2, Path: path, Body: put})
	if reply.Status != absent.Status || reply.Code() != absent.Code() || reply.Code() == ocpi.StatusOK ||
		strings.ReplaceAll(reply.Envelope.StatusMessage, cpo.String(), "") != strings.ReplaceAll(absent.Envelope.StatusMessage, cpo2.String(), "") {
		a.Errorf("it gets HTTP %d with %d %q, and of a party that is not there HTTP %d with %d %q", reply.Status, reply.Code(), reply.Envelope.StatusMessage,
			absent.Status, absent.Code(), absent.Envelope.StatusMessage)
	}
	for _, p := range []*ocpitest.Platform{a.toOne, a.toTwo} {
		if n := len(p.Calls(func(c ocpitest.Call) bool { return strings.Contains(string(c.Body), "04X") })); n > 0 {
			a.Errorf("%s was called", p.Name())
		}
	}
	seen := map[*ocpitest.Platform]bool{}
	for _, p := range []*ocpitest.Platform{a.one, a.none} {
		for _, info := range p.ClientInfos() {
			seen[p] = seen[p] || info.Party.ID == cpo
		}
	}
	if !seen[a.one] || seen[a.none] {
		a.Errorf("who has a connection sees the CPO: %t; who has none: %t", seen[a.one], seen[a.none])
	}
}

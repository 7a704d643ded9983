package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// across is who meets whom across versions, at a hub that offers them.
type across struct {
	older    *ocpitest.Platform // a CPO of 2.1.1
	newest   *ocpitest.Platform // an eMSP of 2.3.0
	cpo      ocpi.PartyID
	emsp     ocpi.PartyID
	location []byte // as the CPO wrote it
}

const (
	olderLocation = "DEMO-LOC-211"
	newestToken   = "04230230"
	olderSession  = "DEMO-SESSION-211"
	olderCDR      = "DEMO-CDR-211"
)

// acrossVersions is the part of the story that needs 2.1.1 and 2.3.0.
func acrossVersions() []step {
	return []step{
		{"platforms of OCPI 2.1.1 and 2.3.0 join", (*Demo).joinVersions},
		{"each reads the others in its own version", (*Demo).readVersions},
		{"a location of OCPI 2.1.1 reaches every eMSP", (*Demo).publishOlder},
		{"a driver of OCPI 2.3.0 charges at a CPO of 2.1.1", (*Demo).chargeAcross},
	}
}

// spansVersions says whether the hub offers what that part needs.
func (d *Demo) spansVersions() bool {
	return slices.Contains(d.offered, string(ocpi.V211)) && slices.Contains(d.offered, string(ocpi.V230))
}

// guests are the platforms that joined for that part.
func (d *Demo) guests() []*ocpitest.Platform {
	var out []*ocpitest.Platform
	for _, p := range []*ocpitest.Platform{d.across.older, d.across.newest} {
		if p != nil {
			out = append(out, p)
		}
	}
	return out
}

// joinVersions lets a CPO of 2.1.1 and an eMSP of 2.3.0 register, and looks at
// what each is told in the words of its version.
func (d *Demo) joinVersions(ctx context.Context) (string, error) {
	a := &d.across
	a.cpo = d.unused(ocpi.NewPartyID("FI", "VAN"))
	a.emsp = d.unused(ocpi.NewPartyID("NO", "NYE"))
	var err error
	if a.older, err = start("CPO platform of 2.1.1", ocpi.CPO, []ocpi.PartyID{a.cpo}, ocpi.V211); err != nil {
		return "", err
	}
	if a.newest, err = start("eMSP platform of 2.3.0", ocpi.EMSP, []ocpi.PartyID{a.emsp}, ocpi.V230); err != nil {
		return "", err
	}
	for _, p := range d.guests() {
		if err := d.join(ctx, p, false); err != nil {
			return "", fmt.Errorf("%s cannot register: %w", p.Name(), err)
		}
		if err := d.speaks(ctx, p); err != nil {
			return "", err
		}
	}
	told := 0
	for _, p := range d.platforms() {
		told += len(p.Parties())
	}
	told-- // itself
	err = await(ctx, "the hub does not name everybody to "+a.newest.Name(), func() bool { return len(a.newest.Reachable()) == told })
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s registered in 2.1.1 as one party, %s in 2.3.0; the hub's credentials name the latter %s that it reaches",
		a.cpo, a.emsp, count(told, "party")), nil
}

// unused returns a party that nobody is: the one that is proposed, or one like it.
func (d *Demo) unused(proposed ocpi.PartyID) ocpi.PartyID {
	taken := map[ocpi.PartyID]bool{}
	for _, p := range d.platforms() {
		for _, party := range p.Parties() {
			taken[party.ID] = true
		}
	}
	for n := 0; taken[proposed]; n++ {
		proposed.ID = fmt.Sprintf("V%02d", n)
	}
	return proposed
}

// speaks checks that both sides know which version they speak.
func (d *Demo) speaks(ctx context.Context, p *ocpitest.Platform) error {
	known, err := d.operator.known(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(known, func(k *adminv1.Platform) bool { return k.GetName() == p.Name() })
	want := string(p.Versions()[0])
	if at < 0 || known[at].GetVersion() != want || string(p.Version()) != want {
		return fmt.Errorf("%s speaks %s; the hub says otherwise", p.Name(), p.Version())
	}
	return nil
}

// readVersions gets everything that was published before, in two versions.
func (d *Demo) readVersions(ctx context.Context) (string, error) {
	a := &d.across
	locations, err := listSound(ctx, a.newest, ocpi.Locations, "Location")
	if err != nil {
		return "", err
	}
	tokens, err := listSound(ctx, a.older, ocpi.Tokens, "Token")
	if err != nil {
		return "", err
	}
	if locations != len(d.locations) || tokens < tokensPublished { // the hub may have found more, where it asked an eMSP
		return "", fmt.Errorf("listed were %s and %s, want %d, and %d or more",
			count(locations, "location"), count(tokens, "token"), len(d.locations), tokensPublished)
	}
	return fmt.Sprintf("%s in 2.3.0 for %s, %s in 2.1.1 for %s, each sound",
		count(locations, "location"), a.emsp, count(tokens, "token"), a.cpo), nil
}

// listSound gets a list of all, and checks each object by the platform's version.
func listSound(ctx context.Context, p *ocpitest.Platform, m ocpi.ModuleID, class string) (int, error) {
	crawl, err := p.GetAll(ctx, ocpitest.List{Module: m, To: p.Hub()}, func(raw []byte) error {
		return sound(p, class, raw)
	})
	return crawl.Objects, err
}

// sound makes an error of what is wrong with an object in a platform's version.
func sound(p *ocpitest.Platform, class string, raw []byte) error {
	if found := ocpi.CheckObject(p.Version(), class, raw, false); len(found) > 0 {
		return fmt.Errorf("%s was given a %s that is none of %s: %v", p.Name(), class, p.Version(), found[0])
	}
	return nil
}

// publishOlder pushes a location of 2.1.1 to all, and compares what the others
// got.
func (d *Demo) publishOlder(ctx context.Context) (string, error) {
	a := &d.across
	a.location = a.older.SampleOf(a.cpo).Location(olderLocation)
	if err := accepted(a.older.Push(ctx, ocpi.Locations, ocpi.PartyID{}, a.location)); err != nil {
		return "", err
	}
	key := ocpitest.Key{Module: ocpi.Locations, Owner: a.cpo, ID: olderLocation}
	all := append(d.receivers(), receiver{a.newest, a.emsp})
	for _, r := range all {
		got, err := r.await(ctx, key)
		if err != nil {
			return "", err
		}
		if err := sound(r.platform, "Location", got.Raw); err != nil {
			return "", err
		}
		for _, name := range []string{"address", "city", "postal_code", "last_updated"} {
			if ocpi.FindString(got.Raw, name) != ocpi.FindString(a.location, name) {
				return "", fmt.Errorf("%s has another %s of %s than %s", r.party, name, key.ID, a.cpo)
			}
		}
		if status := ocpi.FindString(got.EVSE(ocpitest.SampleEVSE), "status"); status != "AVAILABLE" {
			return "", fmt.Errorf("%s has the EVSE of %s as %q", r.party, key.ID, status)
		}
	}
	return fmt.Sprintf("%s of %s at %s in 2.2.1 and one in 2.3.0, each in its own words", key.ID, a.cpo, count(len(all)-1, "eMSP")), nil
}

// await waits for a receiver's copy of an object.
func (r receiver) await(ctx context.Context, key ocpitest.Key) (out ocpitest.Object, err error) {
	err = await(ctx, fmt.Sprintf("%s does not get %s %s", r.party, key.Module, key.ID), func() (ok bool) {
		out, ok = r.object(key)
		return ok
	})
	return out, err
}

// chargeAcross lets a driver of the newest eMSP charge at the oldest CPO: token,
// authorisation, command, session and CDR each cross two versions.
func (d *Demo) chargeAcross(ctx context.Context) (string, error) {
	a := &d.across
	token := a.newest.SampleOf(a.emsp).Token(newestToken)
	if err := accepted(a.newest.Push(ctx, ocpi.Tokens, d.hubParty(), token)); err != nil {
		return "", err
	}
	held, err := receiver{a.older, a.cpo}.await(ctx, ocpitest.Key{Module: ocpi.Tokens, Owner: a.emsp, ID: newestToken})
	if err == nil {
		err = sound(a.older, "Token", held.Raw)
	}
	if err == nil {
		err = d.startAcross(ctx, token)
	}
	if err != nil {
		return "", err
	}
	of, charge := a.older.SampleOf(a.cpo), ocpitest.Charge{Location: a.location, Token: held.Raw}
	driver := receiver{a.newest, a.emsp}
	if err := accepted(a.older.Push(ctx, ocpi.Sessions, ocpi.PartyID{}, of.Session(olderSession, charge))); err != nil {
		return "", err
	}
	if err := d.billed(ctx, driver, ocpitest.Key{Module: ocpi.Sessions, Owner: a.cpo, ID: olderSession}, "Session"); err != nil {
		return "", err
	}
	reply, err := a.older.Push(ctx, ocpi.CDRs, ocpi.PartyID{}, of.CDR(olderCDR, charge))
	if err := accepted(reply, err); err != nil {
		return "", err
	}
	if err := d.billed(ctx, driver, ocpitest.Key{Module: ocpi.CDRs, Owner: a.cpo, ID: olderCDR}, "CDR"); err != nil {
		return "", err
	}
	if err := d.readBack(ctx, reply.Header.Get("Location")); err != nil {
		return "", err
	}
	return fmt.Sprintf("token, authorisation, START_SESSION and its result, session and CDR crossed between 2.3.0 and 2.1.1; %s costs %s before taxes at both",
		olderCDR, ocpitest.SampleCost.Net), nil
}

// startAcross asks about the driver, and starts the session.
func (d *Demo) startAcross(ctx context.Context, token []byte) error {
	a := &d.across
	of := a.newest.SampleOf(a.emsp)
	reply, err := a.older.Authorize(ctx, newestToken, a.cpo, ocpi.PartyID{}, of.Where(olderLocation))
	if err := accepted(reply, err); err != nil {
		return err
	}
	if said := ocpi.FindString(reply.Envelope.Data, "allowed"); said != "ALLOWED" {
		return fmt.Errorf("token %s of %s is %q at %s, want ALLOWED", newestToken, a.emsp, said, a.cpo)
	}
	result, later, err := a.newest.Command(ctx, ocpitest.Order{
		Name: "START_SESSION", From: a.emsp, To: a.cpo, Body: of.StartSession(olderLocation, token),
	})
	if err != nil || result != "ACCEPTED" {
		return errors.Join(err, fmt.Errorf("START_SESSION was answered %q by %s, want ACCEPTED", result, a.cpo))
	}
	answer, err := later.Wait(ctx)
	if err != nil || answer.Result() != "ACCEPTED" {
		return errors.Join(err, fmt.Errorf("the result of START_SESSION is %q, want ACCEPTED", answer.Result()))
	}
	calls := a.older.Calls(ocpitest.Is(ocpi.Commands, http.MethodPost))
	if url := ocpi.FindString(calls[len(calls)-1].Body, "response_url"); !d.leadsToTheHub(url) {
		return fmt.Errorf("%s was given the response_url %s, which is not the hub's", a.cpo, url)
	}
	return sound(a.older, "StartSession", calls[len(calls)-1].Body)
}

// billed checks that the driver's eMSP has what the CPO charged.
func (d *Demo) billed(ctx context.Context, driver receiver, key ocpitest.Key, class string) error {
	got, err := driver.await(ctx, key)
	if err != nil {
		return err
	}
	cost, _ := ocpi.Find(got.Raw, "total_cost")
	if net, _ := ocpi.Find(cost.Value, "before_taxes"); string(net.Value) != ocpitest.SampleCost.Net {
		return fmt.Errorf("%s costs %s at %s, want %s", key.ID, cost.Value, driver.party, ocpitest.SampleCost.Net)
	}
	return sound(driver.platform, class, got.Raw)
}

// readBack gets the CDR where the answer to it pointed, in the words of its CPO.
func (d *Demo) readBack(ctx context.Context, at string) error {
	a := &d.across
	if !d.leadsToTheHub(at) {
		return fmt.Errorf("the Location of the CDR is %q, which is not the hub's", at)
	}
	reply, err := a.older.Do(ctx, ocpitest.Request{URL: at, Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: http.MethodGet})
	if err := accepted(reply, err); err != nil {
		return err
	}
	cost, _ := ocpi.Find(reply.Envelope.Data, "total_cost")
	if string(cost.Value) != ocpitest.SampleCost.Net {
		return fmt.Errorf("the CDR under its Location costs %s, want %s", cost.Value, ocpitest.SampleCost.Net)
	}
	return sound(a.older, "CDR", reply.Envelope.Data)
}

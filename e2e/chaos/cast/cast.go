// Package cast plays the platforms of a hub: CPOs that push locations and
// tariffs, eMSPs that push tokens, and what they ask each other directly. What
// they pushed, and what of it was acknowledged, goes into a ledger.
package cast

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ocpihub/ocpihub/e2e/chaos/ledger"
	"github.com/ocpihub/ocpihub/e2e/chaos/link"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// Hub is the hub as its operator and its partners reach it.
type Hub interface {
	VersionsURL() string
	Hubctl(ctx context.Context, out any, args ...string) error
}

// Options say who plays.
type Options struct {
	Hub    Hub
	Ledger *ledger.Ledger
	Seed   uint64
	// CPOs and EMSPs are the numbers of platforms of one role; one more platform
	// has a party of each.
	CPOs, EMSPs int
	// Locations, Tariffs and Tokens are how many objects each party has.
	Locations, Tariffs, Tokens int
}

// evses is the number of EVSEs of a location.
const evses = 3

// Cast is a number of platforms that are registered with a hub.
type Cast struct {
	Options
	Members []*Member
	Answers *Answers

	deals map[[2]ocpi.PartyID][]ocpi.ModuleID // CPO and eMSP: what they agreed on
	goods []good
}

// Member is a platform, and the link by which the hub reaches it.
type Member struct {
	*ocpitest.Platform
	Way *link.Link
	// Misled are messages that were meant for somebody else.
	Misled misled
}

var hubParty = ocpi.NewPartyID("NL", "HUB")

// Open starts the platforms, registers them, and makes their agreements.
func Open(ctx context.Context, o Options) (*Cast, error) {
	c := &Cast{Options: o, Answers: newAnswers(), deals: map[[2]ocpi.PartyID][]ocpi.ModuleID{}}
	if err := c.open(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cast) open(ctx context.Context) error {
	for n := range c.CPOs {
		if err := c.join(ctx, partiesOf("C", n, ocpi.CPO)...); err != nil {
			return err
		}
	}
	for n := range c.EMSPs {
		if err := c.join(ctx, partiesOf("E", n, ocpi.EMSP)...); err != nil {
			return err
		}
	}
	both := []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("AT", "XCP")}, {Role: ocpi.EMSP, ID: ocpi.NewPartyID("AT", "XEM")}}
	if err := c.join(ctx, both...); err != nil {
		return err
	}
	if err := c.agree(ctx); err != nil {
		return err
	}
	c.stock()
	return nil
}

// partiesOf are the parties of the nth platform of a role: every third has two.
func partiesOf(letter string, n int, role ocpi.Role) []ocpitest.Party {
	out := []ocpitest.Party{{Role: role, ID: ocpi.NewPartyID("DE", fmt.Sprintf("%s%02d", letter, n))}}
	if n%3 == 1 {
		out = append(out, ocpitest.Party{Role: role, ID: ocpi.NewPartyID("NL", fmt.Sprintf("%s%02d", letter, n))})
	}
	return out
}

// join starts a platform behind a link, invites it and registers it.
func (c *Cast) join(ctx context.Context, parties ...ocpitest.Party) error {
	name := fmt.Sprint(parties[0].Role, " ", parties[0].ID)
	m := &Member{}
	var err error
	var there atomic.Pointer[ocpitest.Platform] // it is called as soon as its link is open
	m.Way, err = link.Open("hub to "+name, "127.0.0.1:0", func() []string {
		if p := there.Load(); p != nil {
			return []string{p.Addr()}
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.Platform, err = ocpitest.New(ocpitest.Options{
		Name: name, Parties: parties, PublicURL: "http://" + m.Way.Addr, CallsKept: -1, Timeout: answerWithin,
	})
	if err != nil {
		m.Way.Close()
		return err
	}
	there.Store(m.Platform)
	c.Members = append(c.Members, m)
	m.Follow(m.Misled.script())
	args := []string{"platforms", "invite", "--name", name}
	for _, p := range parties {
		args = append(args, "--party", p.String())
	}
	var invitation struct {
		TokenA string `json:"token_a"`
	}
	if err := c.Hub.Hubctl(ctx, &invitation, args...); err != nil {
		return err
	}
	return m.Register(ctx, c.Hub.VersionsURL(), invitation.TokenA)
}

// Close ends the platforms.
func (c *Cast) Close() {
	for _, m := range c.Members {
		m.Close()
		m.Way.Close()
	}
}

// shares are what two parties may agree on, the more likely ones repeated;
// nothing is no agreement.
var shares = [][]ocpi.ModuleID{
	everyModule, everyModule, everyModule, {ocpi.Locations}, {ocpi.Tariffs, ocpi.Tokens}, {},
}

var everyModule = []ocpi.ModuleID{
	ocpi.Locations, ocpi.Tariffs, ocpi.Tokens, ocpi.Sessions, ocpi.CDRs, ocpi.Commands,
}

// agree makes the agreements, different ones for each seed.
func (c *Cast) agree(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(c.Seed, 1))
	for _, cpo := range c.parties(ocpi.CPO) {
		for _, emsp := range c.parties(ocpi.EMSP) {
			share := shares[rng.IntN(len(shares))]
			if len(share) == 0 {
				continue
			}
			var words []string
			for _, m := range share {
				words = append(words, string(m))
			}
			args := []string{"agreements", "create", "--cpo", cpo.ID.String(), "--emsp", emsp.ID.String(), "--modules", strings.Join(words, ",")}
			if err := c.Hub.Hubctl(ctx, nil, args...); err != nil {
				return err
			}
			c.deals[[2]ocpi.PartyID{cpo.ID, emsp.ID}] = share
		}
	}
	return nil
}

// owned is a party and its platform.
type owned struct {
	ID ocpi.PartyID
	at *Member
}

// parties are all of a role.
func (c *Cast) parties(role ocpi.Role) []owned {
	var out []owned
	for _, m := range c.Members {
		for _, p := range m.Parties() {
			if p.Role == role {
				out = append(out, owned{p.ID, m})
			}
		}
	}
	return out
}

// Entitled says whether a party may have objects of an owner.
func (c *Cast) Entitled(reader ocpi.PartyID, m ocpi.ModuleID, owner ocpi.PartyID) bool {
	return slices.Contains(c.deals[[2]ocpi.PartyID{owner, reader}], m) && m != ocpi.Tokens ||
		slices.Contains(c.deals[[2]ocpi.PartyID{reader, owner}], m) && m == ocpi.Tokens
}

// pairs are the CPOs and eMSPs that agreed on a module.
func (c *Cast) pairs(m ocpi.ModuleID) (out [][2]owned) {
	for _, cpo := range c.parties(ocpi.CPO) {
		for _, emsp := range c.parties(ocpi.EMSP) {
			if slices.Contains(c.deals[[2]ocpi.PartyID{cpo.ID, emsp.ID}], m) {
				out = append(out, [2]owned{cpo, emsp})
			}
		}
	}
	return out
}

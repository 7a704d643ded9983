package e2e

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// What is in this file says who may exchange what, from the agreements alone:
// the table that the hub is held against. It uses no decision of the hub.

// guest is a party of the matrix.
type guest struct {
	id   ocpi.PartyID
	role ocpi.Role
	home string // its platform
}

// The guests: three that run charge points, four that serve drivers. The NAP is
// on both sides. The usher is not part of the matrix: it has agreements with
// all, so that what it pushes shows that all before has been dealt with.
var (
	mABC     = guest{ocpi.NewPartyID("DE", "ABC"), ocpi.CPO, "points"}
	mABD     = guest{ocpi.NewPartyID("DE", "ABD"), ocpi.CPO, "points"}
	mNAP     = guest{ocpi.NewPartyID("FR", "NAP"), ocpi.NAP, "national"}
	mTNM     = guest{ocpi.NewPartyID("NL", "TNM"), ocpi.EMSP, "drivers"}
	mNAV     = guest{ocpi.NewPartyID("NL", "NAV"), ocpi.NSP, "drivers"}
	mSMC     = guest{ocpi.NewPartyID("BE", "SMC"), ocpi.SCSP, "others"}
	mOTH     = guest{ocpi.NewPartyID("LU", "OTH"), ocpi.OTHER, "others"}
	usher    = guest{ocpi.NewPartyID("AT", "USH"), ocpi.CPO, "usher"}
	usherToo = guest{ocpi.NewPartyID("AT", "USH"), ocpi.EMSP, "usher"}

	matrix    = []guest{mABC, mABD, mNAP, mTNM, mNAV, mSMC, mOTH}
	everybody = append(slices.Clone(matrix), usher, usherToo)
)

// side is where a party stands in an exchange.
type side bool

const (
	operator side = true  // runs charge points
	server   side = false // serves drivers
)

// on says whether a role stands on a side: a NAP on both.
func (g guest) on(s side) bool {
	switch g.role {
	case ocpi.CPO:
		return s == operator
	case ocpi.NAP:
		return true
	}
	return s == server
}

// hears is who gets a copy of what a role pushes to all (Broadcast Push).
func hears(from, to ocpi.Role, m ocpi.ModuleID) bool {
	switch {
	case m == ocpi.Tokens:
		return (from == ocpi.EMSP || from == ocpi.OTHER) && to == ocpi.CPO
	case m != ocpi.Locations && m != ocpi.Tariffs:
		return false
	case from == ocpi.CPO:
		return to == ocpi.EMSP || to == ocpi.NSP || to == ocpi.OTHER || to == ocpi.NAP
	}
	return from == ocpi.NAP && (to == ocpi.EMSP || to == ocpi.NSP)
}

// broadcasts says whether a role may push a module to all.
func broadcasts(from ocpi.Role, m ocpi.ModuleID) bool {
	for _, to := range []ocpi.Role{ocpi.CPO, ocpi.EMSP, ocpi.NSP, ocpi.NAP, ocpi.SCSP, ocpi.OTHER} {
		if hears(from, to, m) {
			return true
		}
	}
	return false
}

// deal is an agreement of the matrix, as it was made by the operator.
type deal struct {
	state                                     string // draft, active, suspended, ended, scheduled, expired, resumed, cut
	modules, operatorOnly, serverOnly, custom string // separated by blanks; no modules: all
	catchUp                                   string
	dated                                     bool // has begun long ago, and will end
	cpo, emsp                                 ocpi.PartyID
	id                                        string
}

// deals are the agreements that the pairs of the matrix get in turn.
var deals = []deal{
	{state: "none"},
	{state: "active"},
	{state: "active", modules: "locations tariffs tokens"},
	{state: "draft"},
	{state: "active", modules: "sessions cdrs commands chargingprofiles", dated: true},
	{state: "active", operatorOnly: "locations tokens commands", serverOnly: "sessions tariffs"},
	{state: "suspended"},
	{state: "active", serverOnly: "locations cdrs chargingprofiles", operatorOnly: "tariffs sessions", custom: "x-shop"},
	{state: "ended"},
	{state: "active", modules: "commands", custom: "x-shop", operatorOnly: "x-shop"},
	{state: "scheduled", custom: "x-shop"},
	{state: "active", catchUp: "latest", dated: true},
	{state: "expired"},
	{state: "resumed", custom: "x-shop", serverOnly: "x-shop", catchUp: "none"},
	{state: "cut"},
	{state: "active", modules: "locations sessions tokens", catchUp: "none"},
}

// agreed lists the deals of a round: each pair has another one in each round.
func agreed(round int) (out []deal) {
	add := func(cpo, emsp guest, d deal) {
		d.cpo, d.emsp = cpo.id, emsp.id
		out = append(out, d)
	}
	n := round
	for _, cpo := range []guest{mABC, mABD, mNAP} {
		for _, emsp := range []guest{mNAP, mTNM, mNAV, mSMC, mOTH} {
			if cpo != emsp {
				add(cpo, emsp, deals[n%len(deals)])
				n++
			}
		}
	}
	all := deal{state: "active", catchUp: "latest"}
	for _, g := range matrix {
		if g.on(server) {
			add(usher, g, all)
		} else {
			add(g, usher, all)
		}
	}
	return out
}

// inForce says whether a deal allows anything. One that is cut does until the
// operator cuts it in the middle of the outage.
func (d deal) inForce(cut bool) bool {
	return d.state == "active" || d.state == "resumed" || d.state == "cut" && !cut
}

// table is what the deals of a round allow.
type table struct {
	deals   []deal
	cut     bool // those that are cut have been
	catchUp string
}

func (t table) between(cpo, emsp ocpi.PartyID) (deal, bool) {
	for _, d := range t.deals {
		if d.cpo == cpo && d.emsp == emsp && d.inForce(t.cut) {
			return d, true
		}
	}
	return deal{}, false
}

// allows says whether one party, on a side, may send a module to another.
func (t table) allows(from guest, on side, to guest, m ocpi.ModuleID) bool {
	if !from.on(on) || !to.on(!on) {
		return false
	}
	cpo, emsp := from.id, to.id
	if on == server {
		cpo, emsp = emsp, cpo
	}
	d, ok := t.between(cpo, emsp)
	theirs := d.operatorOnly
	if on == operator {
		theirs = d.serverOnly
	}
	return ok && has(d.list(m), m) && !has(theirs, m)
}

// list is the modules of the deal that a module would have to be among.
func (d deal) list(m ocpi.ModuleID) string {
	switch {
	case m == shop:
		return d.custom
	case d.modules == "":
		return "locations sessions cdrs tariffs tokens commands chargingprofiles"
	}
	return d.modules
}

func has(list string, m ocpi.ModuleID) bool { return slices.Contains(strings.Fields(list), string(m)) }

// linked says whether two parties have anything to do with one another.
func (t table) linked(x, y guest) bool {
	for _, way := range [][2]guest{{x, y}, {y, x}} {
		if _, ok := t.between(way[0].id, way[1].id); ok && way[0].on(operator) && way[1].on(server) {
			return true
		}
	}
	return false
}

// shops says whether a platform has agreed with anybody on the custom module.
func (t table) shops(home string) bool {
	return slices.ContainsFunc(t.deals, func(d deal) bool {
		return d.inForce(t.cut) && has(d.custom, shop) && slices.ContainsFunc(matrix, func(g guest) bool {
			return g.home == home && (g.id == d.cpo || g.id == d.emsp)
		})
	})
}

// owes says whether a party that was away gets what another pushed to all then.
func (t table) owes(owner, to guest, on side, m ocpi.ModuleID) bool {
	cpo, emsp := owner.id, to.id
	if on == server {
		cpo, emsp = emsp, cpo
	}
	d, _ := t.between(cpo, emsp)
	mode := t.catchUp
	if d.catchUp != "" {
		mode = d.catchUp
	}
	return mode == "latest" && hears(owner.role, to.role, m) && t.allows(owner, on, to, m)
}

// shop is the custom module of the matrix.
const shop ocpi.ModuleID = "x-shop"

// order is the request that makes a deal.
func (d deal) order(now time.Time) *adminv1.AgreementsCreateRequest {
	terms := &adminv1.AgreementTerms{
		Modules: strings.Fields(d.modules), CpoOnly: strings.Fields(d.operatorOnly), EmspOnly: strings.Fields(d.serverOnly),
		CustomModules: strings.Fields(d.custom), CatchUp: d.catchUp,
	}
	switch {
	case d.state == "scheduled":
		terms.From = timestamppb.New(now.Add(time.Hour))
	case d.state == "expired":
		terms.Until = timestamppb.New(now.Add(expiresIn))
	case d.dated:
		terms.From, terms.Until = timestamppb.New(now.AddDate(-1, 0, 0)), timestamppb.New(now.Add(time.Hour))
	}
	return &adminv1.AgreementsCreateRequest{Cpo: d.cpo.String(), Emsp: d.emsp.String(), Terms: terms, Draft: d.state == "draft"}
}

// expiresIn is how long the deals last that expire.
const expiresIn = 3 * time.Second

// String names a deal in failures.
func (d deal) String() string {
	return fmt.Sprintf("%s of %s and %s, modules %q, operator only %q, server only %q, custom %q",
		d.state, d.cpo, d.emsp, d.modules, d.operatorOnly, d.serverOnly, d.custom)
}

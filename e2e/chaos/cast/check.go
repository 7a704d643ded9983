package cast

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/ocpihub/ocpihub/e2e/chaos/ledger"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// Report is what the comparison of all receivers with the ledger found.
type Report struct {
	// Held is what receivers hold, Listed what the hub lists to them, Billed
	// the sessions and CDRs.
	Held, Listed, Billed ledger.Count
	Findings             []string
	// Wrong are findings that no waiting can mend: a fall of a state, or what
	// was not meant for its receiver.
	Wrong []string
}

// OK says whether nothing was found.
func (r Report) OK() bool { return len(r.Findings)+len(r.Wrong) == 0 }

// Compare compares what everybody holds, and is listed, with what was pushed.
func (c *Cast) Compare(ctx context.Context, d *Directs) Report {
	var out Report
	for _, m := range c.Members {
		for _, old := range m.Regressions() {
			if old.Module != ocpi.Sessions && old.Module != ocpi.CDRs { // an older one to one party goes on as it is
				out.Wrong = append(out.Wrong, "an older state after a newer one: "+old.String())
			}
		}
		out.Wrong = append(out.Wrong, m.Misled.List()...)
		for _, p := range m.Parties() {
			c.compareHeld(&out, m, p)
			c.compareListed(ctx, &out, m, p)
			if p.Role == ocpi.EMSP && d != nil {
				c.compareBilled(ctx, &out, d, m, p)
			}
		}
	}
	out.Wrong = append(out.Wrong, c.Answers.Offences()...)
	return out
}

// modules are those that a role gets pushed.
func modules(r ocpi.Role) []ocpi.ModuleID {
	if r == ocpi.CPO {
		return []ocpi.ModuleID{ocpi.Tokens}
	}
	return []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs}
}

func (c *Cast) may(reader ocpi.PartyID) func(ledger.Cell) bool {
	return func(cell ledger.Cell) bool { return c.Entitled(reader, cell.Module, cell.Owner) }
}

func (r *Report) add(to *ledger.Count, count ledger.Count, found []ledger.Finding) {
	to.Add(count)
	for _, f := range found {
		r.Findings = append(r.Findings, f.String())
	}
}

// compareHeld compares what a party was given.
func (c *Cast) compareHeld(out *Report, m *Member, p ocpitest.Party) {
	holds := map[ledger.Cell]int{}
	for _, module := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.Tokens} {
		for _, o := range m.Objects(module, func(o ocpitest.Object) bool { return o.To == p.ID }) {
			enter(holds, module, o.Owner, o.Raw)
		}
	}
	count, found := c.Ledger.Compare(p.String(), holds, c.may(p.ID))
	out.add(&out.Held, count, found)
}

// compareListed compares what the hub lists to a party.
func (c *Cast) compareListed(ctx context.Context, out *Report, m *Member, p ocpitest.Party) {
	who := "the lists for " + p.String()
	holds := map[ledger.Cell]int{}
	for _, module := range modules(p.Role) {
		twice := map[ledger.Cell]bool{}
		err := c.list(ctx, m, module, p.ID, func(raw []byte) {
			owner := ocpi.NewPartyID(ocpi.FindString(raw, "country_code"), ocpi.FindString(raw, "party_id"))
			cell := enter(holds, module, owner, raw)
			if twice[cell] {
				out.Findings = append(out.Findings, fmt.Sprintf("%s: %s is there twice", who, cell))
			}
			twice[cell] = true
		})
		if err != nil {
			out.Findings = append(out.Findings, fmt.Sprintf("%s: %v", who, err))
		}
	}
	count, found := c.Ledger.Compare(who, holds, c.may(p.ID))
	out.add(&out.Listed, count, found)
}

// list gets a list of the hub as a party.
func (c *Cast) list(ctx context.Context, m *Member, module ocpi.ModuleID, reader ocpi.PartyID, visit func([]byte)) error {
	l := ocpitest.List{Module: module, From: reader, To: hubParty}
	if module == ocpi.Sessions || module == ocpi.CDRs {
		l.Query = url.Values{"date_from": {"2020-01-01T00:00:00Z"}}
	}
	_, err := m.GetAll(ctx, l, func(raw []byte) error { visit(raw); return nil })
	return err
}

// compareBilled compares the sessions and CDRs of an eMSP.
func (c *Cast) compareBilled(ctx context.Context, out *Report, d *Directs, m *Member, p ocpitest.Party) {
	for _, module := range []ocpi.ModuleID{ocpi.Sessions, ocpi.CDRs} {
		var ids []string
		err := c.list(ctx, m, module, p.ID, func(raw []byte) { ids = append(ids, ocpi.FindString(raw, "id")) })
		if err != nil {
			out.Findings = append(out.Findings, fmt.Sprintf("the %s for %s: %v", module, p, err))
			continue
		}
		count, found := d.Compare(module, p.ID, ids, func(by ocpi.PartyID, id string) bool {
			_, there := m.Object(ocpitest.Key{Module: module, Owner: by, ID: id}, p.ID)
			return there
		})
		out.add(&out.Billed, count, found)
	}
}

// enter reads the serials of an object and of its EVSEs.
func enter(into map[ledger.Cell]int, m ocpi.ModuleID, owner ocpi.PartyID, raw []byte) ledger.Cell {
	var o struct {
		ID     string `json:"id"`
		UID    string `json:"uid"`
		Serial int    `json:"serial"`
		EVSEs  []struct {
			UID    string `json:"uid"`
			Serial int    `json:"serial"`
		} `json:"evses"`
	}
	_ = json.Unmarshal(raw, &o) // what is no object has no serial, which will be found
	cell := ledger.Cell{Module: m, Owner: owner, ID: o.ID + o.UID}
	into[cell] = o.Serial
	for _, e := range o.EVSEs {
		part := cell
		part.Part = e.UID
		into[part] = e.Serial
	}
	return cell
}

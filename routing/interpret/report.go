package interpret

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Question asks what a version would make of the objects of a party.
type Question struct {
	Party ocpi.PartyID
	To    ocpi.Version
	// Sample is how many objects of each module are looked at, those that were
	// created last; at least 1.
	Sample int
}

// Report is what a version would make of them.
type Report struct {
	Modules []ModuleReport // those of which the party has objects
	Rows    []Row          // what is withheld first, then what is lost, narrowed and invented; the most objects first
}

// ModuleReport counts the objects of a module.
type ModuleReport struct {
	Module ocpi.ModuleID
	// Held are all objects, Looked those that were looked at. Of these Same need
	// no change that loses anything, Withheld would not be sent, and Unreadable
	// cannot be translated.
	Held, Looked, Same, Withheld, Unreadable int
	// Stored counts those that were looked at by the version in which the party
	// sent them.
	Stored map[ocpi.Version]int
}

// Row is one reason.
type Row struct {
	Class  bridge.Class // of the object
	Reason bridge.Reason
	// Stored is the version in which the party sent the objects.
	Stored ocpi.Version
	// Objects is in how many objects, Times in how many places it was found.
	Objects, Times int
	// ObjectID and Pointer are one case; the id is masked where it tells of a
	// driver.
	ObjectID, Pointer string
}

// Report translates what the hub holds of a party as a reader of another party
// would get it. It sends and stores nothing, and no observer hears of it.
func (i *Interpreter) Report(ctx context.Context, q Question) (Report, error) {
	r := reporter{Question: q, quiet: i.Quiet(), rows: map[rowKey]*Row{}}
	for _, m := range ocpi.FunctionalModules(ocpi.V230) {
		if err := r.module(ctx, m); err != nil {
			return Report{}, unavailable(err)
		}
	}
	return r.report(), nil
}

type reporter struct {
	Question
	quiet   *Interpreter
	modules []ModuleReport
	rows    map[rowKey]*Row
}

type rowKey struct {
	class  bridge.Class
	reason bridge.Reason
	stored ocpi.Version
}

func (r *reporter) module(ctx context.Context, m ocpi.ModuleID) error {
	audiences, err := r.quiet.Catalog.Audiences(ctx, m, r.Party)
	if err != nil || len(audiences) == 0 {
		return err
	}
	found := ModuleReport{Module: m, Stored: map[ocpi.Version]int{}}
	for _, audience := range audiences {
		ids, all, err := r.newest(ctx, catalog.Key{Module: m, Owner: r.Party, Audience: audience}, r.Sample-found.Looked)
		if err != nil {
			return err
		}
		found.Held += all
		for _, id := range ids {
			if err := r.object(ctx, catalog.Key{Module: m, Owner: r.Party, Audience: audience, ID: id}, &found); err != nil {
				return err
			}
		}
	}
	r.modules = append(r.modules, found)
	return nil
}

// newest are the ids that were created last, and how many there are in all.
func (r *reporter) newest(ctx context.Context, k catalog.Key, most int) (ids []string, all int, err error) {
	err = r.quiet.Catalog.IDs(ctx, k.Module, k.Owner, k.Audience, func(id string) bool {
		if all++; len(ids) < most {
			ids = append(ids, id)
		} else if most > 0 {
			ids[(all-1)%most] = id
		}
		return true
	})
	return ids, all, err
}

// object looks at an object; one that is gone by now is passed over.
func (r *reporter) object(ctx context.Context, k catalog.Key, found *ModuleReport) error {
	o, err := r.quiet.Catalog.Get(ctx, k, catalog.Part{})
	if errors.Is(err, catalog.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	found.Looked++
	found.Stored[o.Version]++
	t := HeldTalk(o, r.To, k.Audience)
	if !r.quiet.Needed(o.Version, r.To) {
		found.Same++
		return nil
	}
	if t.Class == "" { // a class of a module that only one version has
		found.Withheld++
		r.count(bridge.Class(k.Module), o, bridge.Finding{Reason: bridge.NotInVersion}, true)
		return nil
	}
	result, err := r.quiet.Carry(ctx, t, o.Body)
	switch {
	case errors.Is(err, bridge.ErrNotJSON):
		found.Unreadable++
		return nil
	case err != nil:
		return err
	case result.Withheld != nil:
		found.Withheld++
		r.count(t.Class, o, bridge.Finding{Reason: result.Withheld.Reason}, true)
		return nil
	case len(result.Findings) == 0:
		found.Same++
	}
	met := map[bridge.Reason]bool{}
	for _, f := range result.Findings {
		r.count(t.Class, o, f, !met[f.Reason])
		met[f.Reason] = true
	}
	return nil
}

// count adds a finding; first says that it is the first of its reason in the
// object.
func (r *reporter) count(class bridge.Class, o catalog.Object, f bridge.Finding, first bool) {
	at := rowKey{class, f.Reason, o.Version}
	row := r.rows[at]
	if row == nil {
		id := o.Key.ID
		if o.Key.Module == ocpi.Tokens {
			id = ocpi.Masked // the uid of a token
		}
		row = &Row{Class: class, Reason: f.Reason, Stored: o.Version, ObjectID: id, Pointer: f.Pointer}
		r.rows[at] = row
	}
	row.Times++
	if first {
		row.Objects++
	}
}

// kinds is the order in which they are shown.
var kinds = []bridge.Kind{bridge.Refused, bridge.Lost, bridge.Narrowed, bridge.Invented}

func (r *reporter) report() Report {
	out := Report{Modules: r.modules}
	for _, row := range r.rows {
		out.Rows = append(out.Rows, *row)
	}
	slices.SortFunc(out.Rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(slices.Index(kinds, a.Reason.Kind()), slices.Index(kinds, b.Reason.Kind())),
			cmp.Compare(b.Objects, a.Objects), strings.Compare(string(a.Class), string(b.Class)), strings.Compare(string(a.Reason), string(b.Reason)),
			a.Stored.Compare(b.Stored),
		)
	})
	return out
}

package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/journal"
)

const (
	// outlookSpan is how far back the traffic is looked at.
	outlookSpan = 24 * time.Hour
	// outlookRecords is how many records of each side are looked at, the newest.
	outlookRecords = 20_000
	// outlookWithin bounds the reading of the message log.
	outlookWithin = 10 * time.Second
)

// outlook tells the operator what a change of an agreement would do, from the
// message log.
type outlook struct {
	list      func(ctx context.Context, q journal.Query) ([]journal.Entry, error)
	directory func() *parties.Directory
	now       func() time.Time
	records   int // of each side
	offered   ocpi.Version
}

func (h *Hub) outlook() outlook {
	return outlook{
		list:      traffic{h.journal, h.stores.journal != nil, h.ended}.List,
		directory: h.registry.Directory, now: time.Now, records: outlookRecords, offered: h.cfg.newest(),
	}
}

// Foresee compares what is allowed now with what would be with an agreement as
// given, over the messages of the last 24 hours. Of an agreement that is yet to
// begin, it is its first day that counts.
func (o outlook) Foresee(ctx context.Context, a *parties.Agreement) admin.Foresight {
	before, at := o.directory(), o.now()
	if a.State == parties.AgreementActive && a.From.After(at) {
		at = a.From
	}
	entries, note := o.read(ctx, a.CPO, a.EMSP)
	view := routing.Outlook{Before: before, After: before.With(a), Sides: [2]ocpi.PartyID{a.CPO, a.EMSP}, At: at, Offered: o.offered}
	return admin.Foresight{Traffic: view.Foresee(entries), Note: note}
}

// read returns the records of both sides, each once, and what is to be known of
// them.
func (o outlook) read(ctx context.Context, x, y ocpi.PartyID) (out []journal.Entry, note string) {
	ctx, cancel := context.WithTimeout(ctx, outlookWithin)
	defer cancel()
	var from time.Time // where the records of a side do not go back for long enough
	for _, side := range []ocpi.PartyID{x, y} {
		entries, err := o.list(ctx, journal.Query{Party: side, Since: o.now().Add(-outlookSpan), Limit: o.records})
		if err != nil {
			return nil, "nothing is known of the traffic of the last 24 hours: " + err.Error()
		}
		if len(entries) == o.records && entries[len(entries)-1].Time.After(from) {
			from = entries[len(entries)-1].Time
			note = fmt.Sprintf("only the newest %d records of %s were looked at: what came since %s", o.records, side, from.UTC().Format(time.RFC3339))
		}
		for _, e := range entries {
			if side == x || e.From != x && e.To != x {
				out = append(out, e)
			}
		}
	}
	kept := out[:0]
	for _, e := range out {
		if !e.Time.Before(from) {
			kept = append(kept, e)
		}
	}
	return kept, note
}

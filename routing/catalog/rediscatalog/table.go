package rediscatalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

const (
	// within bounds an Update with all that it waits for.
	within = 2 * time.Second
	// readMost is how often a View is tried whose reads do not fit together.
	readMost = 10
)

// View implements catalog.Table. What it reads is of more than one moment; when
// that does not fit together it reads again.
func (t *table) View(ctx context.Context, a catalog.About, read func(catalog.Rows) error) (err error) {
	for try := range readMost {
		r := t.rows(ctx, "")
		r.ahead(a)
		err = read(r)
		if r.err != nil {
			err = r.err
		}
		if err == nil && try < readMost-1 { // the last is taken as it is, rather than nothing
			err = r.whole()
		}
		if !torn(err) {
			return err
		}
	}
	return err
}

// torn says whether an error may come of reads of more than one moment.
func torn(err error) bool {
	return errors.Is(err, errConflict) || errors.Is(err, catalog.ErrRecord)
}

// Update implements catalog.Table. Changes of one owner that come at once share
// a write.
func (t *table) Update(ctx context.Context, a catalog.About, change func(catalog.Rows) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("Redis does not answer within %s: %w", within, context.DeadlineExceeded)) //nolint:staticcheck // a name
	defer cancel()
	owner := ""
	if a.Ticket != 0 {
		var err error
		if owner, err = t.ownerOf(ctx, a.Ticket); err != nil {
			return err
		}
		if hint, known := t.hints.LoadAndDelete(a.Ticket); known {
			a.Keys = []catalog.Key{hint.(catalog.Key)}
		}
	} else if len(a.Keys) > 0 {
		owner = a.Keys[0].Name().Owner
	} else if a.Marks {
		owner = everybody
	}
	if owner == "" {
		return catalog.ErrUnknown
	}
	return t.lanes.do(ctx, owner, &request{about: a, change: change})
}

// commitAll makes changes of one owner in one write. When one of them fails, they
// are made one by one, so that it harms no other.
func (t *table) commitAll(ctx context.Context, owner string, all []*request) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	failed, err := t.tryAll(ctx, owner, all)
	if failed && len(all) > 1 {
		for _, one := range all {
			_, err := t.tryAll(ctx, owner, []*request{one})
			one.answer(err)
		}
		return
	}
	for _, one := range all {
		one.answer(err)
	}
}

// tryAll repeats what met another writer; failed says that one of the changes
// could not be made, whoever writes.
func (t *table) tryAll(ctx context.Context, owner string, all []*request) (failed bool, err error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 32*time.Millisecond) {
		failed, err = t.try(ctx, owner, all)
		if !errors.Is(err, errConflict) {
			return failed, err
		}
		select {
		case <-time.After(rand.N(pause)): //nolint:gosec // spreads writers
		case <-ctx.Done():
			return failed, cmp.Or(err, ctx.Err())
		}
	}
}

func (t *table) try(ctx context.Context, owner string, all []*request) (failed bool, err error) {
	r := t.rows(ctx, owner)
	abouts := make([]catalog.About, len(all))
	for i, one := range all {
		abouts[i] = one.about
	}
	r.ahead(abouts...)
	for _, one := range all {
		err := one.change(r)
		if r.err != nil {
			return false, r.err
		}
		if err != nil {
			return true, err
		}
	}
	return false, r.write()
}

// ahead reads what transactions are going to need.
func (r *rows) ahead(all ...catalog.About) {
	parts := map[*object][]string{}
	var smalls []string
	var lists []catalog.Name
	for _, a := range all {
		for _, k := range a.Keys {
			n := k.Name()
			o := r.object(n)
			if a.Part.EVSE != "" {
				if uids, met := parts[o]; !met || len(uids) > 0 {
					parts[o] = append(uids, k.EVSEName(a.Part.EVSE).EVSEUID)
				}
				continue
			}
			parts[o] = nil
			if r.owner == "" {
				continue
			}
			counts := n
			counts.Space = catalog.InCounts
			smalls = append(smalls, "s"+n.Module, smallField(counts), markField(n.Module))
			lists = append(lists, n)
		}
	}
	r.pipelined(func(f *fetch) {
		if len(smalls) > 0 {
			slices.Sort(smalls)
			f.smalls(r, slices.Compact(smalls))
		}
		for o, uids := range parts {
			f.object(r, o, uids)
		}
		for _, n := range lists {
			f.list(r, n)
		}
		for _, a := range all {
			if a.Ticket != 0 {
				f.ticket(r, ticketName(a.Ticket))
			}
		}
	})
}

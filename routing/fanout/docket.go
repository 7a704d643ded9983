package fanout

import (
	"context"
	"slices"
	"sync"
)

// maxRejections bounds the rejections that are kept for a platform. Over it the
// oldest goes.
const maxRejections = 1000

// docket has the rejections of all platforms at hand, and writes what changes
// behind them: always before the marks of the changes that they are about, so
// that a kill loses none. It is safe for concurrent use.
type docket struct {
	mu     sync.Mutex
	sheets map[string]*sheet
	keep   map[RejectionRef]Rejection // to be written
	drop   map[RejectionRef]bool      // to be removed
}

// sheet are the rejections of one platform, the oldest first.
type sheet struct {
	list    []Rejection
	dropped int // since the hub started, for there were too many
}

func newDocket() *docket {
	return &docket{sheets: map[string]*sheet{}, keep: map[RejectionRef]Rejection{}, drop: map[RejectionRef]bool{}}
}

// load takes over what is stored, the oldest first.
func (d *docket) load(stored []Rejection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range stored {
		s := d.sheet(r.Platform)
		s.list = append(s.list, r)
	}
}

func (d *docket) sheet(platform string) *sheet {
	s := d.sheets[platform]
	if s == nil {
		s = &sheet{}
		d.sheets[platform] = s
	}
	return s
}

// add notes a rejection. One of the same object takes its place, under the id
// that it had.
func (d *docket) add(r Rejection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sheet(r.Platform)
	if i := slices.IndexFunc(s.list, r.same); i >= 0 {
		r.ID, r.Attempts = s.list[i].ID, r.Attempts+s.list[i].Attempts
		s.list = slices.Delete(s.list, i, i+1)
	}
	if len(s.list) == maxRejections {
		d.remove(s.list[0].ref())
		s.list = slices.Delete(s.list, 0, 1)
		s.dropped++
	}
	s.list = append(s.list, r)
	d.keep[r.ref()] = r
	delete(d.drop, r.ref())
}

// remove has a rejection removed from the store.
func (d *docket) remove(ref RejectionRef) {
	delete(d.keep, ref)
	d.drop[ref] = true
}

// strike removes the rejections of a platform that over says are over.
func (d *docket) strike(platform string, over func(Rejection) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sheets[platform]
	if s == nil {
		return
	}
	s.list = slices.DeleteFunc(s.list, func(r Rejection) bool {
		if !over(r) {
			return false
		}
		d.remove(r.ref())
		return true
	})
}

// list returns what a query selects, the oldest of each platform first.
func (d *docket) list(q RejectionQuery) (out []Rejection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for platform, s := range d.sheets {
		if q.Platform != "" && q.Platform != platform {
			continue
		}
		for _, r := range s.list {
			if q.fits(r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// count says how many rejections of a platform are kept, and how many were
// dropped since the hub started.
func (d *docket) count(platform string) (kept, dropped int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.sheets[platform]; s != nil {
		return len(s.list), s.dropped
	}
	return 0, 0
}

// forget drops a platform, but for what the store does itself.
func (d *docket) forget(platform string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sheets, platform)
	for ref := range d.keep {
		if ref.Platform == platform {
			delete(d.keep, ref)
		}
	}
}

// flush writes what has changed. What cannot be written now is tried again.
func (d *docket) flush(ctx context.Context, store Rejections) error {
	d.mu.Lock()
	keep, drop := d.keep, d.drop
	d.keep, d.drop = map[RejectionRef]Rejection{}, map[RejectionRef]bool{}
	d.mu.Unlock()
	if len(keep) == 0 && len(drop) == 0 {
		return nil
	}
	var kept []Rejection
	for _, r := range keep {
		kept = append(kept, r)
	}
	var dropped []RejectionRef
	for ref := range drop {
		dropped = append(dropped, ref)
	}
	err := store.Write(ctx, kept, dropped)
	if err != nil {
		d.restore(keep, drop)
	}
	return err
}

// restore puts back what could not be written, unless it has changed since.
func (d *docket) restore(keep map[RejectionRef]Rejection, drop map[RejectionRef]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := func(ref RejectionRef) bool {
		_, kept := d.keep[ref]
		return kept || d.drop[ref]
	}
	for ref, r := range keep {
		if !changed(ref) {
			d.keep[ref] = r
		}
	}
	for ref := range drop {
		if !changed(ref) {
			d.drop[ref] = true
		}
	}
}

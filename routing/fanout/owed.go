package fanout

import (
	"context"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// resyncPage is how many objects of a resync are brought before that is written
// down.
const resyncPage = 500

// nextOwed returns what is to be brought next; nil when there is nothing, or
// only what is held back.
func (o *outlet) nextOwed() *Owed {
	for i := range o.owed {
		if w := &o.owed[i]; !o.holds(w.Module) {
			return w
		}
	}
	return nil
}

// pursue begins to bring what is owed, unless a catch-up is under way: that goes
// on with it. The caller holds the lock.
func (o *outlet) pursue() {
	if !o.closed && !o.stopped() && o.catch == nil && o.nextOwed() != nil {
		o.startCatchUp(true)
	}
}

// interrupt stops bringing what is owed of a module, to begin anew with what is
// next. The caller holds the lock.
func (o *outlet) interrupt(m ocpi.ModuleID) {
	if c := o.catch; c != nil && c.caughtUp && c.errand.Module == m {
		o.stopCatchUp()
		o.pursue()
	}
}

// outstanding is how much of something owed is not yet counted elsewhere.
func (o *outlet) outstanding(w Owed) int {
	if c := o.catch; c != nil && c.caughtUp && c.errand == w {
		return max(0, w.Count-c.covers)
	}
	return w.Count
}

// beginErrand takes up what is owed next; false when there is nothing. The
// caller holds the lock.
func (o *outlet) beginErrand(c *catchUp) bool {
	next := o.nextOwed()
	if next == nil {
		o.catch = nil
		return false
	}
	c.errand, c.upTo, c.covers, c.left = *next, o.pos, 0, 0
	return true
}

// runErrand brings what is owed, a page of it where there are pages.
func (o *outlet) runErrand(ctx context.Context, c *catchUp) error {
	list, next, err := o.gather(ctx, c)
	if err != nil {
		return err
	}
	o.mu.Lock()
	if c.covers = list.size(); !c.errand.Resync {
		c.covers = c.errand.Count
	}
	brought := c.covers
	o.mu.Unlock()
	if err := o.feed(ctx, c, list); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.owed, c.errand); i >= 0 && o.catch == c {
		o.owed[i].Cursor, o.owed[i].Count = next, max(0, c.errand.Count-brought)
		if next == "" {
			o.owed = slices.Delete(o.owed, i, i+1)
		}
	}
	return nil
}

// gather lists what is owed; next is the cursor of the next page, if there is
// one.
func (o *outlet) gather(ctx context.Context, c *catchUp) (list *changed, next string, err error) {
	w := c.errand
	list = newChanged()
	switch {
	case !w.Resync:
		list, err = o.collect(ctx, c, Mark{Seq: w.Seq, At: w.At}, c.upTo)
		return list, "", err
	case w.Module == ocpi.HubClientInfo:
		for _, info := range o.engine.Introductions(o.platform, w.At) {
			list.note(info, false)
		}
		return list, "", nil
	}
	page, err := o.engine.stock(ctx, o.platform, w, resyncPage)
	for _, object := range page.Objects {
		if change, ok := o.engine.changeOf(object.Key); ok {
			list.note(change, false)
		}
	}
	return list, page.Next, err
}

// stock returns a page of what a platform is to get in a resync.
func (e *Engine) stock(ctx context.Context, platform string, w Owed, limit int) (catalog.Page, error) {
	return e.Stock.List(ctx, catalog.Query{
		Module: w.Module, From: w.At, Cursor: w.Cursor, Limit: limit,
		Owners: func(owner ocpi.PartyID) bool {
			c, ok := e.changeOf(catalog.Key{Module: w.Module, Owner: owner})
			return ok && len(e.Audience.Receivers(platform, c)) > 0
		},
	})
}

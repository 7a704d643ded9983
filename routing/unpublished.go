package routing

import (
	"context"
	"errors"
	"net/http"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// store brings a change for all into the catalog. What a location was while it
// was published is kept first: whenever its receivers of 2.1.1 hear that it is
// not any more, that is what is taken away from them.
func (r *Router) store(ctx context.Context, c catalog.Change) (catalog.Outcome, error) {
	if err := r.keepPublished(ctx, c); err != nil {
		return "", err
	}
	return r.Catalog.Apply(ctx, c)
}

func (r *Router) keepPublished(ctx context.Context, c catalog.Change) error {
	if !unpublishes(c) || !r.serves211() {
		return nil
	}
	held, err := r.Catalog.Get(ctx, c.Key, catalog.Part{})
	if errors.Is(err, catalog.ErrUnknown) {
		return nil
	}
	if err != nil || !held.Published() || older(c.Body, held.Body) {
		return err
	}
	_, err = r.Catalog.Apply(ctx, catalog.Change{Key: c.Key.LastPublished(), Op: catalog.Put, Version: held.Version, Body: held.Body, At: c.At})
	return err
}

// unpublishes says whether a location is surely not published after a change.
func unpublishes(c catalog.Change) bool {
	if c.Key.Module != ocpi.Locations || c.Part != (catalog.Part{}) || c.Version == ocpi.V211 {
		return false
	}
	publish, given := ocpi.Find(c.Body, "publish")
	return string(publish.Value) != "true" && (given || c.Op == catalog.Put)
}

// serves211 says whether somebody may have got locations in 2.1.1.
func (r *Router) serves211() bool {
	for _, p := range r.Registry.Directory().Platforms() {
		if p.Version == ocpi.V211 {
			return true
		}
	}
	return false
}

// takeAway makes of a location that is withheld from its one receiver, which was
// sent it while it was published, what takes it away. ok is false when there is
// nothing to be taken away.
func (r *Router) takeAway(ctx context.Context, m *Message, talk interpret.Talk, now []byte) (result bridge.Result, ok bool, err error) {
	k := objectKey(m, talk.Reader)
	had, err := r.Catalog.Get(ctx, k, catalog.Part{})
	if errors.Is(err, catalog.ErrUnknown) {
		k.Audience = catalog.Everyone
		had, err = r.Catalog.Get(ctx, k, catalog.Part{})
	}
	switch {
	case errors.Is(err, catalog.ErrUnknown), err == nil && !had.Published():
		return result, false, nil
	case err != nil:
		return result, false, unavailable(err)
	}
	return r.Interpreter.TakeAway(ctx, talk, had, now)
}

// takenAway tells the sender what became of a location that 2.1.1 may not have.
const takenAway = "what parties of 2.1.1 have of it is taken away: they get its EVSEs as REMOVED"

// takeAway makes of a copy that is withheld, for its location is not published any
// more, what takes the location away from a receiver that may have it.
func (c *Copier) takeAway(ctx context.Context, talk interpret.Talk, d fanout.Delivery, withheld bridge.Result) (bridge.Result, error) {
	if d.Method != http.MethodPut || !interpret.Hides(talk, withheld) {
		return withheld, nil
	}
	was, had, err := c.interpreter.Published(ctx, d.Key)
	if err != nil || !had {
		return withheld, err
	}
	result, ok, err := c.interpreter.TakeAway(ctx, talk, was, d.Body)
	if err != nil || !ok {
		return withheld, err
	}
	return result, nil
}

package parties

import (
	"context"
	"errors"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// SetupOrder is how an operator asks for a setup.
type SetupOrder struct {
	Order
	// PrunePlatforms and PruneAgreements: what is not in the setup goes too,
	// platforms are removed and agreements ended.
	PrunePlatforms, PruneAgreements bool
	// Tokens: each new platform gets a token A. Else it gets none until Rotate.
	Tokens bool
	// Revision is that of the setup that the order is about; when it is another
	// one by now, the order is refused. Empty: whatever there is.
	Revision string
}

// Kind is what a setup holds.
type Kind string

// The kinds.
const (
	KindPlatform  Kind = "platform"
	KindAgreement Kind = "agreement"
)

// Action is what is done to one of a kind.
type Action string

// The actions.
const (
	ActionCreate Action = "create"
	ActionChange Action = "change"
	ActionRemove Action = "remove"
)

// SetupChange is one difference between what is and what shall be.
type SetupChange struct {
	Action Action
	Kind   Kind
	ID     string // empty: only tried, it will have an id of its own
	// Field is what changes, with ActionChange; Old and New are in words.
	Field, Old, New string
	// TokenA is that of a new platform, if it was asked for. It is not kept.
	TokenA string
}

// Applied says what came of a setup.
type Applied struct {
	Changes []SetupChange
	// Unchanged counts what was so already.
	Unchanged int
	// Revision is that of the setup after the changes; before them, when they
	// were only tried.
	Revision string
}

// Apply changes what differs from a setup, in one step: all of it or nothing. It
// is idempotent. Faults: Invalid and Conflict, which begin with the place, for
// example "agreements[2].until: ", Unavailable.
func (r *Registry) Apply(ctx context.Context, o SetupOrder, want Setup) (Applied, error) {
	for range attempts {
		dir := r.Directory()
		now := r.time()
		if revision := dir.Setup(now).Revision(); o.Revision != "" && o.Revision != revision {
			return Applied{}, fault.New(fault.Conflict,
				"what is configured has changed: it is at revision %s, not %s: look at the difference again with --dry-run", revision, o.Revision)
		}
		b := newBlueprint(r, dir, o)
		if err := b.draw(want); err != nil {
			return Applied{}, err
		}
		if o.Dry || len(b.changes) == 0 {
			return b.applied(dir.Setup(now).Revision()), nil
		}
		err := r.saveAll(ctx, Batch{Epoch: dir.Epoch(), Platforms: b.platforms, Agreements: b.agreements})
		if err == nil {
			r.noteApplied(ctx, b)
			return b.applied(r.Directory().Setup(r.time()).Revision()), nil
		}
		if !errors.Is(err, ErrConflict) {
			return Applied{}, err
		}
	}
	return Applied{}, fault.Wrap(fault.Conflict, ErrConflict, "the registry is being changed by others all the time: try again")
}

// noteApplied logs what was done to platforms one by one; agreements have their
// history.
func (r *Registry) noteApplied(ctx context.Context, b *blueprint) {
	for _, c := range b.changes {
		if c.Kind == KindPlatform {
			r.log.InfoContext(ctx, "platform configured", "platform_id", c.ID, "action", c.Action, "field", c.Field, "old", c.Old, "new", c.New, "by", b.order.By)
		}
	}
	r.log.InfoContext(ctx, "configuration applied", "changes", len(b.changes), "unchanged", b.unchanged, "by", b.order.By)
}

// saveAll writes a batch and publishes the new state. After a conflict it
// publishes what the others wrote.
func (r *Registry) saveAll(ctx context.Context, b Batch) error {
	err := r.store.SaveAll(ctx, b)
	clash, clashes := errors.AsType[*ClashError](err)
	if err != nil && !clashes && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrClaimed) {
		return unavailable(err)
	}
	if loadErr := r.reload(ctx); loadErr != nil {
		if err != nil {
			return unavailable(loadErr)
		}
		// It is saved: the poll publishes it when the store answers again.
		r.log.WarnContext(ctx, "a configuration is saved but not yet in use", "error", loadErr)
	}
	switch {
	case err == nil:
		r.spread(ctx)
	case clashes:
		return r.clash(clash)
	case errors.Is(err, ErrClaimed):
		return fault.Wrap(fault.Conflict, err, "a party is registered by another platform")
	}
	return err
}

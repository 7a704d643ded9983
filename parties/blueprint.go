package parties

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// blueprint works out what must change for a setup. It only reads: what it finds
// is in platforms, agreements and changes.
type blueprint struct {
	r     *Registry
	dir   *Directory
	order SetupOrder
	now   time.Time

	all  map[string]*Platform // by id, removed ones too
	used map[string]string    // by id: the place in the setup that is about it

	platforms  []*Platform
	agreements []*Agreement
	placed     []string // of each agreement: its place in the setup
	changes    []SetupChange
	unchanged  int
}

func newBlueprint(r *Registry, dir *Directory, o SetupOrder) *blueprint {
	b := &blueprint{r: r, dir: dir, order: o, now: r.time(), all: map[string]*Platform{}, used: map[string]string{}}
	for _, p := range dir.All() {
		b.all[p.ID] = p
	}
	return b
}

// draw compares a setup with what is.
func (b *blueprint) draw(want Setup) error {
	switch {
	case b.order.PrunePlatforms && len(want.Platforms) == 0:
		return fault.New(fault.Invalid, "platforms: to prune by none would remove every platform: name those that stay, or remove them one by one")
	case b.order.PruneAgreements && len(want.Agreements) == 0:
		return fault.New(fault.Invalid, "agreements: to prune by none would end every agreement: name those that stay, or end them one by one")
	}
	if err := b.drawPlatforms(want.Platforms); err != nil {
		return err
	}
	after := NewDirectory(b.platformsAfter(), 0)
	if err := b.drawAgreements(want.Agreements, after); err != nil {
		return err
	}
	return b.checkClashes()
}

func (b *blueprint) applied(revision string) Applied {
	return Applied{Changes: b.changes, Unchanged: b.unchanged, Revision: revision}
}

// place is where something stands in a setup.
func place(kind Kind, i int) string { return fmt.Sprintf("%ss[%d]", kind, i) }

// use notes that a place is about the one with an id, which only one may be.
func (b *blueprint) use(id, place string) error {
	if other, ok := b.used[id]; ok {
		return fault.New(fault.Invalid, "%s: it is %s in %s already", place, id, other)
	}
	b.used[id] = place
	return nil
}

// fieldPlaces are the fields with which faults of this room begin.
const fieldPlaces = " platform_id name suspended claims parties versions_url agreement_id cpo emsp state modules cpo_only emsp_only custom_modules from until stand_in catch_up "

// within puts the place before a fault, joined to the field with which it begins.
func within(place string, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	placed := *f
	field, _, found := strings.Cut(f.Message, ":")
	name, _, _ := strings.Cut(field, "[")
	if found && strings.Contains(fieldPlaces, " "+name+" ") {
		placed.Message = place + "." + f.Message
	} else {
		placed.Message = place + ": " + f.Message
	}
	return &placed
}

// longestID bounds the ids that a setup may give.
const longestID = 64

// checkID wants what can stand in a path, a subject and a shell.
func checkID(field, id string) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if len(id) > longestID || strings.Trim(id, allowed) != "" {
		return fault.New(fault.Invalid, "%s: want up to %d letters, digits, - or _, got %q", field, longestID, id)
	}
	return nil
}

// differ notes a field that changes; equal words are no change.
func (b *blueprint) differ(kind Kind, id, field, old, next string) {
	if old != next {
		b.changes = append(b.changes, SetupChange{Action: ActionChange, Kind: kind, ID: id, Field: field, Old: old, New: next})
	}
}

// shown is the id of what is made: none when it is only tried and has no id yet.
func (b *blueprint) shown(given, made string) string {
	if given == "" && b.order.Dry {
		return ""
	}
	return made
}

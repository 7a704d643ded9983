package parties

import (
	"context"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Pause is what of the pushes to all a platform does not get until the operator
// resumes them. It is a part of the platform's record, so that it outlives the
// process and every replica sees it with the next epoch. What is sent to one
// party goes its way all the same.
type Pause struct {
	All bool
	// Modules are those that are held back by themselves, in order of name.
	Modules []ocpi.ModuleID
}

// Holds says whether the pushes of a module are held back.
func (p Pause) Holds(m ocpi.ModuleID) bool { return p.All || slices.Contains(p.Modules, m) }

// PauseDeliveries holds back the pushes to a platform, of one module or, where
// none is named, all of them. changed is false when they were held back before.
// Faults: NotFound.
func (r *Registry) PauseDeliveries(ctx context.Context, id string, m ocpi.ModuleID) (p *Platform, changed bool, err error) {
	return r.repause(ctx, id, func(p *Pause) error {
		switch {
		case m == "":
			p.All = true
		case !slices.Contains(p.Modules, m):
			p.Modules = append(p.Modules, m)
			slices.Sort(p.Modules)
		}
		return nil
	})
}

// ResumeDeliveries ends what PauseDeliveries began: of a module, or all there is.
// Faults: NotFound; Conflict when all is paused and a module is named.
func (r *Registry) ResumeDeliveries(ctx context.Context, id string, m ocpi.ModuleID) (p *Platform, changed bool, err error) {
	return r.repause(ctx, id, func(p *Pause) error {
		switch {
		case m == "":
			*p = Pause{}
		case p.All:
			return fault.New(fault.Conflict,
				"module: all pushes to platform %s are paused: resume all of them, and pause the modules that are to stay", id)
		default:
			p.Modules = slices.DeleteFunc(p.Modules, func(other ocpi.ModuleID) bool { return other == m })
		}
		return nil
	})
}

// repause edits the pause of a platform.
func (r *Registry) repause(ctx context.Context, id string, edit func(*Pause) error) (p *Platform, changed bool, err error) {
	p, err = r.change(ctx, id, func(p *Platform) error {
		before := p.Clone().Paused
		if err := edit(&p.Paused); err != nil {
			return err
		}
		if changed = p.Paused.All != before.All || !slices.Equal(p.Paused.Modules, before.Modules); !changed {
			return errUnchanged
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	if changed {
		r.log.InfoContext(ctx, "pushes to a platform were paused or resumed", "platform_id", id, "all_paused", p.Paused.All, "paused_modules", p.Paused.Modules)
	}
	return p, changed, nil
}

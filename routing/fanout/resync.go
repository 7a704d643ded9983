package fanout

import (
	"context"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Resyncable are the modules of which the hub holds a state for all, in the
// order in which a resync brings them: who is who, and what others refer to,
// first.
func Resyncable() []ocpi.ModuleID {
	return []ocpi.ModuleID{ocpi.HubClientInfo, ocpi.Tariffs, ocpi.Locations, ocpi.Tokens}
}

// ResyncOrder asks for the newest state of all that a platform is entitled to.
type ResyncOrder struct {
	Platform string
	Module   ocpi.ModuleID // of Resyncable; empty: all of them
	Since    time.Time     // only what was updated at or after it; zero: all
	Dry      bool          // only count
}

// Resync brings a platform the newest state of every object that it is entitled
// to, once, beside what is live and never after something newer. When it returns
// that is written down, so that it goes on after a restart where it was, at most
// a page back. It says how many objects there are in each module. One that is
// ordered again while it is under way begins anew, and reaches back to the
// earlier of the two times. Faults: NotFound when the platform gets no pushes,
// Unavailable.
func (e *Engine) Resync(ctx context.Context, order ResyncOrder) ([]ModuleStat, error) {
	if s := e.local(order.Platform); s != nil {
		return s.resync(ctx, order)
	}
	r, err := e.ask(ctx, order.Platform, Question{About: AskResync, Resync: &order})
	return r.Modules, err
}

func (s *shard) resync(ctx context.Context, order ResyncOrder) ([]ModuleStat, error) {
	e, o := s.engine, s.outlet(order.Platform)
	if o == nil {
		return nil, noOutlet(order.Platform)
	}
	var owed []Owed
	var found []ModuleStat
	for _, m := range Resyncable() {
		if order.Module != "" && order.Module != m {
			continue
		}
		w := Owed{Module: m, Resync: true, At: order.Since}
		var err error
		if w.Count, err = e.countStock(ctx, order.Platform, w); err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "what the hub holds cannot be read now: try again")
		}
		found = append(found, ModuleStat{Module: m, Pending: w.Count})
		if w.Count > 0 {
			owed = append(owed, w)
		}
	}
	if order.Dry {
		return found, nil
	}
	o.owe(owed)
	if err := s.flush(ctx); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the resync cannot be written down now: try again")
	}
	return found, nil
}

// noOutlet is the answer about a platform that gets no pushes.
func noOutlet(platform string) error {
	return fault.New(fault.NotFound,
		"platform_id: platform %q gets no pushes: it is unknown, not registered, or offers no RECEIVER interface; deliveries shows those that do", platform)
}

// countStock says how many objects a platform would get.
func (e *Engine) countStock(ctx context.Context, platform string, w Owed) (int, error) {
	if w.Module != ocpi.HubClientInfo {
		page, err := e.stock(ctx, platform, w, 1)
		return page.Total, err
	}
	n := 0
	for _, info := range e.Introductions(platform, w.At) {
		n += min(1, len(e.Audience.Receivers(platform, info)))
	}
	return n, nil
}

// owe adds what is owed; of a module of which a resync is owed already, it takes
// the place of that.
func (o *outlet) owe(owed []Owed) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range owed {
		i := slices.IndexFunc(o.owed, func(other Owed) bool { return other.Resync && other.Module == w.Module })
		if i < 0 {
			o.owed = append(o.owed, w)
			continue
		}
		o.interrupt(w.Module)
		if o.owed[i].At.Before(w.At) {
			w.At, w.Count = o.owed[i].At, max(w.Count, o.owed[i].Count)
		}
		o.owed[i] = w
	}
	o.pursue()
}

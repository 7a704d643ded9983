package pull

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// The modes of pulling (pull.mode).
const (
	Auto   = "auto"   // when a platform connects, and later what it does not push
	Always = "always" // when a platform connects, and later everything
	Never  = "never"  // only when the operator asks
)

// Options configure a Puller. Self, Registry, Caller, Intake and Marks are
// required.
type Options struct {
	Self     ocpi.PartyID
	Registry routing.Registry
	Caller   routing.Caller
	Intake   Intake
	Marks    Marks
	Mode     string        // default Auto
	Interval time.Duration // between two pulls of a platform; default 6 h
	PageSize int           // objects asked for on a page; default 100
	Timeout  time.Duration // of one page; default 30 s
	AtOnce   int           // platforms that are pulled by the schedule at once; default 8
	// Locked pulls a platform while no other process of the hub does, and returns
	// when that is done or ctx has ended; nil when there is no other.
	Locked func(ctx context.Context, platform string, pull func(context.Context)) error
	// Doubt is told of every platform that failed a call; may be nil.
	Doubt func(platform string)
	// Observe is told of every list that was read; may be nil.
	Observe func(platform string, r ListReport, took time.Duration)
	// Begin is told of every list that is about to be read. It returns the
	// context in which that is done, and end, which is called with the report;
	// may be nil.
	Begin func(ctx context.Context, platform string, l List) (reading context.Context, end func(ListReport))
	Now   func() time.Time // default time.Now
	Log   *slog.Logger     // default none
}

// Puller pulls. It is safe for concurrent use. Sync works at any time, the
// schedule while Run is running.
type Puller struct {
	self     ocpi.PartyID
	registry routing.Registry
	caller   routing.Caller
	intake   Intake
	marks    Marks
	mode     string
	interval time.Duration
	size     int
	timeout  time.Duration
	atOnce   int
	locked   func(context.Context, string, func(context.Context)) error
	doubt    func(string)
	told     func(string, ListReport, time.Duration)
	opened   func(context.Context, string, List) (context.Context, func(ListReport))
	now      func() time.Time
	log      *slog.Logger

	mu    sync.Mutex
	lines map[string]*line // by platform
	wake  chan struct{}
}

// New returns a Puller.
func New(o Options) *Puller {
	p := &Puller{
		self: o.Self, registry: o.Registry, caller: o.Caller, intake: o.Intake, marks: o.Marks,
		mode: cmp.Or(o.Mode, Auto), interval: cmp.Or(o.Interval, 6*time.Hour), size: cmp.Or(o.PageSize, 100),
		timeout: cmp.Or(o.Timeout, 30*time.Second), atOnce: cmp.Or(o.AtOnce, 8),
		locked: o.Locked, doubt: o.Doubt, told: o.Observe, opened: o.Begin, now: o.Now, log: o.Log,
		lines: map[string]*line{}, wake: make(chan struct{}, 1),
	}
	if p.locked == nil {
		p.locked = func(ctx context.Context, _ string, pull func(context.Context)) error {
			pull(ctx)
			return nil
		}
	}
	if p.doubt == nil {
		p.doubt = func(string) {}
	}
	if p.told == nil {
		p.told = func(string, ListReport, time.Duration) {}
	}
	if p.opened == nil {
		p.opened = func(ctx context.Context, _ string, _ List) (context.Context, func(ListReport)) {
			return ctx, func(ListReport) {}
		}
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p
}

// Request says what to pull.
type Request struct {
	// Modules limits the pull; nil is every module that the platform offers.
	Modules []ocpi.ModuleID
	// Full reads the lists from their beginning.
	Full bool
	// Dry only tells which lists would be read since when, and asks nothing.
	Dry bool
}

// Sync pulls a platform now and returns when that is done. Where another pull of
// the platform is under way, it waits for that first. progress, which may be
// nil, is told of each list that is done. Errors are faults: NotFound,
// NotConnected, NoInterface, Invalid; what went wrong with one list is in the
// report.
func (p *Puller) Sync(ctx context.Context, id string, req Request, progress func(ListReport)) (Report, error) {
	for _, m := range req.Modules {
		if !slices.Contains(Modules(), m) {
			return Report{}, fault.New(fault.Invalid, "module %q cannot be pulled: want one of %v", m, Modules())
		}
	}
	platform, lists, err := p.lists(id, req.Modules)
	switch {
	case err != nil:
		return Report{}, err
	case req.Dry:
		return p.foresee(ctx, platform, lists, req.Full, progress)
	}
	l := p.line(id)
	ctx, leave, err := l.enter(ctx)
	if err != nil {
		return Report{}, err
	}
	defer leave()
	var out Report
	pulled := false
	locking := p.locked(ctx, id, func(ctx context.Context) {
		pulled = true
		if platform, lists, err = p.lists(id, req.Modules); err == nil { // as it is now that it is our turn
			out, err = p.pull(ctx, platform, lists, req.Full, progress)
		}
	})
	if !pulled && locking == nil {
		return out, ended(ctx)
	}
	return out, cmp.Or(err, locking)
}

// pull reads lists one after the other. What is wrong with one does not keep
// the others from being read, unless the platform is gone or the hub ends it.
func (p *Puller) pull(ctx context.Context, platform *parties.Platform, lists []List, full bool, progress func(ListReport)) (Report, error) {
	out := Report{Platform: platform.ID}
	marks, err := p.marks.Load(ctx, platform.ID)
	if err != nil {
		return out, unavailable(err)
	}
	for _, l := range lists {
		if ctx.Err() != nil {
			return out, ended(ctx)
		}
		r := p.read(ctx, platform, l, marks[l], full)
		out.Lists = append(out.Lists, r)
		if progress != nil {
			progress(r)
		}
	}
	return out, nil
}

// foresee tells which lists a pull would read, and since when.
func (p *Puller) foresee(ctx context.Context, platform *parties.Platform, lists []List, full bool, progress func(ListReport)) (Report, error) {
	out := Report{Platform: platform.ID}
	marks, err := p.marks.Load(ctx, platform.ID)
	if err != nil {
		return out, unavailable(err)
	}
	for _, l := range lists {
		r := ListReport{List: l, Since: since(l, marks[l], full)}
		out.Lists = append(out.Lists, r)
		if progress != nil {
			progress(r)
		}
	}
	return out, nil
}

// Modules returns the modules that can be pulled, in the order in which they
// are: what others refer to comes first.
func Modules() []ocpi.ModuleID {
	return []ocpi.ModuleID{ocpi.Tokens, ocpi.Tariffs, ocpi.Locations, ocpi.Sessions, ocpi.CDRs}
}

// lists returns a platform and its lists of some modules, nil for all.
func (p *Puller) lists(id string, modules []ocpi.ModuleID) (*parties.Platform, []List, error) {
	platform, ok := p.registry.Directory().Platform(id)
	switch {
	case !ok:
		return nil, nil, fault.New(fault.NotFound, "platform %s is not known: hubctl platforms list shows those that are", id)
	case platform.Status != parties.Connected:
		return nil, nil, fault.New(fault.NotConnected, "platform %s is %s: only a connected one can be pulled", id, platform.Status)
	}
	if !platform.As.IsZero() {
		return nil, nil, fault.New(fault.NoInterface, "platform %s is connected for %s alone, which reads its lists itself: the hub pulls what it may give to all", id, platform.As)
	}
	lists := listsOf(platform, modules)
	if len(lists) > 0 {
		return platform, lists, nil
	}
	if len(modules) == 0 {
		modules = Modules()
	}
	return nil, nil, fault.New(fault.NoInterface, "platform %s offers no Sender interface of %v that fits the roles of its parties", id, modules)
}

// listsOf returns the lists that a platform offers: every module with a Sender
// endpoint, asked once in the name of each party that sends it.
func listsOf(platform *parties.Platform, modules []ocpi.ModuleID) []List {
	var out []List
	for _, m := range Modules() {
		if _, ok := platform.Endpoint(m, ocpi.Sender); !ok || modules != nil && !slices.Contains(modules, m) {
			continue
		}
		for i := range platform.Parties {
			party := &platform.Parties[i]
			l := List{Module: m, Party: party.Party}
			if sends(party.Role, m) && !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	return out
}

// sends says whether a party of this role could push the module to the hub.
func sends(role ocpi.Role, m ocpi.ModuleID) bool {
	switch m {
	case ocpi.Sessions, ocpi.CDRs:
		return role.Plays(m, ocpi.Sender)
	default:
		return ocpi.MayBroadcast(role, m)
	}
}

// observe tells of a list that was read.
func (p *Puller) observe(ctx context.Context, platform string, r ListReport, took time.Duration) {
	p.told(platform, r, took)
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("platform_id", platform), slog.String("party", r.Party.String()), slog.String("module", string(r.Module)),
		slog.Int("pages", r.Pages), slog.Int("fetched", r.Fetched), slog.Int("new", r.New), slog.Int("updated", r.Updated),
		slog.Int("unchanged", r.Unchanged), slog.Int("rejected", r.Rejected), slog.Duration("took", took),
	}
	if r.Err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", r.Err.Error()))
	}
	p.log.LogAttrs(ctx, level, "list pulled", attrs...)
}

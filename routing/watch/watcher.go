package watch

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	// maxWaiting and maxWaitingBytes bound what waits to be looked at.
	maxWaiting      = 8192
	maxWaitingBytes = 16 << 20
	// maxSubjects bounds what is kept of each sort: rhythms, shares, takings.
	maxSubjects = 20_000
	// saveEvery is how old a rhythm may be that a crash loses. Alerts are written
	// when they change.
	saveEvery = 5 * time.Minute
	// nap is how long Run sleeps when the queue is empty: to be woken for each event
	// would cost the messages more than the event does.
	nap = 50 * time.Millisecond
	// breakAfter is after how many intervals without a look the hub is taken to
	// have stood still, as a machine that sleeps does.
	breakAfter = 5
)

// Options configure a Watcher. All but Changed are needed.
type Options struct {
	Store        Store
	Surroundings Surroundings
	Deadlines    Deadlines
	Thresholds
	Now func() time.Time
	Log *slog.Logger
	// Changed is called when there is something to tell; may be nil. It must not
	// block.
	Changed func()
	// Elsewhere tells the replica that watches of what was seen here; nil: this
	// one always watches. It must not block.
	Elsewhere func(text string)
}

// Thresholds say from when on something is an alert.
type Thresholds struct {
	Interval   time.Duration // between two looks
	Cycle      time.Duration // in which the traffic repeats itself
	Silence    time.Duration // the shortest that is an alert
	Window     time.Duration // in which failures are counted
	ErrorShare float64       // the least share of failures
	MassShare  float64       // the least share of objects taken away
	Backlog    time.Duration // the oldest pending delivery
	Expiry     time.Duration // before the end of a certificate or token
	Invitation time.Duration // that was not used
	ClockSkew  time.Duration
}

// Watcher keeps rhythms and alerts. It is safe for concurrent use. Run does the
// work.
type Watcher struct {
	Options
	calendar calendar
	queue    chan event
	bytes    atomic.Int64 // of the bodies that wait
	dropped  atomic.Int64
	watching atomic.Bool  // this replica watches
	tellings atomic.Int64 // how often others were told

	mu       sync.Mutex
	watched  time.Time // since when there was no break
	looked   time.Time
	seen     Presence
	rhythms  map[rhythmKey]*Rhythm
	unsaved  map[rhythmKey]bool
	shares   map[shareKey]*share
	taken    map[taking]taken
	backlogs map[string]*backlog
	skews    map[string]*skew
	ends     map[Subject]End // certificates that were seen at calls
	ledger   *ledger
	saved    time.Time
}

type rhythmKey struct {
	party  ocpi.PartyID
	module ocpi.ModuleID
}

// Open reads what was learnt, and the alerts that held. Run must run for
// anything to be noticed.
func Open(ctx context.Context, o Options) (*Watcher, error) {
	memo, err := o.Store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the alerts: %w", err)
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	now := o.Now()
	w := &Watcher{
		Options: o, calendar: calendar{o.Cycle}, queue: make(chan event, maxWaiting), watched: now, looked: now, saved: now,
		rhythms: map[rhythmKey]*Rhythm{}, unsaved: map[rhythmKey]bool{}, shares: map[shareKey]*share{}, taken: map[taking]taken{},
		backlogs: map[string]*backlog{}, skews: map[string]*skew{}, ends: map[Subject]End{},
	}
	w.watching.Store(o.Elsewhere == nil)
	w.remember(memo)
	w.expectShares()
	return w, nil
}

// remember takes over what was written down. It needs w.mu, unless w is new.
func (w *Watcher) remember(memo Memo) {
	w.ledger = newLedger(memo.Alerts)
	w.rhythms, w.unsaved = map[rhythmKey]*Rhythm{}, map[rhythmKey]bool{}
	for _, r := range memo.Rhythms {
		if len(r.Usual) == hours {
			w.rhythms[rhythmKey{r.Party, r.Module}] = &r
		}
	}
}

// expectShares begins to count what there are alerts about. It needs w.mu,
// unless w is new.
func (w *Watcher) expectShares() {
	for _, a := range w.ledger.alerts {
		if a.Kind == Refusals || a.Kind == Failures {
			w.shares[shareKey{a.Kind, a.Subject}] = &share{alert: a.State == Firing}
		}
	}
}

// Run looks until ctx ends; then it looks at what waits, and writes a last time.
// Of several replicas only one may run it at a time.
func (w *Watcher) Run(ctx context.Context) error {
	if w.Elsewhere != nil {
		w.takeOver(ctx)
		w.watching.Store(true)
		defer w.watching.Store(false)
	}
	tick := time.NewTicker(w.Interval)
	defer tick.Stop()
	for {
		select {
		case e := <-w.queue:
			w.handle(e)
			w.drain()
			sleep(ctx, nap)
		case <-tick.C:
			w.Look(ctx)
		case <-ctx.Done():
			w.drain()
			w.save(context.WithoutCancel(ctx), true)
			return nil
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (w *Watcher) drain() {
	for range maxWaiting { // no more: others may go on handing over
		select {
		case e := <-w.queue:
			w.handle(e)
		default:
			return
		}
	}
}

// Look judges everything now. Run calls it each interval.
func (w *Watcher) Look(ctx context.Context) {
	w.drain()
	seen, loads := w.Surroundings.Presence(), w.Surroundings.Backlogs()
	ends, err := w.Deadlines.Ends(ctx)
	if err != nil && ctx.Err() == nil {
		w.Log.Warn("the ends of tokens and certificates cannot be read now", "error", err)
	}
	suspects := w.suspects()
	for k := range suspects {
		stock, err := w.Surroundings.Stock(ctx, k.party, k.module)
		if err != nil {
			delete(suspects, k)
			continue
		}
		suspects[k] = stock
	}
	w.settle(w.Now(), around{seen, loads, ends, suspects})
	w.save(ctx, false)
}

// around is what was found around the watcher at one look.
type around struct {
	seen   Presence
	loads  []Load
	ends   []End
	stocks map[taking]int
}

// settle has every detector judge, and the ledger turn that into alerts.
func (w *Watcher) settle(now time.Time, a around) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.looked) > breakAfter*w.Interval {
		w.watched = now
	}
	w.looked, w.seen = now, a.seen
	changed := false
	w.forgetGone()
	for _, j := range w.judge(now, a) {
		if w.gone(j.Subject) || !j.Bad && w.early(j.Kind, now) {
			continue
		}
		changed = w.announce(w.ledger.settle(j, now, w.calm(j.Kind))) || changed
	}
	for _, alert := range w.ledger.alerts {
		if alert.State == Firing && w.gone(alert.Subject) {
			changed = w.announce(w.ledger.end(alert, now)) || changed
		}
	}
	if changed {
		w.Changed()
	}
}

// calm is how long trouble of a kind must be over before its alert is. What
// cannot flap need not wait.
func (w *Watcher) calm(k Kind) time.Duration {
	switch k {
	case Silence, Certificates, TokenExpiry, Unused:
		return 0
	default:
		return settle * w.Interval
	}
}

// early says whether it is too early after a start to say that trouble of a kind
// is over: what tells of it has to come together first.
func (w *Watcher) early(k Kind, now time.Time) bool {
	switch k {
	case Refusals, Failures, Backlog:
		return now.Sub(w.watched) < max(w.Window, w.Backlog)
	case MassChange:
		return now.Sub(w.watched) < massWindows*w.Window
	default:
		return false
	}
}

// forgetGone forgets what is known of platforms that are gone.
func (w *Watcher) forgetGone() {
	for s := range w.ends {
		if w.gone(s) {
			delete(w.ends, s)
		}
	}
	for id := range w.skews {
		if w.gone(Subject{Platform: id}) {
			delete(w.skews, id)
		}
	}
}

// gone says whether nobody is there any more whom an alert could be about.
func (w *Watcher) gone(s Subject) bool {
	if _, known := w.seen.Platforms[s.Platform]; s.Platform != "" && !known {
		return true
	}
	return !s.Party.IsZero() && !w.seen.Active[s.Party]
}

// announce writes an alert that began or ended to the log.
func (w *Watcher) announce(a *Alert) bool {
	if a == nil {
		return false
	}
	fields := []any{"alert_id", a.ID, "kind", a.Kind, "severity", a.Severity, "value", a.Value, "threshold", a.Threshold}
	if a.Subject.Platform != "" {
		fields = append(fields, "platform_id", a.Subject.Platform)
	}
	if !a.Subject.Party.IsZero() {
		fields = append(fields, "party", a.Subject.Party.String())
	}
	if a.Subject.Module != "" {
		fields = append(fields, "module", a.Subject.Module)
	}
	if a.Subject.Name != "" {
		fields = append(fields, "subject", a.Subject.Name)
	}
	if a.State == Resolved {
		w.Log.Info("alert resolved", fields...)
	} else {
		w.Log.Warn("alert", fields...)
	}
	return true
}

// save writes the alerts that changed, and now and then the rhythms. What cannot
// be written is tried again.
func (w *Watcher) save(ctx context.Context, all bool) {
	memo, gone := w.takeUnsaved(all)
	if len(memo.Alerts)+len(memo.Rhythms)+len(gone) == 0 {
		return
	}
	if err := w.Store.Save(ctx, memo, gone); err != nil {
		w.putBack(memo)
		w.Log.Warn("the alerts cannot be written now", "error", err)
	}
}

func (w *Watcher) takeUnsaved(all bool) (memo Memo, gone []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	gone = w.ledger.sweep(now)
	for id := range w.ledger.dirty {
		memo.Alerts = append(memo.Alerts, *w.ledger.alerts[id])
	}
	clear(w.ledger.dirty)
	if !all && now.Sub(w.saved) < saveEvery {
		return memo, gone
	}
	w.saved = now
	for k := range w.unsaved {
		memo.Rhythms = append(memo.Rhythms, copied(w.rhythms[k]))
	}
	clear(w.unsaved)
	return memo, gone
}

func (w *Watcher) putBack(memo Memo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range memo.Alerts {
		w.ledger.dirty[memo.Alerts[i].ID] = true
	}
	for i := range memo.Rhythms {
		w.unsaved[rhythmKey{memo.Rhythms[i].Party, memo.Rhythms[i].Module}] = true
	}
}

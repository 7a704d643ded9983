package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/cast"
	"github.com/ocpihub/ocpihub/e2e/chaos/ledger"
	"github.com/ocpihub/ocpihub/e2e/chaos/site"
)

// trial is one seed: a site, its platforms, its faults, and the comparison at
// the end.
type trial struct {
	o    options
	seed uint64
	dir  string
	tell func(format string, v ...any)

	site *site.Site
	cast *cast.Cast
	book *ledger.Ledger
}

// outcome is what a trial showed.
type outcome struct {
	seed   uint64
	report cast.Report
	deeds  []deed
	acks   int
	sent   int // messages of all kinds
	silent int // those that got no answer
	deaths int // processes that ended by themselves
}

// String tells an outcome in one line.
func (o outcome) String() string {
	verdict := "holds"
	if !o.report.OK() {
		verdict = "BROKEN"
	}
	return fmt.Sprintf("seed %d: %s; %d faults (%s); %d messages, %d without an answer; %d pushes acknowledged; compared %d states held (%d exact), %d listed, %d bills (%d acknowledged); %d processes ended by themselves",
		o.seed, verdict, len(o.deeds), kinds(o.deeds), o.sent, o.silent, o.acks, o.report.Held.Cells, o.report.Held.Exact,
		o.report.Listed.Cells, o.report.Billed.Cells, o.report.Billed.Exact, o.deaths)
}

// operator is the hub as the cast reaches it.
type operator struct{ *site.Site }

// Hubctl runs hubctl against any replica that is ready.
func (o operator) Hubctl(ctx context.Context, out any, args ...string) error {
	return o.AnyHub(ctx).Hubctl(ctx, out, args...)
}

// run runs the trial. The error says what kept it from being one.
func (t *trial) run(ctx context.Context) (outcome, error) {
	out := outcome{seed: t.seed}
	if err := t.open(ctx); err != nil {
		return out, err
	}
	defer t.close()
	before, err := t.warmUp(ctx)
	if err != nil {
		return out, err
	}
	directs := t.cast.NewDirects()
	doer := newDoer(t.site, t.cast, t.tell)
	out.deeds = schedule(stageOf(t.site, t.cast), t.seed, t.o.span)
	if t.o.deeds != nil {
		out.deeds = t.o.deeds
	}
	if t.o.only != "" {
		out.deeds = slices.DeleteFunc(out.deeds, func(d deed) bool { return !t.o.wants(d.what) })
	}
	t.storm(ctx, doer, out.deeds, directs)
	if err := doer.healAll(); err != nil {
		return out, err
	}
	if err := t.site.AwaitReady(ctx); err != nil {
		out.report.Wrong = append(out.report.Wrong, "the site does not come back: "+err.Error())
		return out, nil
	}
	out.report = t.settle(ctx, directs)
	out.report.Findings = append(out.report.Findings, t.grown(ctx, before)...)
	t.total(&out, directs)
	return out, nil
}

// total counts what was said in a trial.
func (t *trial) total(out *outcome, directs *cast.Directs) {
	out.acks = t.book.Acks()
	out.sent, out.silent = t.cast.Answers.Total()
	for _, p := range t.site.Processes() {
		out.deaths += p.Deaths()
	}
	ordered, came := directs.Results()
	t.tell("answers: %v; %d commands accepted, %d results came at once", t.cast.Answers.Lines(), ordered, came)
}

func (t *trial) open(ctx context.Context) error {
	o := t.o.site
	o.Dir = t.dir
	o.Env = append(slices.Clone(o.Env), "OCPI_HUB_POLICY_DEFAULT=agreement")
	if o.Replicas > 0 && o.Redis == "" {
		o.Redis = []site.RedisKind{site.RedisCluster, site.RedisSentinel}[t.seed%2]
	}
	var err error
	if t.site, err = site.Open(ctx, o); err != nil {
		return err
	}
	t.book = ledger.New()
	who := t.o.cast
	who.Hub, who.Ledger, who.Seed = operator{t.site}, t.book, t.seed
	if t.cast, err = cast.Open(ctx, who); err != nil {
		t.site.Close()
	}
	return err
}

func (t *trial) close() {
	t.cast.Close()
	t.site.Close()
}

// warmUp publishes everything, waits until everybody has it, and returns what
// the hubs need then.
func (t *trial) warmUp(ctx context.Context) (map[string]need, error) {
	if err := t.cast.Publish(ctx); err != nil {
		return nil, err
	}
	if r := t.settle(ctx, nil); !r.OK() {
		return nil, fmt.Errorf("before any fault: %v", first(r, 5))
	}
	return t.needs(ctx)
}

// storm lets the platforms talk while the deeds are done.
func (t *trial) storm(ctx context.Context, d *doer, deeds []deed, directs *cast.Directs) {
	ctx, cancel := context.WithTimeout(ctx, t.o.span)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { d.run(ctx, deeds) })
	all.Go(func() { t.cast.PushAll(ctx, t.o.span, t.o.pushes) })
	all.Go(func() { directs.Run(ctx, t.o.span, t.o.directs) })
	all.Wait()
}

// settle waits until nothing is to be delivered any more and everybody holds
// what they must, and returns what is still wrong when the time is over.
func (t *trial) settle(ctx context.Context, directs *cast.Directs) cast.Report {
	deadline := time.Now().Add(t.o.settled)
	for {
		pending := t.pending(ctx)
		report := t.cast.Compare(ctx, directs)
		if pending != nil {
			report.Findings = append(report.Findings, pending.Error())
		}
		if report.OK() || len(report.Wrong) > 0 || time.Now().After(deadline) || !sleep(ctx, 250*time.Millisecond) {
			return report
		}
	}
}

// pending says what is yet to be delivered, as the operator sees it.
func (t *trial) pending(ctx context.Context) error {
	var rows []struct {
		ID      string `json:"platform_id"`
		Pending int    `json:"pending"`
		State   string `json:"state"`
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := t.site.AnyHub(ctx).Hubctl(ctx, &rows, "deliveries"); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Pending > 0 || r.State != "live" {
			return fmt.Errorf("deliveries to %s are %s with %d pending", r.ID, r.State, r.Pending)
		}
	}
	if len(rows) != len(t.cast.Members) {
		return fmt.Errorf("%d platforms get deliveries, want %d", len(rows), len(t.cast.Members))
	}
	return nil
}

// first are the first findings of a report.
func first(r cast.Report, n int) []string {
	all := append(slices.Clone(r.Wrong), r.Findings...)
	return all[:min(n, len(all))]
}

// logs are the files to look at when a trial failed.
func (t *trial) logs() string { return filepath.Join(t.dir, "*.log") }

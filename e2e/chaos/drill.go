package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/cast"
	"github.com/ocpihub/ocpihub/e2e/chaos/site"
)

// The drills: what operators do or meet in time, with the promise that goes
// with it.
const (
	rolling   = "rolling"    // every replica is restarted, one after the other
	redisAway = "redis-away" // every Redis is down for a while
	natsAway  = "nats-away"  // every NATS node is
)

// drill lets the platforms talk while one thing is done, and says what was not
// as it must be. Nobody restarts a hub behind an outage.
func (t *trial) drill(ctx context.Context, what string) (outcome, error) {
	out := outcome{seed: t.seed}
	if err := t.open(ctx); err != nil {
		return out, err
	}
	defer t.close()
	before, err := t.warmUp(ctx)
	if err != nil {
		return out, err
	}
	act := map[string]func(context.Context) []string{
		rolling:   t.restartEach,
		redisAway: func(ctx context.Context) []string { return t.away(ctx, t.site.Redis, onlyAuthorize) },
		natsAway:  func(ctx context.Context) []string { return t.away(ctx, t.site.NATS, everyDirect) },
	}[what]
	if act == nil {
		return out, fmt.Errorf("there is no drill %q: want %s, %s or %s", what, rolling, redisAway, natsAway)
	}
	t.site.Straight.Store(true)
	pids := t.pids()
	directs := t.cast.NewDirects()
	wrong := t.during(ctx, directs, act)
	if err := t.site.AwaitReady(ctx); err != nil {
		wrong = append(wrong, "the site does not come back: "+err.Error())
		out.report.Wrong = wrong
		return out, nil
	}
	out.report = t.settle(ctx, directs)
	out.report.Findings = append(out.report.Findings, t.grown(ctx, before)...)
	if what != rolling && !slices.Equal(pids, t.pids()) {
		wrong = append(wrong, "a hub was restarted")
	}
	out.report.Wrong = append(out.report.Wrong, wrong...)
	t.total(&out, directs)
	return out, nil
}

func (t *trial) pids() (out []int) {
	for _, h := range t.site.Hubs {
		out = append(out, h.PID())
	}
	return out
}

// calm is how long the platforms talk before and after what is done.
const calm = 3 * time.Second

// during lets the platforms talk while something is done, and a while longer.
func (t *trial) during(ctx context.Context, directs *cast.Directs, act func(context.Context) []string) []string {
	talk, quiet := context.WithCancel(ctx)
	defer quiet()
	var all sync.WaitGroup
	all.Go(func() { t.cast.PushAll(talk, t.o.span, t.o.pushes) })
	all.Go(func() { directs.Run(talk, t.o.span, t.o.directs) })
	sleep(ctx, calm)
	wrong := act(ctx)
	began := time.Now()
	for before := t.cast.Answers.Counts(); !goes(t.cast.Answers.Since(before)); {
		if time.Since(began) > t.o.settled || !sleep(ctx, 100*time.Millisecond) {
			wrong = append(wrong, fmt.Sprintf("afterwards it does not go on: %v", t.cast.Answers.Since(before)))
			break
		}
	}
	t.tell("everything goes on again after %s", time.Since(began).Round(100*time.Millisecond))
	sleep(ctx, calm)
	quiet()
	all.Wait()
	return wrong
}

// goes says whether messages of all kinds are answered as usual.
func goes(answers map[string]int) bool {
	return answers["push tariffs: 200/1000"] > 0 && answers["push tokens: 200/1000"] > 0 &&
		answers["authorize: 200/1000"] > 0 && answers["command: 200/1000"] > 0
}

// restartEach restarts every replica in order, each when the one before is ready
// again. Nobody must notice: every message is answered.
func (t *trial) restartEach(ctx context.Context) (wrong []string) {
	_, silentBefore := t.cast.Answers.Total()
	for _, h := range t.site.Hubs {
		began := time.Now()
		t.site.Retire(h)
		stopped := time.Since(began)
		if err := h.Start(); err != nil {
			return append(wrong, err.Error())
		}
		if err := t.site.AwaitReady(ctx); err != nil {
			return append(wrong, err.Error())
		}
		t.tell("%s was restarted: it served on and stopped within %s and was ready after %s", h.Name,
			stopped.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
		sleep(ctx, time.Second)
	}
	if _, silent := t.cast.Answers.Total(); silent > silentBefore {
		wrong = append(wrong, fmt.Sprintf("%d messages got no answer, the last: %v", silent-silentBefore, t.cast.Answers.Silence()))
	}
	return wrong
}

// goesOn says whether a kind of message to one party is answered as usual while
// something is away.
type goesOn func(what string) bool

// onlyAuthorize: what is noted before it goes on cannot be without Redis.
func onlyAuthorize(what string) bool { return what == "authorize" }

func everyDirect(what string) bool { return !strings.HasPrefix(what, "push ") }

// noticed is how long what was under way when something went away may take to be
// answered.
const noticed = 4 * time.Second

// away takes processes down for a while: pushes are answered by 503, messages
// between parties go on.
func (t *trial) away(ctx context.Context, gone []*site.Process, on goesOn) (wrong []string) {
	for _, p := range gone {
		p.Kill()
	}
	sleep(ctx, noticed)
	before := t.cast.Answers.Counts()
	sleep(ctx, max(t.o.away-noticed, time.Second))
	got := t.cast.Answers.Since(before)
	t.tell("while they were away: %v", got)
	for _, p := range gone {
		if err := p.Start(); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	refused, went := 0, 0
	for answer, n := range got {
		what, how, _ := strings.Cut(answer, ": ")
		push := strings.HasPrefix(what, "push ")
		switch {
		case push && how == "503/3000":
			refused += n
		case push:
			wrong = append(wrong, fmt.Sprintf("%d times %s was answered %s, want 503/3000", n, what, how))
		case on(what) && (how == "200/1000" || how == "201/1000"):
			went += n
		case on(what):
			wrong = append(wrong, fmt.Sprintf("%d times %s was answered %s, want 1000", n, what, how))
		}
	}
	if refused == 0 || went == 0 {
		wrong = append(wrong, fmt.Sprintf("%d pushes were refused, %d messages went on: want both", refused, went))
	}
	return wrong
}

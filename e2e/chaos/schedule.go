package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// deed is something that is done to the site for a while.
type deed struct {
	at, span time.Duration
	what     string // of the kinds below
	target   string // the process, disk, clock or link
	amount   time.Duration
}

// String tells a deed in one line.
func (d deed) String() string {
	s := fmt.Sprintf("%6.2fs for %5.2fs  %-9s %s", d.at.Seconds(), d.span.Seconds(), d.what, d.target)
	if d.amount != 0 {
		s += " by " + d.amount.String()
	}
	return s
}

// The kinds of deeds.
const (
	kill     = "kill -9"
	pause    = "SIGSTOP"
	cut      = "cut"
	slow     = "slow"
	stall    = "stall"
	halfOpen = "half-open"
	fill     = "full disk"
	step     = "clock"
)

// stage is what can be done, by the names of targets. Hubs are among the
// processes, ways, which lead to platforms, among the links.
type stage struct{ processes, hubs, links, ways, disks, clocks []string }

// atOnce bounds the deeds that are under way at a time: where everything is
// broken nothing is learned.
const atOnce = 3

// schedule makes the deeds of a seed; the same stage and seed give the same
// deeds. A hub is often killed just while a platform cannot be reached: then
// there is something to lose.
func schedule(s stage, seed uint64, span time.Duration) []deed {
	rng := rand.New(rand.NewPCG(seed, 0))
	var out []deed
	for at := gap(rng); at < span-time.Second; at += gap(rng) {
		d := draw(rng, s)
		d.at, d.span = at, min(span-at, 500*time.Millisecond+upTo(rng, 5*time.Second))
		out = add(out, d)
		if follows := rng.IntN(2) == 0; follows && slices.Contains(s.ways, d.target) {
			at += d.span / 2
			death := deed{what: kill, target: s.hubs[rng.IntN(len(s.hubs))], at: at}
			death.span = min(span-at, 200*time.Millisecond+upTo(rng, 2*time.Second))
			out = add(out, death)
		}
	}
	return out
}

// add adds a deed unless too much is under way, or something is done to its
// target already.
func add(all []deed, d deed) []deed {
	busy := slices.DeleteFunc(slices.Clone(all), func(o deed) bool { return o.at+o.span < d.at })
	taken := slices.ContainsFunc(busy, func(o deed) bool { return o.target == d.target })
	if len(busy) >= atOnce || taken {
		return all
	}
	return append(all, d)
}

// gap is the time between two deeds: two seconds on the average.
func gap(rng *rand.Rand) time.Duration { return 500*time.Millisecond + upTo(rng, 3*time.Second) }

// draw makes up a deed. Processes are hit as often as all links together.
func draw(rng *rand.Rand, s stage) deed {
	one := func(names []string) string { return names[rng.IntN(len(names))] }
	switch n := rng.IntN(20); {
	case n < 6:
		return deed{what: kill, target: one(s.processes)}
	case n < 9:
		return deed{what: pause, target: one(s.processes)}
	case n < 11 && len(s.disks) > 0:
		return deed{what: fill, target: "disk of " + one(s.disks)}
	case n < 13 && len(s.clocks) > 0:
		return deed{what: step, target: "clock of " + one(s.clocks), amount: steps[rng.IntN(len(steps))]}
	}
	targets := s.links
	if rng.IntN(2) == 0 {
		targets = s.ways
	}
	d := deed{what: []string{cut, slow, stall, halfOpen}[rng.IntN(4)], target: one(targets)}
	if d.what == slow {
		d.amount = 20*time.Millisecond + upTo(rng, 280*time.Millisecond)
	}
	return d
}

// steps are by how much a clock is put wrong.
var steps = []time.Duration{-time.Hour, -30 * time.Second, -2 * time.Second, 2 * time.Second, 30 * time.Second, time.Hour, 26 * time.Hour}

// upTo draws a duration below d.
func upTo(rng *rand.Rand, d time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(d))) }

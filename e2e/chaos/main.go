// Chaos runs a whole hub as processes, lets platforms talk through it, and
// meanwhile kills and pauses processes, cuts and slows links, fills disks and
// steps clocks, by a schedule that a seed makes. In the end it compares what
// every receiver holds with every push that was acknowledged.
//
//	go run ./e2e/chaos                      one seed, drawn by lot
//	go run ./e2e/chaos -seed 7 -seeds 20    the seeds 7 to 26, 60 s each
//	go run ./e2e/chaos -replicas 0          one hub with the embedded default
//	go run ./e2e/chaos -drill rolling       no faults: every replica is restarted
//
// It ends with exit code 1 when a promise of the hub was broken. See docs/chaos.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/cast"
	"github.com/ocpihub/ocpihub/e2e/chaos/site"
)

type options struct {
	seed            uint64
	seeds           int
	span, settled   time.Duration
	away            time.Duration // in drills
	drill           string
	receivers       int
	pushes, directs float64
	only, planted   string
	deeds           []deed // instead of those of the seed
	dir, log        string
	site            site.Options
	cast            cast.Options
}

// wants says whether a kind of fault is asked for.
func (o options) wants(what string) bool {
	for word := range strings.SplitSeq(o.only, ",") {
		if strings.TrimSpace(word) == what {
			return true
		}
	}
	return false
}

// again is what runs a seed once more.
func (o options) again(seed uint64) string {
	words := []string{fmt.Sprintf("-seed %d -span %s -pushes %g -directs %g -replicas %d -disks=%v -clocks=%v",
		seed, o.span, o.pushes, o.directs, o.site.Replicas, o.site.Disks, o.site.Clocks)}
	for name, value := range map[string]string{"-only": o.only, "-plant": o.planted, "-redis": string(o.site.Redis), "-drill": o.drill} {
		if value != "" {
			words = append(words, name, strconv.Quote(value))
		}
	}
	for name, set := range map[string]bool{"-redis-only": o.site.RedisOnly, "-nats-only": o.site.NATSOnly} {
		if set {
			words = append(words, name)
		}
	}
	return strings.Join(words, " ")
}

// tenPlatforms are four CPOs, five eMSPs and one that is both.
var tenPlatforms = cast.Options{CPOs: 4, EMSPs: 5, Locations: 24, Tariffs: 12, Tokens: 24}

func main() {
	o := options{cast: tenPlatforms}
	redis := ""
	flag.Uint64Var(&o.seed, "seed", 0, "the first seed; 0: drawn by lot")
	flag.IntVar(&o.seeds, "seeds", 1, "how many seeds, counted up from the first")
	flag.DurationVar(&o.span, "span", time.Minute, "how long the faults of one seed go on")
	flag.DurationVar(&o.settled, "settled", time.Minute, "how long after the last fault everything must be right")
	flag.Float64Var(&o.pushes, "pushes", 60, "pushes to all, a second")
	flag.Float64Var(&o.directs, "directs", 30, "messages to one party, a second")
	flag.StringVar(&o.only, "only", "", "only these kinds of faults, for example: kill -9,SIGSTOP,cut,slow,stall,half-open,full disk,clock")
	flag.StringVar(&o.drill, "drill", "", "instead of faults by a seed: rolling, redis-away or nats-away")
	flag.DurationVar(&o.away, "away", 10*time.Second, "in a drill, how long Redis or NATS is away")
	flag.IntVar(&o.receivers, "receivers", o.cast.EMSPs, "eMSP platforms")
	flag.StringVar(&o.planted, "plant", "", "a bug that is built into the hub, to see that it is found: ack-before-stream, progress-too-early or second-reader")
	flag.StringVar(&o.dir, "dir", "", "where data and logs of the processes go; empty: a temporary folder")
	flag.StringVar(&o.log, "log", "chaos.log", "the log of seeds, faults and counts; it is appended to")
	flag.IntVar(&o.site.Replicas, "replicas", 3, "hubs over Redis and NATS; 0: one hub with the embedded default")
	flag.StringVar(&redis, "redis", "", "single, cluster or sentinel; empty: cluster and sentinel by turns")
	flag.BoolVar(&o.site.RedisOnly, "redis-only", false, "NATS in the process; with -replicas 1")
	flag.BoolVar(&o.site.NATSOnly, "nats-only", false, "no Redis; with -replicas 1")
	flag.BoolVar(&o.site.Disks, "disks", true, "small disks that can be full; needs root")
	flag.BoolVar(&o.site.Clocks, "clocks", true, "wall clocks that can be stepped")
	flag.Parse()
	o.site.Redis = site.RedisKind(redis)
	o.cast.EMSPs = o.receivers
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// errBroken says that a promise was broken.
var errBroken = errors.New("a promise of the hub was broken: see the log")

func run(ctx context.Context, o options) (err error) {
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "chaos-"); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(o.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	out := io.MultiWriter(os.Stdout, log)
	fmt.Fprintf(out, "building the programs (a stepped clock: %v)\n", o.site.Clocks)
	if o.site.Programs, err = build(filepath.Join(o.dir, "bin"), o.site.Clocks, o.planted); err != nil {
		return err
	}
	if o.seed == 0 {
		o.seed = 1 + rand.Uint64N(1_000_000)
	}
	var broken []uint64
	for n := range o.seeds {
		ok, err := try(ctx, o, o.seed+uint64(n), out)
		if err != nil {
			return err
		}
		if !ok {
			broken = append(broken, o.seed+uint64(n))
		}
	}
	fmt.Fprintf(out, "%d seeds, %d broken %v\n", o.seeds, len(broken), broken)
	if len(broken) > 0 {
		return errBroken
	}
	return os.RemoveAll(o.dir)
}

// try runs one seed and writes what came of it.
func try(ctx context.Context, o options, seed uint64, out io.Writer) (bool, error) {
	began := time.Now()
	tell := func(format string, v ...any) {
		fmt.Fprintf(out, "seed %d %7.2fs  %s\n", seed, time.Since(began).Seconds(), fmt.Sprintf(format, v...))
	}
	t := &trial{o: o, seed: seed, dir: filepath.Join(o.dir, fmt.Sprint("seed", seed)), tell: tell}
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return false, err
	}
	act := t.run
	if o.drill != "" {
		act = func(ctx context.Context) (outcome, error) { return t.drill(ctx, o.drill) }
	}
	result, err := act(ctx)
	if err != nil {
		return false, fmt.Errorf("seed %d: %w (logs: %s)", seed, err, t.logs())
	}
	fmt.Fprintln(out, result)
	if result.report.OK() {
		return true, os.RemoveAll(t.dir)
	}
	for _, f := range first(result.report, 40) {
		fmt.Fprintln(out, "   ", f)
	}
	fmt.Fprintf(out, "    %d findings in all; logs: %s; again: go run ./e2e/chaos %s\n",
		len(result.report.Wrong)+len(result.report.Findings), t.logs(), o.again(seed))
	return false, nil
}

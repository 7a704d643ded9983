package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// Options say how large the demo is. The zero Options are two platforms of
// CPOs and three of eMSPs with the sample locations.
type Options struct {
	// CPOs and EMSPs are the numbers of platforms; 0 is 2 and 3.
	CPOs, EMSPs int
	// Locations is a file of OCPI locations, one a line, .gz or not; empty is
	// the sample.
	Locations string
	// Sabotage makes a simulator do something wrong, to try out the checks:
	// empty or DropPush.
	Sabotage string
	// AdminAddr and TokenFile are the admin API of a hub that runs, with its
	// operator's token: the story is told there. Empty: at a hub of its own.
	AdminAddr, TokenFile string
	// Out gets the story; nil is nowhere. Terminal says that it is a
	// terminal, where long steps show how far they are.
	Out      io.Writer
	Terminal bool
	// Log is that of the hub; nil is none.
	Log *slog.Logger
	// Bound is the longest that a step may take, 0 is a minute; large files
	// get more. Quiet ends the wait for pushes when none has come for so
	// long; 0 is ten seconds.
	Bound, Quiet time.Duration
}

// DropPush makes one CPO forget to push one location.
const DropPush = "drop-push"

// MaxPlatforms bounds the platforms of one kind.
const MaxPlatforms = 100

// Demo is a running hub with its cast of platforms.
type Demo struct {
	Options
	hub *hub.Hub // nil: the hub is given
	dir string

	operator    *operator
	versionsURL string
	offered     []string // versions of OCPI

	cpos, emsps []*ocpitest.Platform
	homes       map[ocpi.PartyID]*ocpitest.Platform // of the operators
	locations   []ocpitest.Location
	charging    charging
	across      across
	clock       time.Time
	counter     counter
}

// Start starts the hub, in a temporary data directory, and the platforms. They
// do not know each other yet.
func Start(ctx context.Context, o Options) (*Demo, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	d := &Demo{Options: o, clock: time.Now()}
	d.counter = counter{out: o.Out, on: o.Terminal}
	for _, start := range []func(context.Context) error{d.load, d.startHub, d.meetHub, d.startPlatforms} {
		if err := start(ctx); err != nil {
			return nil, errors.Join(err, d.Close(ctx))
		}
	}
	return d, nil
}

func (o *Options) complete() error {
	setDefault(&o.CPOs, 2)
	setDefault(&o.EMSPs, 3)
	setDefault(&o.Bound, time.Minute)
	setDefault(&o.Quiet, 10*time.Second)
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for name, n := range map[string]int{"cpos": o.CPOs, "emsps": o.EMSPs} {
		if n < 1 || n > MaxPlatforms {
			return fmt.Errorf("%s: want 1 to %d platforms, got %d", name, MaxPlatforms, n)
		}
	}
	if o.Sabotage != "" && o.Sabotage != DropPush {
		return fmt.Errorf("sabotage: want %s, got %q", DropPush, o.Sabotage)
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (d *Demo) startHub(ctx context.Context) (err error) {
	if d.AdminAddr != "" {
		return nil
	}
	if d.dir, err = os.MkdirTemp("", "ocpi-hub-demo-"); err != nil {
		return err
	}
	if d.hub, err = hub.Start(ctx, d.config(), d.Log); err != nil {
		return fmt.Errorf("start the hub: %w", err)
	}
	cfg := d.config()
	d.AdminAddr, d.TokenFile = d.hub.AdminAddr(), cfg.AdminTokenFile()
	return nil
}

// meetHub finds out where the hub is for its partners: an invitation would say
// so, and need not be made for that. What others do at a hub would be taken for
// part of the story.
func (d *Demo) meetHub(ctx context.Context) (err error) {
	if d.operator, err = openOperator(d.AdminAddr, d.TokenFile); err != nil {
		return err
	}
	known, err := d.operator.known(ctx)
	if err != nil {
		return fmt.Errorf("the hub at %s: %w", d.AdminAddr, err)
	}
	if len(known) > 0 {
		return fmt.Errorf("the hub at %s has %s: the demo needs one without", d.AdminAddr, count(len(known), "platform"))
	}
	d.versionsURL, d.offered, err = d.operator.offers(ctx)
	return err
}

// config is that of a hub among friends: on loopback, without limits, and quick
// to notice who is away.
func (d *Demo) config() hub.Config {
	cfg := hub.Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.PublicURL = "127.0.0.1:0", "127.0.0.1:0", ""
	cfg.DataDir = d.dir
	cfg.Egress.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg.Limits.RequestsPerSecond, cfg.Limits.Burst = 100_000, 100_000
	cfg.Alive.Interval = 2 * time.Second
	return cfg
}

// Close stops everything and removes the data directory.
func (d *Demo) Close(ctx context.Context) error {
	var failures []error
	if d.hub != nil {
		failures = append(failures, d.hub.Close(context.WithoutCancel(ctx)))
	}
	for _, p := range d.platforms() {
		p.Close()
	}
	if d.operator != nil {
		failures = append(failures, d.operator.conn.Close())
	}
	if d.dir != "" {
		failures = append(failures, os.RemoveAll(d.dir))
	}
	return errors.Join(failures...)
}

// VersionsURL is where a platform of one's own can join.
func (d *Demo) VersionsURL() string { return d.versionsURL }

// hubParty is the party that stands for all, as the hub named itself when the
// platforms registered.
func (d *Demo) hubParty() ocpi.PartyID { return d.cpos[0].Hub() }

// stamp is a last_updated that is later than all before.
func (d *Demo) stamp() string {
	d.clock = d.clock.Add(time.Second)
	if now := time.Now(); now.After(d.clock) {
		d.clock = now
	}
	return ocpi.FormatDateTime(d.clock)
}

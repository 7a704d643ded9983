package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// Config is what a simulated platform is and does. Steps that are not set are
// left out.
type Config struct {
	// Platform is the platform. Without parties it has those of the owners
	// of its locations, in role Role.
	Platform ocpitest.Options
	Role     ocpi.Role
	// VersionsURL and TokenA register the platform with a hub; AcceptToken
	// lets the hub connect instead.
	VersionsURL, TokenA, AcceptToken string
	// Locations is the file with the locations that a CPO offers: those of
	// its parties. Empty is the sample of ocpitest.
	Locations string
	// Tokens is how many tokens each eMSP offers.
	Tokens int
	// Publish sends all that is offered to the hub for all, once.
	Publish bool
	// Pull gets all that the hub has of others, once.
	Pull bool
	// PushRate is how many status changes of EVSEs are sent a second;
	// PushCount ends them after so many, 0 never does.
	PushRate  float64
	PushCount int
	// Workers is how many calls are made at the same time; 0 is 8.
	Workers int
	// Faults are ordered once the platform is registered.
	Faults []ocpitest.Fault
	// Flaws are what the platform does wrong all the time: those of its
	// connection from the start, the others once it is registered.
	Flaws []ocpitest.Flaw
	// CertificateFile gets the certificate that the platform made for itself,
	// before anybody is told where it is.
	CertificateFile string
	// State is the file to which the state is written at the end, and on each
	// value from Dump; a value from Heal ends the faults.
	State      string
	Dump, Heal <-chan struct{}
	// Once ends the platform when its work is done; without, it serves until
	// the context ends.
	Once bool
}

const defaultWorkers = 8

// simulation is a running platform and what it has done.
type simulation struct {
	Config
	platform *ocpitest.Platform
	tell     func(Event)
	tally    tally
}

// Run runs a platform until the context ends, which is no error, or with Once
// until its work is done. Events are told one at a time, in order. With Once,
// whatever was refused is an error.
func Run(ctx context.Context, c Config, tell func(Event)) error {
	if c.Workers <= 0 {
		c.Workers = defaultWorkers
	}
	version := c.Platform.Highest()
	goods, err := load(&c, version)
	if err != nil {
		return err
	}
	c.Platform.Configure(c.Flaws...)
	platform, err := ocpitest.New(c.Platform)
	if err != nil {
		return err
	}
	defer platform.Close()
	if err := c.showCertificate(platform); err != nil {
		return err
	}
	for _, g := range goods {
		platform.Offer(g.module, g.raw)
	}
	if c.AcceptToken != "" {
		platform.AcceptToken(c.AcceptToken) // before anybody is told where to connect
	}
	s := &simulation{Config: c, platform: platform, tell: inTurn(tell, c.Platform.Now)}
	return s.live(ctx, version, goods)
}

// showCertificate writes down what the hub has to trust.
func (c *Config) showCertificate(p *ocpitest.Platform) error {
	pem := p.CertificatePEM()
	if c.CertificateFile == "" || pem == nil {
		return nil
	}
	return os.WriteFile(c.CertificateFile, pem, 0o600)
}

// live goes through the life of the platform, and tells of its end.
func (s *simulation) live(ctx context.Context, in ocpi.Version, goods []good) error {
	s.event("listening", fields{"versions_url": s.platform.VersionsURL(), "parties": len(s.platform.Parties()), "objects": len(goods)})
	ctx, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(ctx)
	}()
	err := s.work(ctx, in, goods)
	if ctx.Err() != nil {
		err = nil // told to end
	}
	if err == nil && !s.Once {
		<-ctx.Done()
	}
	stop()
	<-watched
	s.platform.Stop()
	s.event("stopped", s.totals())
	return errors.Join(err, s.save())
}

// work does what there is to do, step by step. The goods are those of the highest
// version that the platform has; the partner may want another one.
func (s *simulation) work(ctx context.Context, in ocpi.Version, goods []good) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	goods, err := s.restate(in, goods)
	if err != nil {
		return err
	}
	s.platform.Suffer(s.Flaws...)
	for _, f := range s.Faults {
		s.platform.Fail(f)
	}
	if n := len(s.Flaws) + len(s.Faults); n > 0 {
		s.event("faulty", fields{"faults": n})
	}
	if s.Publish {
		s.publish(ctx, goods)
	}
	if s.Pull {
		if err := s.pull(ctx); err != nil {
			return err
		}
	}
	if s.PushRate > 0 {
		s.push(ctx, goods)
	}
	if n := s.tally.refused.Load(); s.Once && n > 0 {
		return fmt.Errorf("%d messages were refused, the last: %s", n, s.tally.lastRefusal())
	}
	return nil
}

// restate offers the goods in the version that is spoken.
func (s *simulation) restate(in ocpi.Version, goods []good) ([]good, error) {
	spoken := s.platform.Version()
	if spoken == in {
		return goods, nil
	}
	goods, err := load(&s.Config, spoken)
	for _, g := range goods {
		s.platform.Offer(g.module, g.raw)
	}
	return goods, err
}

// connect registers the platform, or waits until the hub has.
func (s *simulation) connect(ctx context.Context) error {
	switch {
	case s.VersionsURL != "":
		if err := s.platform.Register(ctx, s.VersionsURL, s.TokenA); err != nil {
			return err
		}
	case s.AcceptToken != "":
		if err := s.platform.WaitRegistered(ctx); err != nil {
			return err
		}
	default:
		return errors.New("nobody to connect to: give a versions URL and a token A, or a token to accept")
	}
	s.event("registered", fields{"partner": s.platform.Hub().String(), "ocpi": s.platform.Version()})
	return nil
}

// watch tells what is received, and does what the channels ask for.
func (s *simulation) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var told int
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Heal:
			s.platform.Heal()
			s.event("healed", nil)
		case <-s.Dump:
			if err := s.save(); err != nil {
				s.event("state_failed", fields{"error": err.Error()})
				continue
			}
			s.event("state_written", fields{"file": s.State})
		case <-tick.C:
			if totals := s.totals(); totals["calls"] != told {
				told, _ = totals["calls"].(int)
				s.event("received", totals)
			}
		}
	}
}

package conformance

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// stage is a test at a hub, with platforms of its own.
type stage struct {
	*testing.T
	site   *site
	number int64
	day    time.Time // the objects of the test are of this day, those of others are not
	hears  bool      // its platforms take client info
}

// newStage begins a test at the hub with no special settings.
func newStage(t *testing.T) *stage { return newStageAt(t, plain) }

// newStageAt begins a test at one of the hubs. Where the tests do not start the
// hub, only the plain one is there.
func newStageAt(t *testing.T, hub func() (*site, error)) *stage {
	t.Helper()
	t.Parallel()
	at, err := hub()
	if err != nil {
		t.Fatal(err)
	}
	n := serial.Add(1)
	return &stage{T: t, site: at, number: n, day: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n%18000))}
}

// special begins a test at a hub with settings that it needs.
func special(t *testing.T, hub func() (*site, error), what string) *stage {
	t.Helper()
	if *hubURL != "" {
		cannotRun(t, "a hub with "+what)
	}
	return newStageAt(t, hub)
}

// informed has the platforms of a test that is about it take client info. Those of
// the others do not: each is told of the parties of all tests.
func (s *stage) informed() *stage {
	s.hears = true
	return s
}

// party is a party that nobody else uses.
func (s *stage) party() ocpi.PartyID {
	n := parties.Add(1)
	word := strconv.FormatInt(46656+n%46656, 36)
	return ocpi.NewPartyID([]string{"DE", "NL", "BE", "FR", "AT"}[n%5], word[1:])
}

// id makes an id that is the test's own.
func (s *stage) id(name string) string { return fmt.Sprintf("%s-%d", name, s.number) }

// at is a time of the test's day, as OCPI writes it.
func (s *stage) at(minute int) string {
	return s.day.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339)
}

// options describe a platform with one new party in each of the roles.
func (s *stage) options(roles ...ocpi.Role) ocpitest.Options {
	o := ocpitest.Options{Name: fmt.Sprintf("%s of %s", roles, s.Name()), Listen: net.JoinHostPort(*listen, "0"), Versions: []ocpi.Version{spoken()}}
	for _, role := range roles {
		o.Parties = append(o.Parties, ocpitest.Party{Role: role, ID: s.party()})
	}
	return o
}

// in describes a platform that speaks another version than that of the round.
func (s *stage) in(v ocpi.Version, role ocpi.Role) ocpitest.Options {
	o := s.options(role)
	o.Versions = []ocpi.Version{v}
	o.Name = string(v) + " " + o.Name
	return o
}

// inAll are registered platforms of one party, one for each version.
func (s *stage) inAll(role ocpi.Role) (out []*ocpitest.Platform) {
	s.Helper()
	for _, v := range ocpi.KnownVersions() {
		out = append(out, s.join(s.in(v, role)))
	}
	return out
}

// cpo is a registered platform of one party, and so is emsp.
func (s *stage) cpo() *ocpitest.Platform { s.Helper(); return s.join(s.options(ocpi.CPO)) }

func (s *stage) emsp() *ocpitest.Platform { s.Helper(); return s.driving(s.join(s.options(ocpi.EMSP))) }

// driving makes the token of an eMSP known of which its sessions and CDRs are: in
// 2.1.1 nothing else tells whose they are. It is of no day of a test.
func (s *stage) driving(emsp *ocpitest.Platform) *ocpitest.Platform {
	s.Helper()
	if spoken() == ocpi.V211 {
		s.ok(emsp, put(ocpi.Tokens, nobody, token(id(emsp), "0123", "1969-01-01T00:00:00Z")))
	}
	return emsp
}

// pair is a CPO and an eMSP.
func (s *stage) pair() (cpo, emsp *ocpitest.Platform) { s.Helper(); return s.cpo(), s.emsp() }

// run starts a platform that is not registered.
func (s *stage) run(o ocpitest.Options) *ocpitest.Platform {
	s.Helper()
	if edit := o.Endpoints; !s.hears {
		o.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
			if edit != nil {
				all = edit(all)
			}
			return without(ocpi.HubClientInfo)(all)
		}
	}
	if *public != "" {
		l, err := net.Listen("tcp", o.Listen)
		if err != nil {
			s.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		_ = l.Close()
		o.Listen, o.PublicURL = net.JoinHostPort(*listen, port), "http://"+net.JoinHostPort(*public, port)
	}
	return ocpitest.Run(s.T, o)
}

// join starts a platform and registers it.
func (s *stage) join(o ocpitest.Options) *ocpitest.Platform {
	s.Helper()
	p := s.run(o)
	versionsURL, tokenA := s.site.invite(s.T, o.Name, o.Parties...)
	s.register(p, versionsURL, tokenA)
	return p
}

// register registers a platform for the length of the test.
func (s *stage) register(p *ocpitest.Platform, versionsURL, tokenA string) {
	s.Helper()
	if err := p.Register(s.soon(), versionsURL, tokenA); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = p.Unregister(ctx) // it may have gone already
	})
}

// id is the first party of a platform.
func id(p *ocpitest.Platform) ocpi.PartyID { return p.Parties()[0].ID }

// Package conformance holds one black-box test for each rule that OCPI lays on a
// hub (e2e/rules/rules.txt), named by the number of the rule. It sees the hub from
// outside only: OCPI on both sides, and the operator's API. It runs once in each
// version of OCPI, with the tests of the rules that hold there; -ocpi 2.3.0 limits
// it to one.
//
// Without flags it builds and starts a hub. Against a hub that is running:
//
//	go test ./e2e/conformance -hub http://hub.example/ocpi/versions -admin 127.0.0.1:8081 -admin-token-file data/admin.token
//	go test ./e2e/conformance -hub http://hub.example/ocpi/versions -invitations invitations.json
//
// The second form is for hubs with an operator's API of their own: the file is
// a list of {"versions_url", "token_a"}, one for each platform that the tests
// register (some hundreds). Tests that need more than that are skipped, and say
// what they need.
package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

var (
	hubURL      = flag.String("hub", "", "the versions URL of a hub that is running; empty starts one")
	adminAddr   = flag.String("admin", "", "the address of its operator's API")
	adminToken  = flag.String("admin-token-file", "data/admin.token", "the file with the token of the operator's API")
	invitations = flag.String("invitations", "", "a file with invitations to a hub without the operator's API: [{\"versions_url\":…,\"token_a\":…}]")
	listen      = flag.String("listen", "127.0.0.1", "the host on which the scripted platforms listen")
	public      = flag.String("public", "", "the host under which the hub reaches them, if it is another one")
)

// together is how many tests run at a time: they mostly wait.
const together = 6

func TestMain(m *testing.M) {
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", fmt.Sprint(together))
	}
	if *hubURL != "" {
		apart()
	}
	dir, err := os.MkdirTemp("", "ocpi-conformance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
	workshop = dir
	code := runRounds(m)
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// stopHubs ends the hubs of a round, and shows what they logged when it failed.
func stopHubs(failed bool) {
	for _, s := range started {
		s.process.Kill()
		if failed {
			log := s.process.Log()
			fmt.Fprintf(os.Stderr, "the log of the hub %q:\n%s\n", s.process.Env, log[max(0, len(log)-4000):])
		}
	}
	started = nil
}

// once starts a hub once in each round: at one hub for all rounds each platform
// that joins would be told to the platforms of all tests before.
func once(start func() (*site, error)) func() (*site, error) {
	var mu sync.Mutex
	at := map[ocpi.Version]func() (*site, error){}
	return func() (*site, error) {
		mu.Lock()
		first := at[spoken()]
		if first == nil {
			first = sync.OnceValues(start)
			at[spoken()] = first
		}
		mu.Unlock()
		return first()
	}
}

// given says whether a flag was set on the command line.
func given(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

var (
	workshop string // the folder of programs and data directories
	startMu  sync.Mutex
	started  []*site
)

// site is a hub under test.
type site struct {
	versionsURL string
	operator    *harness.Operator // nil: not ours to ask
	process     *harness.Hub      // nil: not started by the tests
	invited     []invitation      // what is left of those that were given
	mu          sync.Mutex
}

type invitation struct {
	VersionsURL string `json:"versions_url"`
	TokenA      string `json:"token_a"`
}

// settings are those of a hub that the tests start.
type settings []string

// programs are built when the first hub is started.
var programs = sync.OnceValues(harness.Build)

// start starts a hub.
func start(with settings) (*site, error) {
	built, err := programs()
	if err != nil {
		return nil, err
	}
	startMu.Lock()
	defer startMu.Unlock()
	dir := filepath.Join(workshop, fmt.Sprint("hub", len(started), "-", spoken()))
	hub, err := harness.NewHub(built, dir, with...)
	if err != nil {
		return nil, err
	}
	s := &site{versionsURL: hub.VersionsURL(), process: hub}
	started = append(started, s)
	if err := hub.Start(); err != nil {
		return nil, err
	}
	s.operator, err = harness.NewOperator(hub.Admin, hub.TokenFile())
	return s, err
}

// Who joins and leaves is told to platforms of 2.3.0 by credentials with a new
// token: soon where a test is about that, and else not under its hands.
const (
	soonTold = "OCPI_HUB_CREDENTIALS_GATHER=200ms"
	seldom   = "OCPI_HUB_CREDENTIALS_GATHER=10m"
)

// The hubs of the tests: most need no settings at all.
var (
	plain = once(func() (*site, error) {
		if *hubURL != "" {
			return running()
		}
		return start(settings{"OCPI_HUB_LOG_LEVEL=warn", "OCPI_HUB_PULL_MODE=auto", seldom})
	})
	// watchful finds out soon who is away, and gives nothing to who was.
	watchful = once(func() (*site, error) {
		return start(settings{
			"OCPI_HUB_ALIVE_INTERVAL=1s", "OCPI_HUB_DELIVERY_CATCH_UP=none", "OCPI_HUB_FORWARD_TIMEOUT=2s",
			"OCPI_HUB_FORWARD_TIMEOUTS_COMMANDS=300ms", "OCPI_HUB_FORWARD_TIMEOUTS_CDRS=1m",
			"OCPI_HUB_VALIDATION_COMMAND_TOKENS=own", "OCPI_HUB_RETENTION_CDRS=3s", "OCPI_HUB_LOG_LEVEL=debug", seldom,
		})
	})
	// agreed lets only parties with an agreement exchange.
	agreed = once(func() (*site, error) {
		return start(settings{"OCPI_HUB_POLICY_DEFAULT=agreement", "OCPI_HUB_LOG_LEVEL=warn", soonTold})
	})
	// reporting passes on what breaks the specification.
	reporting = once(func() (*site, error) {
		return start(settings{"OCPI_HUB_VALIDATION_MODE=report", "OCPI_HUB_HUB_PARTY_ID=HB2", seldom})
	})
)

// running is the hub that the flags name.
func running() (*site, error) {
	s := &site{versionsURL: *hubURL}
	if *adminAddr != "" {
		var err error
		s.operator, err = harness.NewOperator(*adminAddr, *adminToken)
		return s, err
	}
	if *invitations == "" {
		return nil, fmt.Errorf("-hub needs -admin, or -invitations")
	}
	raw, err := os.ReadFile(*invitations)
	if err != nil {
		return nil, err
	}
	return s, json.Unmarshal(raw, &s.invited)
}

// invite returns an invitation to the hub for these parties.
func (s *site) invite(t *testing.T, name string, parties ...ocpitest.Party) (versionsURL, tokenA string) {
	t.Helper()
	if s.operator == nil {
		return s.nextInvitation(t)
	}
	resp, err := s.operator.Platforms.Invite(t.Context(), &adminv1.PlatformsInviteRequest{Name: name, Claims: claims(parties)})
	if err != nil {
		t.Fatalf("invite %s: %v", name, err)
	}
	return resp.GetVersionsUrl(), resp.GetTokenA()
}

// claims are the parties that a platform may register.
func claims(parties []ocpitest.Party) (out []*adminv1.PartyRole) {
	for _, p := range parties {
		out = append(out, &adminv1.PartyRole{Role: string(p.Role), CountryCode: p.ID.Country, PartyId: p.ID.ID})
	}
	return out
}

func (s *site) nextInvitation(t *testing.T) (versionsURL, tokenA string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.invited) == 0 {
		cannotRun(t, "more invitations")
	}
	next := s.invited[0]
	s.invited = s.invited[1:]
	if next.VersionsURL == "" {
		next.VersionsURL = s.versionsURL
	}
	return next.VersionsURL, next.TokenA
}

// needs begins the message of a test that cannot run here; `make rules` reads it.
const needs = "not run: needs "

// cannotRun ends a test that lacks something of the hub it is run against. The
// project's own hub lacks nothing: there that is a failure, and in CI always.
func cannotRun(t *testing.T, what string) {
	t.Helper()
	if *hubURL == "" || os.Getenv("CI") != "" {
		t.Fatal(needs + what)
	}
	t.Skip(needs + what)
}

// serial numbers the tests, parties their parties, so that each has parties,
// ids and dates of its own.
var serial, parties atomic.Int64

// apart begins the numbers somewhere new, for a hub that keeps what the tests
// before left there.
func apart() {
	now := time.Now().Unix()
	serial.Store(now % 18000)
	parties.Store(now * 1000 % 200000)
}

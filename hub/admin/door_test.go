package admin_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/interpret"
	"github.com/ocpihub/ocpihub/routing/quality"
)

// The registry of the hub is what this door stands on.
var _ admin.Registry = (*parties.Registry)(nil)

const theToken = "the-admin-token"

func at(minute int) time.Time { return time.Date(2026, 11, 21, 12, minute, 0, 0, time.UTC) }

// scene is a running door over scripted ports.
type scene struct {
	addr   string
	server *http.Server
	log    *lockedBuffer

	// asked notes every call of the registry.
	asked []string
	// answer is what the registry says to every change.
	answer error
	// down are the dependencies that do not serve.
	down map[string]bool
	// deliveries are what the fan-out tells; panics when nil.
	deliveries []fanout.Stat
	resyncs    []fanout.ResyncOrder
	rejected   []fanout.RejectionQuery
	retries    []fanout.RetryOrder
	turned     bool // a pause changes something
	stats      []catalog.Stat
	statsErr   error
	question   admin.Question
	findings   []quality.Row
	query      quality.Query
	reports    reports
	// copies are what an inspection finds, of platform, reporting only.
	copies   []routing.Copy
	platform string
	reported bool
}

func open(t *testing.T) *scene { return openWith(t, func(*admin.Options) {}) }

// openWith opens a door on other ports than the scripted ones.
func openWith(t *testing.T, edit func(*admin.Options)) *scene {
	t.Helper()
	s := &scene{log: &lockedBuffer{}, down: map[string]bool{}, reports: reports{make(chan interpret.Question, 1), make(chan struct{})}}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	gate, err := access.Open(t.Context(), access.Options{Store: access.NewMemory(), Root: theToken, Now: func() time.Time { return at(0) }, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	o := admin.Options{
		Registry: s, Rehearse: func() admin.Registry { return rehearsal{s} }, Deliveries: s, Explainer: s, Verifier: s, Stats: s, Findings: s, Bridge: s.reports,
		Checks:      []admin.Check{s.check("registry"), s.check("stream")},
		Metrics:     http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ocpi_hub_x 1\n")) }),
		VersionsURL: "https://hub.example/ocpi/versions",
		Versions:    []ocpi.Version{ocpi.V221, ocpi.V211},
		Access:      gate,
		Log:         log,
		Now:         func() time.Time { return at(0) },
	}
	edit(&o)
	handler, err := admin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.server = &http.Server{Handler: handler, Protocols: admin.Protocols()}
	done := make(chan error)
	go func() { done <- s.server.Serve(listener) }()
	t.Cleanup(func() {
		_ = s.server.Close()
		<-done
	})
	s.addr = listener.Addr().String()
	return s
}

// dial connects as an operator, who sends the headers given.
func (s *scene) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func asOperator(t *testing.T) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+theToken)
}

func (s *scene) check(name string) admin.Check {
	return admin.Check{Name: name, Ping: func(context.Context) error {
		if s.down[name] {
			return fault.New(fault.Unavailable, "%s at secret.internal is down", name)
		}
		return nil
	}}
}

func (s *scene) Directory() *parties.Directory {
	return parties.NewDirectory([]*parties.Platform{acme(), planned()}, 1)
}

func acme() *parties.Platform {
	return &parties.Platform{
		ID: "p-1", Name: "Acme", Status: parties.Connected, Version: ocpi.V221,
		VersionsURL: "https://acme.example/versions",
		Claims:      []parties.Claim{claim(ocpi.CPO, "DE", "ACM")},
		Parties:     []parties.Party{{Claim: claim(ocpi.CPO, "DE", "ACM")}},
		Keys:        []parties.Key{{Hash: parties.HashToken("secret"), Use: parties.ForAll}},
		SealedToken: []byte("sealed"), Created: at(1), Updated: at(2),
	}
}

func planned() *parties.Platform {
	return &parties.Platform{ID: "p-2", Name: "Late", Status: parties.Planned, Created: at(3), Updated: at(3)}
}

func claim(role ocpi.Role, country, id string) parties.Claim {
	return parties.Claim{Role: role, Party: ocpi.NewPartyID(country, id)}
}

func (s *scene) LastSeen(id string) time.Time {
	if id == "p-1" {
		return at(5)
	}
	return time.Time{}
}

func (s *scene) InviteNewcomer(_ context.Context, n parties.Newcomer) (*parties.Platform, string, error) {
	s.asked = append(s.asked, "invite "+n.Name)
	return planned(), "token-a", s.answer
}

func (s *scene) Connect(_ context.Context, in parties.Invitation) (*parties.Platform, error) {
	s.asked = append(s.asked, "connect "+in.Name+" "+in.VersionsURL+" "+in.Token)
	return acme(), s.answer
}

func (s *scene) Rotate(_ context.Context, id string) (*parties.Platform, string, error) {
	s.asked = append(s.asked, "rotate "+id)
	return planned(), "token-b", s.answer
}

func (s *scene) Suspend(_ context.Context, id string) (*parties.Platform, error) {
	return s.changed("suspend "+id, parties.Suspended)
}

func (s *scene) Resume(_ context.Context, id string) (*parties.Platform, error) {
	return s.changed("resume "+id, parties.Connected)
}

func (s *scene) Remove(_ context.Context, id string) (*parties.Platform, error) {
	return s.changed("remove "+id, parties.Suspended)
}

func (s *scene) Pin(_ context.Context, id string, v ocpi.Version) (*parties.Platform, error) {
	p, err := s.changed("pin "+id+" "+string(v), parties.Connected)
	if p != nil {
		p.Pinned = v
	}
	return p, err
}

func (s *scene) changed(what string, status parties.Status) (*parties.Platform, error) {
	s.asked = append(s.asked, what)
	p := acme()
	p.Status = status
	return p, s.answer
}

func (s *scene) Deliveries() []fanout.Stat {
	if s.deliveries == nil {
		panic("the fan-out is broken")
	}
	return s.deliveries
}

func (s *scene) Stats(context.Context) ([]catalog.Stat, error) { return s.stats, s.statsErr }

func (s *scene) Verify(_ context.Context, platform string, onlyReport bool) ([]routing.Copy, error) {
	s.platform, s.reported = platform, onlyReport
	return s.copies, s.answer
}

func (s *scene) Explain(_ context.Context, q admin.Question) (admin.Explanation, error) {
	s.question = q
	return admin.Explanation{
		Decision: "direct", Reason: "OCPI-to names a party",
		Receivers: []ocpi.PartyID{ocpi.NewPartyID("NL", "MSP")},
		Translations: []routing.Translation{{
			Receiver: ocpi.NewPartyID("NL", "MSP"), Stored: ocpi.V230,
			Crossing: bridge.Crossing{Class: bridge.Token, From: ocpi.V221, To: ocpi.V211, Findings: []bridge.Finding{{Kind: bridge.Lost, Reason: bridge.TokenExtras, Pointer: "/group_id"}}},
		}},
	}, s.answer
}

// rehearsal is the scene's registry on which orders are tried.
type rehearsal struct{ *scene }

func (r rehearsal) Suspend(ctx context.Context, id string) (*parties.Platform, error) {
	return r.scene.Suspend(ctx, id+" tried")
}

// lockedBuffer is a log that is written while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

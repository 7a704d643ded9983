package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/probe"
	pulling "github.com/ocpihub/ocpihub/routing/pull"
	"github.com/ocpihub/ocpihub/routing/quality"
)

// stage is a hub's own admin API over parties that never change, so that every
// output is the same each time.
type stage struct {
	addr, tokenFile string
	empty           bool
	// block makes List hang until its caller gives up.
	block bool
}

func start(t *testing.T) *stage {
	t.Helper()
	s := &stage{tokenFile: filepath.Join(t.TempDir(), "admin.token")}
	token, err := admin.LoadToken(s.tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := access.Open(t.Context(), access.Options{Store: access.NewMemory(), Root: token, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := admin.New(admin.Options{
		Registry: s, Rehearse: func() admin.Registry { return s }, Puller: s, Agreements: s, Outlook: s, Deliveries: s, Explainer: s, Verifier: s, Stats: s, Findings: s, Bridge: stock{s}, Traffic: talk{},
		Prober:   s,
		Held:     s,
		Setups:   emptyHub(t),
		Alerts:   lookout{s},
		Replicas: s,
		Metrics:  http.NotFoundHandler(), VersionsURL: "https://hub.example/ocpi/versions", Versions: []ocpi.Version{ocpi.V221},
		Access: desk{gate}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, Protocols: admin.Protocols()}
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	s.addr = listener.Addr().String()
	return s
}

func at(minute int) time.Time { return time.Date(2026, 11, 21, 12, minute, 0, 0, time.UTC) }

func party(role ocpi.Role, country, id string) parties.Party {
	return parties.Party{Claim: parties.Claim{Role: role, Party: ocpi.NewPartyID(country, id)}}
}

func acme() *parties.Platform {
	return &parties.Platform{
		ID: "p-1", Name: "Acme Charging", Status: parties.Connected, Version: ocpi.V221,
		VersionsURL: "https://acme.example/versions", SealedToken: []byte("x"), Created: at(1),
		Parties: []parties.Party{party(ocpi.CPO, "DE", "ACM"), party(ocpi.EMSP, "DE", "ACM")},
	}
}

func late() *parties.Platform {
	return &parties.Platform{
		ID: "p-2", Name: "Late \x1b[31m<&>", Status: parties.Planned, Created: at(2),
		Claims: []parties.Claim{party(ocpi.EMSP, "NL", "MSP").Claim},
	}
}

func (s *stage) Directory() *parties.Directory {
	if s.empty {
		return parties.NewDirectory(nil, 0)
	}
	return parties.NewDirectory([]*parties.Platform{acme(), late()}, 1).Govern(parties.PolicyOpen, []*parties.Agreement{agreed(), draft()})
}

func (s *stage) LastSeen(id string) time.Time {
	if id == "p-1" {
		return at(30).Add(250 * time.Millisecond)
	}
	return time.Time{}
}

func (s *stage) InviteNewcomer(_ context.Context, n parties.Newcomer) (*parties.Platform, string, error) {
	p := late()
	p.As = n.As
	return p, "TOKEN-A-1", nil
}

func (s *stage) Connect(_ context.Context, in parties.Invitation) (*parties.Platform, error) {
	if in.VersionsURL != acme().VersionsURL {
		return nil, fault.New(fault.ClientUnusable, "%s does not answer: check the URL", in.VersionsURL)
	}
	p := acme()
	p.As = in.As
	return p, nil
}

func (s *stage) Rotate(_ context.Context, id string) (*parties.Platform, string, error) {
	if id == "p-1" {
		return acme(), "", nil
	}
	return late(), "TOKEN-A-2", nil
}

func (s *stage) Suspend(context.Context, string) (*parties.Platform, error) {
	p := acme()
	p.Status = parties.Suspended
	return p, nil
}

func (s *stage) Resume(context.Context, string) (*parties.Platform, error) { return acme(), nil }

func (s *stage) Pin(_ context.Context, _ string, v ocpi.Version) (*parties.Platform, error) {
	p := acme()
	p.Pinned = v
	return p, nil
}

func (s *stage) Remove(context.Context, string) (*parties.Platform, error) {
	p := acme()
	p.Status, p.Removed, p.Version, p.VersionsURL = parties.Suspended, true, "", ""
	return p, nil
}

func (s *stage) Check(_ context.Context, id string, _ probe.Request, tell func(probe.Line)) error {
	tell(probe.Line{Check: "versions", Outcome: probe.OK, Found: "2.2.1 is offered", Specification: "2.2.1 version_information_endpoint"})
	tell(probe.Line{
		Check: "content_type", Outcome: probe.Warn, Found: "3 of 4 answers are \x1b[31mtext/plain", Mend: "send application/json",
		Specification: "2.2.1 transport_and_format",
	})
	if id == "p-2" {
		tell(probe.Line{Check: "link", Module: ocpi.Locations, Outcome: probe.Fail, Found: "no Link", Mend: "send one"})
	}
	return nil
}

func (s *stage) Stats(ctx context.Context) ([]catalog.Stat, error) {
	if s.block {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if s.empty {
		return nil, nil
	}
	return []catalog.Stat{{
		Owner: ocpi.NewPartyID("DE", "ACM"), Module: ocpi.Locations, Objects: 12345, LastUpdated: at(7),
	}}, nil
}

func (s *stage) Rows(context.Context, quality.Query) ([]quality.Row, error) {
	if s.empty {
		return nil, nil
	}
	return []quality.Row{
		{
			Place:   quality.Place{Party: ocpi.NewPartyID("DE", "ACM"), Module: ocpi.Locations, Kind: ocpi.UnknownValue, Field: "evses.status"},
			Count:   12,
			Example: quality.Example{ObjectID: "LOC1", Pointer: "/evses/0/status", Value: `"Free \x1b[31m"`}, FirstSeen: at(1), LastSeen: at(9),
		},
		{Place: quality.Place{Party: ocpi.NewPartyID("DE", "ACM"), Kind: quality.More}, Count: 3, FirstSeen: at(2), LastSeen: at(3)},
	}, nil
}

func (s *stage) Clear(context.Context, ocpi.PartyID) error { return nil }

func (s *stage) Verify(_ context.Context, _ string, onlyReport bool) ([]routing.Copy, error) {
	if s.empty {
		return nil, nil
	}
	members := s.Directory().Members()
	return []routing.Copy{
		{Member: members[0], Held: parties.Connected, Result: routing.CopySame},
		{Member: members[1], Held: parties.Offline, Result: routing.CopyDiffers, Pushed: !onlyReport, Mended: !onlyReport},
		{Member: members[2], Result: routing.CopyUnreadable, Reason: "HTTP 500"},
	}, nil
}

func (s *stage) Explain(_ context.Context, q admin.Question) (admin.Explanation, error) {
	if q.To.IsZero() {
		return admin.Explanation{Decision: "refuse", Reason: "nobody owns it"}, nil
	}
	return admin.Explanation{
		Decision: "direct", Reason: "OCPI-to names a party", Receivers: []ocpi.PartyID{q.To, ocpi.NewPartyID("NL", "TNM")},
		Translations: []routing.Translation{
			{Receiver: q.To, Crossing: bridge.Crossing{Class: bridge.Location, From: ocpi.V230, To: ocpi.V211, Findings: []bridge.Finding{
				{Kind: bridge.Lost, Reason: bridge.Capabilities, Pointer: "/evses/0/capabilities/1"},
				{Kind: bridge.Lost, Reason: bridge.Capabilities, Pointer: "/evses/1/capabilities/0"},
				{Kind: bridge.Invented, Reason: bridge.LocationType, Pointer: "/type"},
			}}, Stored: ocpi.V221},
			{Receiver: ocpi.NewPartyID("NL", "TNM"), Crossing: bridge.Crossing{Class: bridge.Location, From: ocpi.V230, To: ocpi.V221, Withheld: bridge.NotPublished}, Stored: ocpi.V230},
			{Receiver: ocpi.NewPartyID("NL", "TNM"), Crossing: bridge.Crossing{Class: bridge.Location, From: ocpi.V221, To: ocpi.V230}, Answer: true},
		},
	}, nil
}

func (s *stage) Sync(_ context.Context, _ string, req pulling.Request, progress func(pulling.ListReport)) (pulling.Report, error) {
	party := ocpi.NewPartyID("DE", "ACM")
	lists := []pulling.ListReport{
		{List: pulling.List{Module: ocpi.Locations, Party: party}, Since: at(3)},
		{List: pulling.List{Module: ocpi.CDRs, Party: party}},
	}
	if !req.Dry {
		lists[0].Pages, lists[0].Fetched, lists[0].New, lists[0].Rejected = 1, 3, 2, 1
		lists[0].Rejections = []pulling.Rejection{{Page: 1, Pointer: "/data/2", ID: "L3", Reason: "/address is required"}}
	}
	for _, l := range lists {
		progress(l)
	}
	return pulling.Report{}, nil
}

// writeFile makes a file for a test.
func writeFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (s *stage) Held(owner ocpi.PartyID) []held.Entry {
	if s.empty || owner == ocpi.NewPartyID("NL", "MSP") {
		return nil
	}
	push := fanout.Change{
		Key: catalog.Key{Module: ocpi.Locations, Owner: ocpi.NewPartyID("DE", "ACM"), ID: "LOC1"}, Part: catalog.Part{EVSE: "E1"},
		Method: "PATCH", Path: "DE/ACM/LOC1/E1", Body: []byte(`{"status":"REMOVED"}`), CorrelationID: "corr-1",
	}
	whole := push
	whole.Method, whole.Path, whole.Body = "PUT", "DE/ACM/LOC2", []byte(`{}`)
	return []held.Entry{{ID: 1, Since: at(5), Push: push}, {ID: 2, Since: at(6), Push: whole}}
}

func (s *stage) Release(_ context.Context, owner ocpi.PartyID) (int, error) {
	return len(s.Held(owner)), nil
}

func (s *stage) Discard(_ context.Context, owner ocpi.PartyID) (int, error) {
	return len(s.Held(owner)), nil
}

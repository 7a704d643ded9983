package admin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func same(t *testing.T, want, got proto.Message, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func acmeShown() *adminv1.Platform {
	role := func() []*adminv1.PartyRole {
		return []*adminv1.PartyRole{{Role: "CPO", CountryCode: "DE", PartyId: "ACM"}}
	}
	return &adminv1.Platform{
		PlatformId: "p-1", Name: "Acme", Status: "CONNECTED", Version: "2.2.1", Parties: role(),
		LastSeen: timestamppb.New(at(5)), Claims: role(), VersionsUrl: "https://acme.example/versions",
	}
}

func TestH013_AnInvitationIsATokenAWithTheVersionsURL(t *testing.T) {
	s := open(t)
	got, err := adminv1.NewPlatformsClient(s.dial(t)).Invite(asOperator(t), &adminv1.PlatformsInviteRequest{Name: " Late "})
	same(t, &adminv1.PlatformsInviteResponse{
		PlatformId: "p-2", TokenA: "token-a", VersionsUrl: "https://hub.example/ocpi/versions",
		Versions: []string{"2.2.1"}, // and not 2.1.1: nobody said what it is
		Change:   "Late is invited to register any party that is free, in OCPI 2.2.1; for 2.1.1 name the one party that it is, ROLE:CC*PID",
	}, got, err)
	if diff := cmp.Diff([]string{"invite Late"}, s.asked); diff != "" {
		t.Error(diff)
	}
}

func TestConnectShowsThePlatformAndLogsNoToken(t *testing.T) {
	s := open(t)
	got, err := adminv1.NewPlatformsClient(s.dial(t)).Connect(asOperator(t), &adminv1.PlatformsConnectRequest{
		Name: "Acme", VersionsUrl: "https://acme.example/versions", Token: "s3cret",
	})
	want := acmeShown()
	want.Change = "Acme is connected in version 2.2.1"
	same(t, &adminv1.PlatformsConnectResponse{Platform: want}, got, err)
	if log := s.log.String(); !strings.Contains(log, "Platforms/Connect") || strings.Contains(log, "s3cret") || strings.Contains(log, theToken) {
		t.Errorf("the log says %s", log)
	}
}

func TestPlatformsAreShownWithoutTheirSecrets(t *testing.T) {
	platforms := adminv1.NewPlatformsClient(open(t).dial(t))
	list, err := platforms.List(asOperator(t), &adminv1.PlatformsListRequest{})
	same(t, &adminv1.PlatformsListResponse{Platforms: []*adminv1.Platform{
		acmeShown(), {PlatformId: "p-2", Name: "Late", Status: "PLANNED"},
	}}, list, err)
	one, err := platforms.Get(asOperator(t), &adminv1.PlatformsGetRequest{PlatformId: "p-1"})
	same(t, &adminv1.PlatformsGetResponse{Platform: acmeShown()}, one, err)
	_, err = platforms.Get(asOperator(t), &adminv1.PlatformsGetRequest{PlatformId: "p-9"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("unknown platform: got %v", err)
	}
}

func TestChangesReachTheRegistryAndShowWhatBecame(t *testing.T) {
	s := open(t)
	s.deliveries = []fanout.Stat{{Platform: "p-1", Pending: 14}, {Platform: "p-2", Pending: 3}}
	platforms, ctx := adminv1.NewPlatformsClient(s.dial(t)), asOperator(t)
	want := acmeShown()
	want.Status, want.Change = "SUSPENDED", "suspended, was CONNECTED (1 party); deliveries kept: 14"
	suspended, err := platforms.Suspend(ctx, &adminv1.PlatformsSuspendRequest{PlatformId: "p-1"})
	same(t, want, suspended.GetPlatform(), err)
	removed, err := platforms.Remove(ctx, &adminv1.PlatformsRemoveRequest{PlatformId: "p-1"})
	want.Change = "removed for good, its tokens dead, its parties free for another platform, was CONNECTED (1 party); deliveries dropped: 14"
	same(t, want, removed.GetPlatform(), err)
	resumed, err := platforms.Resume(ctx, &adminv1.PlatformsResumeRequest{PlatformId: "p-1"})
	same(t, acmeShown(), resumed.GetPlatform(), err)
	kept, err := platforms.Pin(ctx, &adminv1.PlatformsPinRequest{PlatformId: "p-1", Version: "2.3.0"})
	want = acmeShown()
	want.PinnedVersion = "2.3.0"
	want.Change = "pinned to OCPI 2.3.0, was none; it speaks 2.2.1 until its credentials are renewed: hubctl platforms rotate p-1 moves it"
	same(t, want, kept.GetPlatform(), err)
	rotated, err := platforms.Rotate(ctx, &adminv1.PlatformsRotateRequest{PlatformId: "p-2"})
	same(t, &adminv1.PlatformsRotateResponse{
		PlatformId: "p-2", TokenA: "token-b", VersionsUrl: "https://hub.example/ocpi/versions", Status: "PLANNED", Versions: []string{"2.2.1"},
		Change: "a new token A, the old one is dead: the platform registers anew, and is PLANNED until then",
	}, rotated, err)
	if diff := cmp.Diff([]string{"suspend p-1", "remove p-1", "resume p-1", "pin p-1 2.3.0", "rotate p-2"}, s.asked); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsOnlyTriedIsAskedOfTheRehearsalAndShowsNoToken(t *testing.T) {
	s := open(t)
	s.deliveries = []fanout.Stat{}
	platforms, ctx := adminv1.NewPlatformsClient(s.dial(t)), asOperator(t)
	suspended, err := platforms.Suspend(ctx, &adminv1.PlatformsSuspendRequest{PlatformId: "p-1", DryRun: true})
	want := acmeShown()
	want.Status, want.Change, want.DryRun = "SUSPENDED", "suspended, was CONNECTED (1 party)", true
	same(t, want, suspended.GetPlatform(), err)
	invited, err := platforms.Invite(ctx, &adminv1.PlatformsInviteRequest{Name: "Late", DryRun: true})
	same(t, &adminv1.PlatformsInviteResponse{
		VersionsUrl: "https://hub.example/ocpi/versions", Versions: []string{"2.2.1"}, DryRun: true,
		Change: "Late is invited to register any party that is free, in OCPI 2.2.1; for 2.1.1 name the one party that it is, ROLE:CC*PID",
	}, invited, err)
	rotated, err := platforms.Rotate(ctx, &adminv1.PlatformsRotateRequest{PlatformId: "p-2", DryRun: true})
	if err != nil || rotated.GetTokenA() != "" || !rotated.GetDryRun() {
		t.Errorf("rotated %v, %v", rotated, err)
	}
	if diff := cmp.Diff([]string{"suspend p-1 tried", "invite Late", "rotate p-2"}, s.asked); diff != "" {
		t.Error(diff)
	}
}

func TestTheFaultsOfTheRegistryReachTheOperator(t *testing.T) {
	s := open(t)
	s.answer = fault.Wrap(fault.ClientUnusable, errors.New("secret"), "their versions answer 404: check the URL")
	platforms, ctx := adminv1.NewPlatformsClient(s.dial(t)), asOperator(t)
	_, invite := platforms.Invite(ctx, &adminv1.PlatformsInviteRequest{Name: "x"})
	_, connect := platforms.Connect(ctx, &adminv1.PlatformsConnectRequest{Name: "x", VersionsUrl: "http://x", Token: "x"})
	_, suspend := platforms.Suspend(ctx, &adminv1.PlatformsSuspendRequest{PlatformId: "x"})
	_, resume := platforms.Resume(ctx, &adminv1.PlatformsResumeRequest{PlatformId: "x"})
	_, remove := platforms.Remove(ctx, &adminv1.PlatformsRemoveRequest{PlatformId: "x"})
	_, rotate := platforms.Rotate(ctx, &adminv1.PlatformsRotateRequest{PlatformId: "x"})
	for _, err := range []error{invite, connect, suspend, resume, remove, rotate} {
		got := status.Convert(err)
		if got.Code() != codes.FailedPrecondition || got.Message() != "their versions answer 404: check the URL" {
			t.Errorf("got %v", err)
		}
	}
}

func TestPartiesAreListedWithTheirPlatform(t *testing.T) {
	got, err := adminv1.NewPartiesClient(open(t).dial(t)).List(asOperator(t), &adminv1.PartiesListRequest{})
	same(t, &adminv1.PartiesListResponse{Parties: []*adminv1.Party{
		{CountryCode: "DE", PartyId: "ACM", Role: "CPO", PlatformId: "p-1", Status: "CONNECTED"},
	}}, got, err)
}

func TestAPanicIsAnInternalErrorOfOneCall(t *testing.T) {
	s := open(t)
	deliveries := adminv1.NewDeliveriesClient(s.dial(t))
	_, err := deliveries.List(asOperator(t), &adminv1.DeliveriesListRequest{})
	if got := status.Convert(err); got.Code() != codes.Internal || strings.Contains(got.Message(), "broken") {
		t.Errorf("got %v", err)
	}
	if log := s.log.String(); !strings.Contains(log, "the fan-out is broken") {
		t.Errorf("the log does not say why: %s", log)
	}
	s.deliveries = []fanout.Stat{}
	if _, err := deliveries.List(asOperator(t), &adminv1.DeliveriesListRequest{}); err != nil {
		t.Errorf("the next call fails: %v", err)
	}
}

func TestTheCatalogIsCountedInOrder(t *testing.T) {
	s := open(t)
	nl, de := ocpi.NewPartyID("NL", "TNM"), ocpi.NewPartyID("DE", "ACM")
	s.stats = []catalog.Stat{
		{Owner: nl, Module: ocpi.Locations, Objects: 2, LastUpdated: at(1)},
		{Owner: de, Module: ocpi.Tariffs, Objects: 1},
		{Owner: de, Module: ocpi.Locations, Objects: 7, LastUpdated: at(2)},
	}
	client := adminv1.NewCatalogClient(s.dial(t))
	got, err := client.Stats(asOperator(t), &adminv1.CatalogStatsRequest{})
	same(t, &adminv1.CatalogStatsResponse{Stats: []*adminv1.CatalogStat{
		{Owner: "DE*ACM", Module: "locations", Objects: 7, LastUpdated: timestamppb.New(at(2))},
		{Owner: "DE*ACM", Module: "tariffs", Objects: 1},
		{Owner: "NL*TNM", Module: "locations", Objects: 2, LastUpdated: timestamppb.New(at(1))},
	}}, got, err)
	s.statsErr = errors.New("secret")
	_, err = client.Stats(asOperator(t), &adminv1.CatalogStatsRequest{})
	if got := status.Convert(err); got.Code() != codes.Unavailable || strings.Contains(got.Message(), "secret") {
		t.Errorf("with the catalog down: got %v", err)
	}
}

func TestExplainPassesTheQuestionAndTheAnswer(t *testing.T) {
	s := open(t)
	got, err := adminv1.NewRoutesClient(s.dial(t)).Explain(asOperator(t), &adminv1.RoutesExplainRequest{
		From: "de*acm", To: "NL*MSP", Module: "Tokens", Method: "get", Path: "x/authorize",
	})
	same(t, &adminv1.RoutesExplainResponse{
		Decision: "direct", Reason: "OCPI-to names a party", Receivers: []string{"NL*MSP"},
		Translations: []*adminv1.RoutesTranslation{{
			Receiver: "NL*MSP", Object: "Token", FromVersion: "2.2.1", ToVersion: "2.1.1", LookedAt: true, StoredVersion: "2.3.0",
			Findings: []*adminv1.TrafficFinding{{Kind: "lost", Reason: "token_extras", Why: bridge.TokenExtras.Why(), Pointer: "/group_id", Times: 1}},
		}},
	}, got, err)
	want := admin.Question{
		From: ocpi.NewPartyID("DE", "ACM"), To: ocpi.NewPartyID("NL", "MSP"),
		Module: ocpi.Tokens, Method: "GET", Path: "x/authorize",
	}
	if diff := cmp.Diff(want, s.question); diff != "" {
		t.Error(diff)
	}
}

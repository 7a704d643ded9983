package admin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func configDesk(t *testing.T) adminv1.ConfigClient {
	t.Helper()
	r, err := parties.Open(t.Context(), parties.Options{
		Store: memstore.New(), Now: func() time.Time { return at(0) }, Self: parties.Self{Party: ocpi.NewPartyID("NL", "HUB")},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := openWith(t, func(o *admin.Options) { o.Registry, o.Setups = r, r })
	return adminv1.NewConfigClient(s.dial(t))
}

func written() *adminv1.Configuration {
	no := false
	return &adminv1.Configuration{
		Platforms: []*adminv1.ConfigPlatform{{
			PlatformId: "acme", Name: "Acme", Suspended: &no, Claims: []string{"CPO:FR*ACM"},
			Parties: []*adminv1.ConfigParty{{Party: "CPO:FR*ACM", Name: "Acme", Website: "https://acme.example"}}, VersionsUrl: "https://acme.example/v",
		}},
		Agreements: []*adminv1.ConfigAgreement{{
			AgreementId: "a1", Cpo: "FR*ACM", Emsp: "FR*MSP", State: "suspended", Modules: []string{"tokens"}, CpoOnly: []string{"tokens"},
			CustomModules: []string{"x-y"}, From: timestamppb.New(at(10)), Until: timestamppb.New(at(50)), StandIn: true, CatchUp: "none",
		}},
	}
}

func TestWhatIsAppliedIsExportedWordForWord(t *testing.T) {
	desk, ctx := configDesk(t), asOperator(t)
	before, err := desk.Export(ctx, &adminv1.ConfigExportRequest{})
	if err != nil {
		t.Fatal(err)
	}
	tried, err := desk.Apply(ctx, &adminv1.ConfigApplyRequest{Config: written(), DryRun: true})
	if err != nil || !tried.GetDryRun() || len(tried.GetChanges()) != 2 || tried.GetRevision() != before.GetRevision() {
		t.Fatalf("tried %v, %v", tried, err)
	}
	done, err := desk.Apply(ctx, &adminv1.ConfigApplyRequest{Config: written(), Revision: tried.GetRevision(), By: "ann"})
	if err != nil || done.GetRevision() == before.GetRevision() || done.GetVersionsUrl() != "https://hub.example/ocpi/versions" {
		t.Fatalf("made %v, %v", done, err)
	}
	same(t, &adminv1.ConfigApplyResponse{Unchanged: 2, Revision: done.GetRevision(), VersionsUrl: done.GetVersionsUrl()}, apply(t, desk, written()), nil)
	after, err := desk.Export(ctx, &adminv1.ConfigExportRequest{})
	same(t, written().GetAgreements()[0], after.GetConfig().GetAgreements()[0], err)
	for _, p := range after.GetConfig().GetPlatforms() {
		if p.GetPlatformId() == "acme" {
			same(t, written().GetPlatforms()[0], p, nil)
		}
	}
	if only, err := desk.Export(ctx, &adminv1.ConfigExportRequest{Kinds: []string{"agreements"}}); err != nil || len(only.GetConfig().GetPlatforms()) > 0 ||
		len(only.GetConfig().GetAgreements()) != 1 || only.GetRevision() != done.GetRevision() {
		t.Errorf("agreements alone: %v, %v", only, err)
	}
}

func TestToPruneByAConfigurationNeedsTheRoleThatRemovingNeeds(t *testing.T) {
	r, err := parties.Open(t.Context(), parties.Options{Store: memstore.New(), Self: parties.Self{Party: ocpi.NewPartyID("NL", "HUB")}})
	if err != nil {
		t.Fatal(err)
	}
	s := openWith(t, func(o *admin.Options) { o.Registry, o.Setups = r, r })
	operator, viewer := as(t.Context(), s.holder(t, "ann", "operator")), as(t.Context(), s.holder(t, "bob", "viewer"))
	desk := adminv1.NewConfigClient(s.dial(t))
	for _, test := range []struct {
		what string
		ctx  context.Context
		req  *adminv1.ConfigApplyRequest
		want codes.Code
	}{
		{"a viewer applies", viewer, &adminv1.ConfigApplyRequest{}, codes.PermissionDenied},
		{"an operator applies", operator, &adminv1.ConfigApplyRequest{}, codes.OK},
		{"an operator prunes agreements", operator, &adminv1.ConfigApplyRequest{Prune: []string{"agreements"}}, codes.OK},
		{"an operator prunes platforms", operator, &adminv1.ConfigApplyRequest{Prune: []string{"platforms"}}, codes.PermissionDenied},
		{"an operator tries to", operator, &adminv1.ConfigApplyRequest{Prune: []string{"platforms"}, DryRun: true}, codes.OK},
		{"an admin prunes platforms", asOperator(t), &adminv1.ConfigApplyRequest{Prune: []string{"platforms"}}, codes.OK},
	} {
		test.req.Config = &adminv1.Configuration{
			Platforms:  []*adminv1.ConfigPlatform{{PlatformId: "acme", Name: "Acme"}},
			Agreements: []*adminv1.ConfigAgreement{{AgreementId: "a1", Cpo: "FR*ACM", Emsp: "FR*MSP"}},
		}
		if _, err := desk.Apply(test.ctx, test.req); status.Code(err) != test.want {
			t.Errorf("%s: got %v, want %s", test.what, err, test.want)
		}
	}
	a, _ := r.Directory().Agreement("a1")
	if a.History[0].By != "ann" {
		t.Errorf("its history says %v", a.History)
	}
}

func apply(t *testing.T, desk adminv1.ConfigClient, c *adminv1.Configuration) *adminv1.ConfigApplyResponse {
	t.Helper()
	done, err := desk.Apply(asOperator(t), &adminv1.ConfigApplyRequest{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestWhatIsWrongInAConfigurationIsNamedWithItsPlace(t *testing.T) {
	desk := configDesk(t)
	for says, edit := range map[string]func(*adminv1.ConfigApplyRequest){
		"prune: want platforms or agreements":                 func(r *adminv1.ConfigApplyRequest) { r.Prune = []string{"parties"} },
		"by: want at most":                                    func(r *adminv1.ConfigApplyRequest) { r.By = "a\nb" },
		"config: want at most":                                func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms = make([]*adminv1.ConfigPlatform, 10_001) },
		"platforms[0].name: want":                             func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms[0].Name = "a\nb" },
		"platforms[0].versions_url: want at most":             func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms[0].VersionsUrl = strings.Repeat("x", 2001) },
		"platforms[0].claims[0]: want ROLE:CC*PID":            func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms[0].Claims[0] = "FR*ACM" },
		"platforms[0].claims: want at most":                   func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms[0].Claims = make([]string, 1001) },
		"platforms[0].parties[0].party: want ROLE:CC*PID":     func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms[0].Parties[0].Party = "CPO:" },
		"platforms[0].parties[0].website: want at most":       func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms[0].Parties[0].Website = "\x1b" },
		"platforms[0].platform_id: want up to":                func(r *adminv1.ConfigApplyRequest) { r.Config.Platforms[0].PlatformId = "a/b" },
		"agreements[0].cpo: ":                                 func(r *adminv1.ConfigApplyRequest) { r.Config.Agreements[0].Cpo = "FRACM" },
		"agreements[0].emsp: ":                                func(r *adminv1.ConfigApplyRequest) { r.Config.Agreements[0].Emsp = "" },
		"agreements[0].until: want a time":                    func(r *adminv1.ConfigApplyRequest) { r.Config.Agreements[0].Until = &timestamppb.Timestamp{Nanos: -1} },
		"agreements[0].modules: want at most":                 func(r *adminv1.ConfigApplyRequest) { r.Config.Agreements[0].CpoOnly = make([]string, 101) },
		"agreements[0].catch_up: want":                        func(r *adminv1.ConfigApplyRequest) { r.Config.Agreements[0].CatchUp = "all" },
		"agreements[0].state: want draft, active, suspended ": func(r *adminv1.ConfigApplyRequest) { r.Config.Agreements[0].State = "on" },
	} {
		req := &adminv1.ConfigApplyRequest{Config: written()}
		edit(req)
		_, err := desk.Apply(asOperator(t), req)
		if s := status.Convert(err); s.Code() != codes.InvalidArgument || !strings.HasPrefix(s.Message(), says) {
			t.Errorf("got %s %q, want %q", s.Code(), s.Message(), says)
		}
	}
	if _, err := desk.Export(asOperator(t), &adminv1.ConfigExportRequest{Kinds: []string{"tokens"}}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("export of tokens: %v", err)
	}
	_, err := desk.Apply(asOperator(t), &adminv1.ConfigApplyRequest{Config: written(), Revision: "another"})
	if status.Code(err) != codes.Aborted {
		t.Errorf("another revision: %v", err)
	}
}

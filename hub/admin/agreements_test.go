package admin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing"
)

// agreementDesk is the Agreements service over a registry of its own, whose
// clock stands at 12:00.
func agreementDesk(t *testing.T) adminv1.AgreementsClient {
	t.Helper()
	_, desk := agreementDeskWith(t)
	return desk
}

// agreementDeskWith returns the door as well.
func agreementDeskWith(t *testing.T) (*scene, adminv1.AgreementsClient) {
	t.Helper()
	registry, err := parties.Open(t.Context(), parties.Options{
		Store: memstore.New(), Now: func() time.Time { return at(0) }, Self: parties.Self{Party: ocpi.NewPartyID("NL", "HUB")},
	})
	if err != nil {
		t.Fatal(err)
	}
	expected := []parties.Claim{{Role: ocpi.CPO, Party: ocpi.NewPartyID("DE", "ABC")}, {Role: ocpi.EMSP, Party: ocpi.NewPartyID("NL", "TNM")}}
	if _, _, err := registry.Invite(t.Context(), "both sides", expected); err != nil {
		t.Fatal(err)
	}
	s := openWith(t, func(o *admin.Options) { o.Registry, o.Agreements, o.Outlook = registry, registry, oracle{} })
	return s, adminv1.NewAgreementsClient(s.dial(t))
}

func create(edit ...func(*adminv1.AgreementsCreateRequest)) *adminv1.AgreementsCreateRequest {
	req := &adminv1.AgreementsCreateRequest{
		Order: &adminv1.AgreementOrder{By: " ann "}, Cpo: "de*abc", Emsp: "NL*TNM", Terms: &adminv1.AgreementTerms{Modules: []string{"Tokens"}},
	}
	for _, e := range edit {
		e(req)
	}
	return req
}

func TestAnAgreementIsMadeShownAndListedAlike(t *testing.T) {
	desk := agreementDesk(t)
	made, err := desk.Create(asOperator(t), create())
	if err != nil {
		t.Fatal(err)
	}
	id := made.GetAgreement().GetAgreementId()
	want := &adminv1.Agreement{
		AgreementId: id, Cpo: "DE*ABC", Emsp: "NL*TNM", Modules: []string{"tokens"}, Status: "active",
		From: timestamppb.New(at(0)), Created: timestamppb.New(at(0)),
		History: []*adminv1.AgreementEvent{{At: timestamppb.New(at(0)), By: "root (ann)", What: "made for DE*ABC and NL*TNM, active"}},
	}
	shown, err := desk.Get(asOperator(t), &adminv1.AgreementsGetRequest{AgreementId: id})
	same(t, &adminv1.AgreementsGetResponse{Agreement: want}, shown, err)
	listed, err := desk.List(asOperator(t), &adminv1.AgreementsListRequest{})
	same(t, &adminv1.AgreementsListResponse{Agreements: []*adminv1.Agreement{want}}, listed, err)
	want.Change = want.GetHistory()[0].GetWhat()
	same(t, &adminv1.AgreementsCreateResponse{Agreement: want}, made, nil)
}

func TestOnlyTheTermsThatTheMaskNamesAreChanged(t *testing.T) {
	desk := agreementDesk(t)
	made, err := desk.Create(asOperator(t), create(func(r *adminv1.AgreementsCreateRequest) { r.Terms.StandIn = true }))
	if err != nil {
		t.Fatal(err)
	}
	got, err := desk.Update(asOperator(t), &adminv1.AgreementsUpdateRequest{
		AgreementId: made.GetAgreement().GetAgreementId(), UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"catch_up", "custom_modules", "until"}},
		Terms: &adminv1.AgreementTerms{CatchUp: "none", CustomModules: []string{"X-y"}, Until: timestamppb.New(at(30)), Modules: []string{"cdrs"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := got.GetAgreement()
	if a.GetCatchUp() != "none" || !a.GetUntil().AsTime().Equal(at(30)) || cmp.Diff([]string{"x-y"}, a.GetCustomModules()) != "" ||
		cmp.Diff([]string{"tokens"}, a.GetModules()) != "" || !a.GetStandIn() || !strings.Contains(a.GetChange(), "catch_up: none") {
		t.Errorf("got %v", a)
	}
}

func TestTheStateOfAnAgreementIsChangedStepByStep(t *testing.T) {
	desk := agreementDesk(t)
	made, err := desk.Create(asOperator(t), create(func(r *adminv1.AgreementsCreateRequest) { r.Draft = true }))
	if err != nil {
		t.Fatal(err)
	}
	id, dry := made.GetAgreement().GetAgreementId(), &adminv1.AgreementOrder{DryRun: true}
	type answer interface{ GetAgreement() *adminv1.Agreement }
	step := func(want string, do func(o *adminv1.AgreementOrder) (answer, error)) {
		t.Helper()
		for _, order := range []*adminv1.AgreementOrder{dry, nil} {
			got, err := do(order)
			if err != nil {
				t.Fatalf("to %s: %v", want, err)
			}
			if a := got.GetAgreement(); a.GetStatus() != want || a.GetChange() == "" || a.GetDryRun() != order.GetDryRun() {
				t.Errorf("to %s: got %v", want, a)
			}
		}
	}
	ctx := asOperator(t)
	step("active", func(o *adminv1.AgreementOrder) (answer, error) {
		return desk.Activate(ctx, &adminv1.AgreementsActivateRequest{Order: o, AgreementId: id})
	})
	step("suspended", func(o *adminv1.AgreementOrder) (answer, error) {
		return desk.Suspend(ctx, &adminv1.AgreementsSuspendRequest{Order: o, AgreementId: id})
	})
	step("active", func(o *adminv1.AgreementOrder) (answer, error) {
		return desk.Resume(ctx, &adminv1.AgreementsResumeRequest{Order: o, AgreementId: id})
	})
	step("ended", func(o *adminv1.AgreementOrder) (answer, error) {
		return desk.End(ctx, &adminv1.AgreementsEndRequest{Order: o, AgreementId: id})
	})
}

func TestATriedAgreementHasNoID(t *testing.T) {
	desk := agreementDesk(t)
	got, err := desk.Create(asOperator(t), create(func(r *adminv1.AgreementsCreateRequest) { r.Order.DryRun = true }))
	if err != nil || got.GetAgreement().GetAgreementId() != "" || !got.GetAgreement().GetDryRun() {
		t.Errorf("got %v, %v", got, err)
	}
	if list, err := desk.List(asOperator(t), &adminv1.AgreementsListRequest{}); err != nil || len(list.GetAgreements()) > 0 {
		t.Errorf("it is listed: %v, %v", list, err)
	}
}

func TestWhatIsWrongWithAnAgreementIsNamed(t *testing.T) {
	desk := agreementDesk(t)
	ctx := asOperator(t)
	made, err := desk.Create(ctx, create())
	if err != nil {
		t.Fatal(err)
	}
	id := made.GetAgreement().GetAgreementId()
	creating := func(edit func(*adminv1.AgreementsCreateRequest)) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := desk.Create(ctx, create(edit))
			return err
		}
	}
	updating := func(terms *adminv1.AgreementTerms, mask ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := desk.Update(ctx, &adminv1.AgreementsUpdateRequest{AgreementId: id, Terms: terms, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask}})
			return err
		}
	}
	for _, test := range []struct {
		ask  func(context.Context) error
		code codes.Code
		says string
	}{
		{creating(func(r *adminv1.AgreementsCreateRequest) { r.Cpo = "DEABC" }), codes.InvalidArgument, "cpo:"},
		{creating(func(r *adminv1.AgreementsCreateRequest) { r.Emsp = "" }), codes.InvalidArgument, "emsp:"},
		{creating(func(r *adminv1.AgreementsCreateRequest) { r.Order.By = "a\nb" }), codes.InvalidArgument, "order.by"},
		{creating(func(*adminv1.AgreementsCreateRequest) {}), codes.Aborted, id},
		{creating(func(r *adminv1.AgreementsCreateRequest) { r.Terms.Modules = make([]string, 1000) }), codes.InvalidArgument, "at most"},
		{creating(func(r *adminv1.AgreementsCreateRequest) { r.Terms.Modules = []string{"token"} }), codes.InvalidArgument, "tokens"},
		{creating(func(r *adminv1.AgreementsCreateRequest) { r.Terms.Until = &timestamppb.Timestamp{Nanos: -1} }), codes.InvalidArgument, "from and until"},
		{updating(nil), codes.InvalidArgument, "update_mask"},
		{updating(nil, "cpo"), codes.InvalidArgument, `"cpo"`},
		{updating(nil, "from"), codes.InvalidArgument, "first day"},
		{func(ctx context.Context) error {
			_, err := desk.Get(ctx, &adminv1.AgreementsGetRequest{AgreementId: "nobody"})
			return err
		}, codes.NotFound, "nobody"},
		{func(ctx context.Context) error {
			_, err := desk.End(ctx, &adminv1.AgreementsEndRequest{})
			return err
		}, codes.InvalidArgument, "agreement_id"},
	} {
		if s := status.Convert(test.ask(ctx)); s.Code() != test.code || !strings.Contains(s.Message(), test.says) {
			t.Errorf("got %s %q, want %s with %q", s.Code(), s.Message(), test.code, test.says)
		}
	}
}

// oracle foresees one message, and tells the state of the agreement.
type oracle struct{}

func (oracle) Foresee(_ context.Context, a *parties.Agreement) admin.Foresight {
	return admin.Foresight{Note: string(a.State), Traffic: []routing.Foreseen{{
		Module: ocpi.Locations, From: a.CPO, To: a.EMSP, Method: "PUT", Route: routing.Direct, Messages: 3, Before: true,
	}}}
}

func TestATriedChangeOfAnAgreementSaysWhatItWouldDoToTheTraffic(t *testing.T) {
	desk := agreementDesk(t)
	dry := &adminv1.AgreementOrder{DryRun: true}
	want := []*adminv1.AgreementTraffic{{
		Module: "locations", From: "DE*ABC", To: "NL*TNM", Method: "PUT", Route: "direct", Messages: 3, Before: "allowed", After: "refused",
	}}
	tried, err := desk.Create(asOperator(t), create(func(r *adminv1.AgreementsCreateRequest) { r.Order = dry }))
	if err != nil || cmp.Diff(want, tried.GetAgreement().GetTraffic(), protocmp.Transform()) != "" || tried.GetAgreement().GetTrafficNote() != "active" {
		t.Errorf("a tried creation says %v, %v", tried, err)
	}
	made, err := desk.Create(asOperator(t), create())
	if err != nil || len(made.GetAgreement().GetTraffic()) > 0 {
		t.Fatalf("a creation says %v, %v", made, err)
	}
	id := made.GetAgreement().GetAgreementId()
	suspended, err := desk.Suspend(asOperator(t), &adminv1.AgreementsSuspendRequest{AgreementId: id, Order: dry})
	if err != nil || cmp.Diff(want, suspended.GetAgreement().GetTraffic(), protocmp.Transform()) != "" || suspended.GetAgreement().GetTrafficNote() != "suspended" {
		t.Errorf("a tried suspension says %v, %v", suspended, err)
	}
	resumed, err := desk.Resume(asOperator(t), &adminv1.AgreementsResumeRequest{AgreementId: id, Order: dry})
	if err != nil || resumed.GetAgreement().GetChange() != "" || len(resumed.GetAgreement().GetTraffic()) > 0 {
		t.Errorf("what would change nothing says %v, %v", resumed, err)
	}
}

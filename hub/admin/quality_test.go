package admin_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/quality"
)

func (s *scene) Rows(_ context.Context, q quality.Query) ([]quality.Row, error) {
	s.query = q
	return s.findings, nil
}

func (s *scene) Clear(_ context.Context, party ocpi.PartyID) error {
	s.asked = append(s.asked, "clear "+party.String())
	return s.answer
}

func TestFindingsAreShownAsTheyWereCounted(t *testing.T) {
	s := open(t)
	acm := ocpi.NewPartyID("DE", "ACM")
	s.findings = []quality.Row{{
		Place: quality.Place{Party: acm, Module: ocpi.Tokens, Kind: ocpi.TooLong, Field: "uid"},
		Count: 5, Example: quality.Example{ObjectID: "12***", Pointer: "/uid", Value: "12***"}, FirstSeen: at(1), LastSeen: at(2),
	}}
	got, err := adminv1.NewQualityClient(s.dial(t)).List(asOperator(t), &adminv1.QualityListRequest{Party: "de*acm", Module: "Tokens", Kind: "TOO_LONG"})
	same(t, &adminv1.QualityListResponse{Findings: []*adminv1.Finding{{
		Party: "DE*ACM", Module: "tokens", Kind: "too_long", Field: "uid", Count: 5,
		Example:   &adminv1.FindingExample{ObjectId: "12***", Pointer: "/uid", Value: "12***"},
		FirstSeen: timestamppb.New(at(1)), LastSeen: timestamppb.New(at(2)),
	}}}, got, err)
	if diff := cmp.Diff(quality.Query{Party: acm, Module: ocpi.Tokens, Kind: ocpi.TooLong}, s.query); diff != "" {
		t.Error(diff)
	}
}

func TestAQuestionAboutFindingsThatMakesNoSenseIsRefused(t *testing.T) {
	client := adminv1.NewQualityClient(open(t).dial(t))
	for _, req := range []*adminv1.QualityListRequest{{Party: "ACM"}, {Kind: "ugly"}} {
		if _, err := client.List(asOperator(t), req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: %v", req, err)
		}
	}
	if _, err := client.Clear(asOperator(t), &adminv1.QualityClearRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("clear of nobody: %v", err)
	}
}

func TestFindingsAreClearedPartyByParty(t *testing.T) {
	s := open(t)
	client := adminv1.NewQualityClient(s.dial(t))
	s.findings = []quality.Row{{Count: 5}, {Count: 2}}
	tried, err := client.Clear(asOperator(t), &adminv1.QualityClearRequest{Party: "DE*ACM", DryRun: true})
	same(t, &adminv1.QualityClearResponse{Party: "DE*ACM", Change: "2 findings, counted 7 times, forgotten", DryRun: true}, tried, err)
	s.findings = nil
	got, err := client.Clear(asOperator(t), &adminv1.QualityClearRequest{Party: "DE*ACM"})
	same(t, &adminv1.QualityClearResponse{Party: "DE*ACM"}, got, err)
	if diff := cmp.Diff([]string{"clear DE*ACM"}, s.asked); diff != "" {
		t.Error(diff)
	}
	s.answer = errors.New("disk full")
	if _, err := client.Clear(asOperator(t), &adminv1.QualityClearRequest{Party: "DE*ACM"}); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
}

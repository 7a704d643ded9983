package admin_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing"
)

func TestClientInfoIsListedAsAReaderSeesIt(t *testing.T) {
	client := adminv1.NewClientInfoClient(open(t).dial(t))
	all, err := client.List(asOperator(t), &adminv1.ClientInfoListRequest{})
	same(t, &adminv1.ClientInfoListResponse{Entries: []*adminv1.ClientInfoEntry{{
		CountryCode: "DE", PartyId: "ACM", Role: "CPO", Status: "CONNECTED", LastUpdated: timestamppb.New(at(2)), PlatformId: "p-1",
	}}}, all, err)
	own, err := client.List(asOperator(t), &adminv1.ClientInfoListRequest{Reader: "de*acm"})
	same(t, &adminv1.ClientInfoListResponse{}, own, err)
	for reader, want := range map[string]codes.Code{"ACM": codes.InvalidArgument, "FR*NIX": codes.NotFound} {
		if _, err := client.List(asOperator(t), &adminv1.ClientInfoListRequest{Reader: reader}); status.Code(err) != want {
			t.Errorf("reader %s: got %v, want %s", reader, err, want)
		}
	}
}

func TestH197_AnInspectionIsShownAsItWasFound(t *testing.T) {
	s := open(t)
	member := parties.Member{Claim: claim(ocpi.EMSP, "NL", "MSP"), Status: parties.Offline}
	s.copies = []routing.Copy{
		{Member: member, Held: parties.Connected, Result: routing.CopyDiffers, Pushed: true, Mended: true},
		{Member: member, Result: routing.CopyUnreadable, Reason: "why"},
	}
	client := adminv1.NewClientInfoClient(s.dial(t))
	got, err := client.Verify(asOperator(t), &adminv1.ClientInfoVerifyRequest{PlatformId: "p-1", DryRun: true})
	same(t, &adminv1.ClientInfoVerifyResponse{Copies: []*adminv1.ClientInfoCopy{
		{Party: "NL*MSP", Role: "EMSP", Status: "OFFLINE", CopyStatus: "CONNECTED", Result: "differs", Pushed: true, Mended: true},
		{Party: "NL*MSP", Role: "EMSP", Status: "OFFLINE", Result: "unreadable", Reason: "why"},
	}}, got, err)
	if s.platform != "p-1" || !s.reported {
		t.Errorf("asked about %q, only to report: %v", s.platform, s.reported)
	}
	s.answer = fault.New(fault.NoInterface, "it keeps none")
	if _, err := client.Verify(asOperator(t), &adminv1.ClientInfoVerifyRequest{PlatformId: "p-1"}); status.Code(err) != codes.FailedPrecondition || s.reported {
		t.Errorf("got %v, only to report: %v", err, s.reported)
	}
	if _, err := client.Verify(asOperator(t), &adminv1.ClientInfoVerifyRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("without a platform: %v", err)
	}
}

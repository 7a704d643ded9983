package admin_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/rejectiontest"
)

func (s *scene) Rejections(q fanout.RejectionQuery) []fanout.Rejection {
	s.rejected = append(s.rejected, q)
	return []fanout.Rejection{rejectiontest.Full("p-1", "r-1", 0)}
}

func (s *scene) Retry(_ context.Context, o fanout.RetryOrder) ([]fanout.Retried, error) {
	s.retries = append(s.retries, o)
	return []fanout.Retried{{Rejection: rejectiontest.Full("p-1", "r-1", 0), Result: fanout.RetryNotEntitled}}, s.answer
}

// rejectedShown is how the one rejection of a scene is shown.
func rejectedShown() *adminv1.RejectedDelivery {
	return &adminv1.RejectedDelivery{
		Id: "r-1", Time: timestamppb.New(rejectiontest.Full("p-1", "r-1", 0).Time), PlatformId: "p-1", To: "DE*ABC", Module: "tokens",
		Method: "PUT", Object: "NL/EMS/***", Reason: "refused_by_receiver", HttpStatus: 200, OcpiStatus: 2000,
		StatusMessage: "no, \"never\"", CorrelationId: "c-1", Attempts: 3,
	}
}

func TestRejectionsAreShownWithoutWhatNamesADriver(t *testing.T) {
	s := open(t)
	got, err := adminv1.NewDeliveriesClient(s.dial(t)).ListRejected(asOperator(t), &adminv1.DeliveriesListRejectedRequest{
		PlatformId: "p-1", Module: "TOKENS", Since: timestamppb.New(at(1)),
	})
	same(t, &adminv1.DeliveriesListRejectedResponse{Rejected: []*adminv1.RejectedDelivery{rejectedShown()}}, got, err)
	want := fanout.RejectionQuery{Platform: "p-1", Module: ocpi.Tokens, Since: at(1)}
	if !slices.Equal(s.rejected, []fanout.RejectionQuery{want}) {
		t.Errorf("asked for %+v", s.rejected)
	}
	if strings.Contains(got.String(), rejectiontest.Secret) {
		t.Error("a token is named")
	}
}

func TestARetryIsOrderedAsItIsAskedForAndSaysWhatBecame(t *testing.T) {
	s := open(t)
	client := adminv1.NewDeliveriesClient(s.dial(t))
	got, err := client.Retry(asOperator(t), &adminv1.DeliveriesRetryRequest{PlatformId: "p-1", Id: "r-1", DryRun: true})
	same(t, &adminv1.DeliveriesRetryResponse{DryRun: true, Retried: []*adminv1.RetriedDelivery{
		{Rejected: rejectedShown(), Result: "not_entitled"},
	}}, got, err)
	_, all := client.Retry(asOperator(t), &adminv1.DeliveriesRetryRequest{PlatformId: "p-1", All: true})
	_, some := client.Retry(asOperator(t), &adminv1.DeliveriesRetryRequest{PlatformId: "p-1", Module: "tariffs"})
	want := []fanout.RetryOrder{{Platform: "p-1", ID: "r-1", Dry: true}, {Platform: "p-1"}, {Platform: "p-1", Module: ocpi.Tariffs}}
	if all != nil || some != nil || !slices.Equal(s.retries, want) {
		t.Errorf("%v, %v; ordered %+v", all, some, s.retries)
	}
}

func TestARetryOfNothingOrOfMoreThanOneIsRefused(t *testing.T) {
	s := open(t)
	client := adminv1.NewDeliveriesClient(s.dial(t))
	for want, req := range map[string]*adminv1.DeliveriesRetryRequest{
		"platform_id: ":         {All: true},
		"want one of the three": {PlatformId: "p-1"},
		"id, module, all: want one of the three, to say w": {PlatformId: "p-1", Id: "r-1", All: true},
		"module: want one of hubclientinfo":                {PlatformId: "p-1", Module: "cdrs"},
	} {
		_, err := client.Retry(asOperator(t), req)
		if got := status.Convert(err); got.Code() != codes.InvalidArgument || !strings.Contains(got.Message(), want) {
			t.Errorf("%v: got %v", req, err)
		}
	}
	_, err := client.ListRejected(asOperator(t), &adminv1.DeliveriesListRejectedRequest{PlatformId: strings.Repeat("x", 101)})
	if status.Code(err) != codes.InvalidArgument || len(s.retries) > 0 {
		t.Errorf("got %v; ordered %v", err, s.retries)
	}
}

package admin

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// ListRejected shows what receivers refused.
func (s *deliveries) ListRejected(_ context.Context, req *adminv1.DeliveriesListRejectedRequest) (*adminv1.DeliveriesListRejectedResponse, error) {
	q := fanout.RejectionQuery{Platform: req.GetPlatformId(), Since: readTime(req.GetSince())}
	if len(q.Platform) > maxID {
		return nil, fault.New(fault.Invalid, "platform_id: want the id of a platform, as platforms list shows it, or nothing")
	}
	var err error
	if q.Module, err = readPushed(req.GetModule()); err != nil {
		return nil, err
	}
	var out adminv1.DeliveriesListRejectedResponse
	for _, r := range s.source.Rejections(q) {
		out.Rejected = append(out.Rejected, showRejected(r))
	}
	return &out, nil
}

func showRejected(r fanout.Rejection) *adminv1.RejectedDelivery {
	return &adminv1.RejectedDelivery{
		Id: r.ID, Time: timestamppb.New(r.Time), PlatformId: r.Platform, To: r.To.String(),
		Module: string(r.Change.Key.Module), Method: r.Change.Method, Object: r.Object(), Reason: string(r.Reason),
		HttpStatus: int32(r.HTTPStatus), OcpiStatus: int32(r.Status), //nolint:gosec // statuses are small
		StatusMessage: r.Message, CorrelationId: r.Change.CorrelationID, Attempts: int64(r.Attempts),
	}
}

// Retry sends again what a platform refused.
func (s *deliveries) Retry(ctx context.Context, req *adminv1.DeliveriesRetryRequest) (*adminv1.DeliveriesRetryResponse, error) {
	order, err := readRetry(req)
	if err != nil {
		return nil, err
	}
	list, err := s.source.Retry(ctx, order)
	if err != nil {
		return nil, err
	}
	out := &adminv1.DeliveriesRetryResponse{DryRun: req.GetDryRun()}
	for _, r := range list {
		out.Retried = append(out.Retried, &adminv1.RetriedDelivery{Rejected: showRejected(r.Rejection), Result: string(r.Result)})
	}
	return out, nil
}

func readRetry(req *adminv1.DeliveriesRetryRequest) (o fanout.RetryOrder, err error) {
	o = fanout.RetryOrder{ID: req.GetId(), Dry: req.GetDryRun()}
	if o.Platform, err = readPlatformID(req.GetPlatformId()); err != nil {
		return o, err
	}
	if o.Module, err = readPushed(req.GetModule()); err != nil {
		return o, err
	}
	named := 0
	for _, given := range []bool{o.ID != "", o.Module != "", req.GetAll()} {
		if given {
			named++
		}
	}
	if named != 1 {
		return o, fault.New(fault.Invalid, "id, module, all: want one of the three, to say what is sent again")
	}
	return o, nil
}

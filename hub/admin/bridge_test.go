package admin_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// reports are made when they are let.
type reports struct {
	asked chan interpret.Question
	let   chan struct{}
}

func (r reports) Report(ctx context.Context, q interpret.Question) (interpret.Report, error) {
	r.asked <- q
	select {
	case <-r.let:
	case <-ctx.Done():
		return interpret.Report{}, ctx.Err()
	}
	return interpret.Report{
		Modules: []interpret.ModuleReport{{Module: ocpi.Tariffs, Held: 9, Looked: 5, Same: 1, Withheld: 2, Unreadable: 1}},
		Rows:    []interpret.Row{{Class: bridge.Tariff, Reason: bridge.PriceLimits, Stored: ocpi.V230, Objects: 2, Times: 3, ObjectID: "T1", Pointer: "/min_price"}},
	}, nil
}

func TestOneReportIsMadeAtATime(t *testing.T) {
	s := open(t)
	client := adminv1.NewBridgeClient(s.dial(t))
	type answer struct {
		got *adminv1.BridgeReportResponse
		err error
	}
	first := make(chan answer)
	go func() {
		got, err := client.Report(asOperator(t), &adminv1.BridgeReportRequest{Party: "de*acm", ToVersion: "2.1.1"})
		first <- answer{got, err}
	}()
	if diff := cmp.Diff(interpret.Question{Party: ocpi.NewPartyID("DE", "ACM"), To: ocpi.V211, Sample: 1000}, <-s.reports.asked); diff != "" {
		t.Error(diff)
	}
	if _, err := client.Report(asOperator(t), &adminv1.BridgeReportRequest{Party: "DE*ACM", ToVersion: "2.3.0", Sample: 7}); status.Code(err) != codes.Unavailable {
		t.Errorf("a second one: %v", err)
	}
	s.reports.let <- struct{}{}
	a := <-first
	same(t, &adminv1.BridgeReportResponse{
		Party: "DE*ACM", ToVersion: "2.1.1",
		Modules: []*adminv1.BridgeModule{{Module: "tariffs", Objects: 9, LookedAt: 5, Unchanged: 1, Withheld: 2, Unreadable: 1}},
		Losses: []*adminv1.BridgeLoss{{
			Object: "Tariff", Kind: "lost", Reason: "price_limits", Field: "Tariff: min_price, max_price", Why: bridge.PriceLimits.Why(), Objects: 2, Times: 3,
			Example: &adminv1.BridgeExample{ObjectId: "T1", Pointer: "/min_price"}, FromVersion: "2.3.0", ToVersion: "2.1.1",
		}},
	}, a.got, a.err)
}

func TestAReportThatMakesNoSenseIsRefused(t *testing.T) {
	client := adminv1.NewBridgeClient(open(t).dial(t))
	for _, req := range []*adminv1.BridgeReportRequest{
		{Party: "ACM", ToVersion: "2.1.1"},
		{Party: "DE*ACM"},
		{Party: "DE*ACM", ToVersion: "2.0"},
		{Party: "DE*ACM", ToVersion: "2.1.1", Sample: -1},
		{Party: "DE*ACM", ToVersion: "2.1.1", Sample: 1_000_000},
	} {
		if _, err := client.Report(asOperator(t), req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: %v", req, err)
		}
	}
}

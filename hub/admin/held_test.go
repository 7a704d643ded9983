package admin_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/held"
)

// waiting holds two pushes of DE*ACM.
type waiting struct {
	asked []string
	err   error
}

func (w *waiting) Held(owner ocpi.PartyID) []held.Entry {
	w.asked = append(w.asked, "held "+owner.String())
	if owner != (ocpi.PartyID{}) && owner != ocpi.NewPartyID("DE", "ACM") {
		return nil
	}
	e := held.Entry{ID: 1, Since: at(3), Push: fanout.Change{
		Key: catalog.Key{Module: ocpi.Locations, Owner: ocpi.NewPartyID("DE", "ACM"), ID: "L1"}, Method: "PATCH",
		Path: "DE/ACM/L1/E1", Body: []byte(`{"status":"REMOVED"}`), CorrelationID: "c",
	}}
	return []held.Entry{e, e}
}

func (w *waiting) Release(_ context.Context, owner ocpi.PartyID) (int, error) {
	w.asked = append(w.asked, "release "+owner.String())
	return 2, w.err
}

func (w *waiting) Discard(_ context.Context, owner ocpi.PartyID) (int, error) {
	w.asked = append(w.asked, "discard "+owner.String())
	return 1, w.err
}

func TestHeldPushesAreListedReleasedAndDiscarded(t *testing.T) {
	w := &waiting{}
	client := adminv1.NewHeldClient(openWith(t, func(o *admin.Options) { o.Held = w }).dial(t))
	row := &adminv1.HeldPush{
		Party: "DE*ACM", Module: "locations", Method: "PATCH", Object: "DE/ACM/L1/E1", Status: "REMOVED", HeldSince: timestamppb.New(at(3)), CorrelationId: "c",
	}
	list, err := client.List(asOperator(t), &adminv1.HeldListRequest{})
	same(t, &adminv1.HeldListResponse{Held: []*adminv1.HeldPush{row, row}}, list, err)
	tried, err := client.Release(asOperator(t), &adminv1.HeldReleaseRequest{Party: "de*acm", DryRun: true})
	same(t, &adminv1.HeldReleaseResponse{Party: "DE*ACM", Count: 2, Change: "2 held pushes released", DryRun: true}, tried, err)
	none, err := client.Discard(asOperator(t), &adminv1.HeldDiscardRequest{Party: "NL*TNM", DryRun: true})
	same(t, &adminv1.HeldDiscardResponse{Party: "NL*TNM", DryRun: true}, none, err)
	if slices.ContainsFunc(w.asked, func(s string) bool { return !strings.HasPrefix(s, "held ") }) {
		t.Errorf("what was only tried was done: %v", w.asked)
	}
	released, err := client.Release(asOperator(t), &adminv1.HeldReleaseRequest{Party: "DE*ACM"})
	same(t, &adminv1.HeldReleaseResponse{Party: "DE*ACM", Count: 2, Change: "2 held pushes released"}, released, err)
	discarded, err := client.Discard(asOperator(t), &adminv1.HeldDiscardRequest{Party: "DE*ACM"})
	same(t, &adminv1.HeldDiscardResponse{Party: "DE*ACM", Count: 1, Change: "1 held push discarded"}, discarded, err)
	w.err = fault.New(fault.Unavailable, "disk")
	if _, err := client.Release(asOperator(t), &adminv1.HeldReleaseRequest{Party: "DE*ACM"}); status.Code(err) != codes.Unavailable {
		t.Errorf("a release that fails: %v", err)
	}
	for _, party := range []string{"", "ACM"} {
		if _, err := client.Discard(asOperator(t), &adminv1.HeldDiscardRequest{Party: party}); status.Code(err) != codes.InvalidArgument {
			t.Errorf("party %q: %v", party, err)
		}
	}
}

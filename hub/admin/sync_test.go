package admin_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/pull"
)

// scriptedPuller tells of two lists, and then fails or not.
type scriptedPuller struct {
	asked pull.Request
	err   error
}

func (s *scriptedPuller) Sync(_ context.Context, id string, req pull.Request, progress func(pull.ListReport)) (pull.Report, error) {
	s.asked = req
	if id != "p-1" {
		return pull.Report{}, fault.New(fault.NotFound, "platform %s is not known", id)
	}
	list := pull.List{Module: ocpi.Locations, Party: ocpi.NewPartyID("DE", "ABC")}
	progress(pull.ListReport{
		List: list, Pages: 1, Fetched: 3, New: 1, Unchanged: 1, Rejected: 1,
		Rejections: []pull.Rejection{{Page: 1, Pointer: "/data/2", ID: "L3", Reason: "/address is required"}},
	})
	list.Module = ocpi.CDRs
	progress(pull.ListReport{List: list, Err: fault.Wrap(fault.BadAnswer, errors.New("secret"), "the platform's /data is no list")})
	return pull.Report{}, s.err
}

func pullAll(t *testing.T, s *scene, req *adminv1.SyncPullRequest) (lists []*adminv1.SyncList, err error) {
	t.Helper()
	stream, err := adminv1.NewSyncClient(s.dial(t)).Pull(asOperator(t), req)
	if err != nil {
		t.Fatal(err)
	}
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return lists, nil
		}
		if err != nil {
			return lists, err
		}
		lists = append(lists, resp.GetList())
	}
}

func TestASyncTellsOfEachListWhatCameAndWhatWasLeftOut(t *testing.T) {
	puller := &scriptedPuller{}
	s := openWith(t, func(o *admin.Options) { o.Puller = puller })
	lists, err := pullAll(t, s, &adminv1.SyncPullRequest{PlatformId: "p-1", Module: "Locations", Full: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []*adminv1.SyncList{
		{
			Module: "locations", Party: "DE*ABC", Pages: 1, Fetched: 3, New: 1, Unchanged: 1, Rejected: 1,
			Rejections: []*adminv1.SyncRejection{{Page: 1, Pointer: "/data/2", Id: "L3", Reason: "/address is required"}},
		},
		{Module: "cdrs", Party: "DE*ABC", Error: "the platform's /data is no list"},
	}
	if diff := cmp.Diff(want, lists, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(pull.Request{Modules: []ocpi.ModuleID{ocpi.Locations}, Full: true}, puller.asked); diff != "" {
		t.Error(diff)
	}
}

func TestASyncThatCannotBeIsRefused(t *testing.T) {
	puller := &scriptedPuller{err: fault.New(fault.NotConnected, "the pull was ended")}
	s := openWith(t, func(o *admin.Options) { o.Puller = puller })
	for id, want := range map[string]codes.Code{"": codes.InvalidArgument, "p-9": codes.NotFound, "p-1": codes.FailedPrecondition} {
		if _, err := pullAll(t, s, &adminv1.SyncPullRequest{PlatformId: id}); status.Code(err) != want {
			t.Errorf("%q: got %v, want %v", id, err, want)
		}
	}
}

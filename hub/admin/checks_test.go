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
	"github.com/ocpihub/ocpihub/routing/probe"
)

// scriptedProber finds two things, and then fails or not.
type scriptedProber struct {
	asked probe.Request
	err   error
}

func (s *scriptedProber) Check(_ context.Context, id string, req probe.Request, tell func(probe.Line)) error {
	s.asked = req
	if id != "p-1" {
		return fault.New(fault.NotFound, "platform %s is not known", id)
	}
	tell(probe.Line{Check: "versions", Outcome: probe.OK, Found: "2.2.1", Specification: "2.2.1 versions"})
	tell(probe.Line{Check: "link", Module: ocpi.Locations, Outcome: probe.Warn, Found: "no Link", Mend: "send one"})
	return s.err
}

func checkAll(t *testing.T, s *scene, req *adminv1.ChecksRunRequest) (lines []*adminv1.CheckLine, err error) {
	t.Helper()
	stream, err := adminv1.NewChecksClient(s.dial(t)).Run(asOperator(t), req)
	if err != nil {
		t.Fatal(err)
	}
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		lines = append(lines, resp.GetLine())
	}
}

func TestACheckTellsWhatItFoundLineByLine(t *testing.T) {
	prober := &scriptedProber{}
	s := openWith(t, func(o *admin.Options) { o.Prober = prober })
	lines, err := checkAll(t, s, &adminv1.ChecksRunRequest{PlatformId: "p-1", Module: "Locations"})
	if err != nil {
		t.Fatal(err)
	}
	want := []*adminv1.CheckLine{
		{Check: "versions", Outcome: "OK", Found: "2.2.1", Specification: "2.2.1 versions"},
		{Check: "link", Module: "locations", Outcome: "WARN", Found: "no Link", Mend: "send one"},
	}
	if diff := cmp.Diff(want, lines, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(probe.Request{Module: ocpi.Locations}, prober.asked); diff != "" {
		t.Error(diff)
	}
}

func TestACheckThatCannotBeIsRefused(t *testing.T) {
	prober := &scriptedProber{err: fault.New(fault.NotConnected, "the check was ended")}
	s := openWith(t, func(o *admin.Options) { o.Prober = prober })
	for id, want := range map[string]codes.Code{"": codes.InvalidArgument, "p-9": codes.NotFound, "p-1": codes.FailedPrecondition} {
		if _, err := checkAll(t, s, &adminv1.ChecksRunRequest{PlatformId: id, VersionOnly: true}); status.Code(err) != want {
			t.Errorf("%q: got %v, want %v", id, err, want)
		}
	}
}

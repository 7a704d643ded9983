package admin

import (
	"strings"

	"google.golang.org/grpc"

	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/probe"
)

// examinations is the Checks service.
type examinations struct {
	adminv1.UnimplementedChecksServer
	prober Prober
}

// Run examines a platform, and tells what each check found.
func (s *examinations) Run(req *adminv1.ChecksRunRequest, out grpc.ServerStreamingServer[adminv1.ChecksRunResponse]) error {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return err
	}
	ask := probe.Request{VersionOnly: req.GetVersionOnly(), Module: ocpi.ModuleID(strings.ToLower(req.GetModule()))}
	var gone error
	err = s.prober.Check(out.Context(), id, ask, func(l probe.Line) {
		if gone == nil {
			gone = out.Send(&adminv1.ChecksRunResponse{Line: showLine(l)})
		}
	})
	if err == nil {
		err = gone
	}
	return err
}

func showLine(l probe.Line) *adminv1.CheckLine {
	return &adminv1.CheckLine{
		Check: l.Check, Outcome: string(l.Outcome), Found: l.Found, Mend: l.Mend,
		Specification: l.Specification, Module: string(l.Module),
	}
}

package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// deliveries is the Deliveries service.
type deliveries struct {
	adminv1.UnimplementedDeliveriesServer
	source   Deliveries
	registry Registry
	rehearse func() Registry
}

// List shows how far the fan-out has come with each platform.
func (s *deliveries) List(context.Context, *adminv1.DeliveriesListRequest) (*adminv1.DeliveriesListResponse, error) {
	all := slices.SortedFunc(slices.Values(s.source.Deliveries()), func(a, b fanout.Stat) int {
		return strings.Compare(a.Platform, b.Platform)
	})
	var out adminv1.DeliveriesListResponse
	for _, d := range all {
		out.Deliveries = append(out.Deliveries, showDelivery(d))
	}
	return &out, nil
}

func showDelivery(d fanout.Stat) *adminv1.Delivery {
	out := &adminv1.Delivery{
		PlatformId: d.Platform, State: string(d.State), PausedModules: moduleNames(d.Held), Rate: d.Rate,
		Pending: int64(d.Pending), Delivered: int64(d.Delivered), Rejected: int64(d.Rejected),
		OldestPendingSeconds: d.OldestPending.Seconds(), RejectionsKept: int64(d.Kept), RejectionsDropped: int64(d.Dropped),
	}
	if e := d.LastError; e.Reason != "" {
		out.LastError = &adminv1.DeliveryError{
			Time: timestamppb.New(e.Time), Module: string(e.Module), Reason: string(e.Reason),
			HttpStatus: int32(e.HTTPStatus), OcpiStatus: int32(e.Status), //nolint:gosec // statuses are small
		}
	}
	for _, m := range d.Modules {
		out.Modules = append(out.Modules, &adminv1.ModuleDelivery{
			Module: string(m.Module), Pending: int64(m.Pending), Delivered: int64(m.Delivered), Rejected: int64(m.Rejected), Paused: m.Held,
		})
	}
	return out
}

// Pause holds back pushes.
func (s *deliveries) Pause(ctx context.Context, req *adminv1.DeliveriesPauseRequest) (*adminv1.DeliveriesPauseResponse, error) {
	pause, err := s.turn(ctx, req, Registry.PauseDeliveries, paused)
	if err != nil {
		return nil, err
	}
	return &adminv1.DeliveriesPauseResponse{Pause: pause}, nil
}

// Resume ends a pause.
func (s *deliveries) Resume(ctx context.Context, req *adminv1.DeliveriesResumeRequest) (*adminv1.DeliveriesResumeResponse, error) {
	pause, err := s.turn(ctx, req, Registry.ResumeDeliveries, flowing)
	if err != nil {
		return nil, err
	}
	return &adminv1.DeliveriesResumeResponse{Pause: pause}, nil
}

// turning are the requests that open or shut a valve.
type turning interface {
	GetPlatformId() string
	GetModule() string
	GetDryRun() bool
}

// turn opens or shuts a valve; say puts it into words.
func (s *deliveries) turn(ctx context.Context, req turning,
	do func(Registry, context.Context, string, ocpi.ModuleID) (*parties.Platform, bool, error), say func(what string, pending int) string,
) (*adminv1.DeliveryPause, error) {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return nil, err
	}
	module, err := readPushed(req.GetModule())
	if err != nil {
		return nil, err
	}
	desk := s.registry
	if req.GetDryRun() {
		desk = s.rehearse()
	}
	p, changed, err := do(desk, ctx, id, module)
	if err != nil {
		return nil, err
	}
	out := &adminv1.DeliveryPause{
		PlatformId: p.ID, Paused: p.Paused.All, PausedModules: moduleNames(p.Paused.Modules), DryRun: req.GetDryRun(),
	}
	if changed {
		out.Change = say(orWords(string(module), "all modules"), s.pending(id))
	}
	return out, nil
}

func (s *deliveries) pending(platform string) int {
	for _, d := range s.source.Deliveries() {
		if d.Platform == platform {
			return d.Pending
		}
	}
	return 0
}

func paused(what string, pending int) string {
	return fmt.Sprintf("pushes of %s are paused (pending to the platform: %d)", what, pending)
}

func flowing(what string, pending int) string {
	return fmt.Sprintf("pushes of %s go out again (pending to the platform: %d)", what, pending)
}

// Resync has a platform get everything anew.
func (s *deliveries) Resync(ctx context.Context, req *adminv1.DeliveriesResyncRequest) (*adminv1.DeliveriesResyncResponse, error) {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return nil, err
	}
	module, err := readPushed(req.GetModule())
	if err != nil {
		return nil, err
	}
	found, err := s.source.Resync(ctx, fanout.ResyncOrder{
		Platform: id, Module: module, Since: readTime(req.GetSince()), Dry: req.GetDryRun(),
	})
	if err != nil {
		return nil, err
	}
	out := &adminv1.DeliveriesResyncResponse{DryRun: req.GetDryRun()}
	for _, m := range found {
		out.Modules = append(out.Modules, &adminv1.DeliveryResync{Module: string(m.Module), Objects: int64(m.Pending)})
	}
	return out, nil
}

// readPushed reads the name of a module that is pushed to all; empty is any.
func readPushed(name string) (ocpi.ModuleID, error) {
	m := ocpi.ModuleID(strings.ToLower(name))
	if m != "" && !slices.Contains(fanout.Resyncable(), m) {
		return "", fault.New(fault.Invalid, "module: want one of %s, got %q", strings.Join(moduleNames(fanout.Resyncable()), ", "), name)
	}
	return m, nil
}

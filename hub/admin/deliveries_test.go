package admin_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func (s *scene) PauseDeliveries(_ context.Context, id string, m ocpi.ModuleID) (*parties.Platform, bool, error) {
	s.asked = append(s.asked, "pause "+id+" "+string(m))
	p := acme()
	p.Paused = parties.Pause{All: m == "", Modules: []ocpi.ModuleID{m}}
	return p, s.turned, s.answer
}

func (s *scene) ResumeDeliveries(_ context.Context, id string, m ocpi.ModuleID) (*parties.Platform, bool, error) {
	s.asked = append(s.asked, "resume deliveries "+id+" "+string(m))
	return acme(), s.turned, s.answer
}

func (s *scene) Resync(_ context.Context, o fanout.ResyncOrder) ([]fanout.ModuleStat, error) {
	s.resyncs = append(s.resyncs, o)
	return []fanout.ModuleStat{{Module: ocpi.Tariffs, Pending: 7}}, s.answer
}

func (r rehearsal) PauseDeliveries(_ context.Context, id string, m ocpi.ModuleID) (*parties.Platform, bool, error) {
	p := acme()
	p.Paused.Modules = []ocpi.ModuleID{m}
	return p, true, nil
}

func TestDeliveriesAreOrderedByPlatform(t *testing.T) {
	s := open(t)
	s.deliveries = []fanout.Stat{
		{Platform: "p-2", State: fanout.Live, Delivered: 1 << 40, Rate: 2.5, Held: []ocpi.ModuleID{ocpi.Tokens}},
		{
			Platform: "p-1", State: fanout.Waiting, Pending: 3, Rejected: 1, OldestPending: 1500 * time.Millisecond,
			LastError: fanout.Trouble{Time: at(1), Module: ocpi.Tariffs, Reason: fanout.ReasonRefused, HTTPStatus: 200, Status: 2001},
			Modules:   []fanout.ModuleStat{{Module: ocpi.Tariffs, Pending: 3, Rejected: 1, Held: true}},
		},
	}
	got, err := adminv1.NewDeliveriesClient(s.dial(t)).List(asOperator(t), &adminv1.DeliveriesListRequest{})
	same(t, &adminv1.DeliveriesListResponse{Deliveries: []*adminv1.Delivery{
		{
			PlatformId: "p-1", State: "waiting", Pending: 3, Rejected: 1, OldestPendingSeconds: 1.5,
			LastError: &adminv1.DeliveryError{
				Time: timestamppb.New(at(1)), Module: "tariffs", Reason: "refused_by_receiver", HttpStatus: 200, OcpiStatus: 2001,
			},
			Modules: []*adminv1.ModuleDelivery{{Module: "tariffs", Pending: 3, Rejected: 1, Paused: true}},
		},
		{PlatformId: "p-2", State: "live", Delivered: 1 << 40, Rate: 2.5, PausedModules: []string{"tokens"}},
	}}, got, err)
}

func TestPushesArePausedAndResumed(t *testing.T) {
	s := open(t)
	s.deliveries, s.turned = []fanout.Stat{{Platform: "p-1", Pending: 5}}, true
	client := adminv1.NewDeliveriesClient(s.dial(t))
	paused, err := client.Pause(asOperator(t), &adminv1.DeliveriesPauseRequest{PlatformId: "p-1", Module: "Tokens"})
	same(t, &adminv1.DeliveriesPauseResponse{Pause: &adminv1.DeliveryPause{
		PlatformId: "p-1", PausedModules: []string{"tokens"}, Change: "pushes of tokens are paused (pending to the platform: 5)",
	}}, paused, err)
	resumed, err := client.Resume(asOperator(t), &adminv1.DeliveriesResumeRequest{PlatformId: "p-1"})
	same(t, &adminv1.DeliveriesResumeResponse{Pause: &adminv1.DeliveryPause{
		PlatformId: "p-1", Change: "pushes of all modules go out again (pending to the platform: 5)",
	}}, resumed, err)
	s.turned = false
	resumed, err = client.Resume(asOperator(t), &adminv1.DeliveriesResumeRequest{PlatformId: "p-1"})
	same(t, &adminv1.DeliveriesResumeResponse{Pause: &adminv1.DeliveryPause{PlatformId: "p-1"}}, resumed, err)
	if want := []string{"pause p-1 tokens", "resume deliveries p-1 ", "resume deliveries p-1 "}; !slices.Equal(s.asked, want) {
		t.Errorf("the registry was asked %q", s.asked)
	}
}

func TestAPauseIsTriedWithoutBeingMade(t *testing.T) {
	s := open(t)
	s.deliveries = []fanout.Stat{}
	got, err := adminv1.NewDeliveriesClient(s.dial(t)).Pause(asOperator(t), &adminv1.DeliveriesPauseRequest{
		PlatformId: "p-1", Module: "tokens", DryRun: true,
	})
	same(t, &adminv1.DeliveriesPauseResponse{Pause: &adminv1.DeliveryPause{
		PlatformId: "p-1", PausedModules: []string{"tokens"}, DryRun: true, Change: "pushes of tokens are paused (pending to the platform: 0)",
	}}, got, err)
	if len(s.asked) > 0 {
		t.Errorf("the registry was asked %q", s.asked)
	}
}

func TestAResyncIsOrderedAsItIsAskedFor(t *testing.T) {
	s := open(t)
	got, err := adminv1.NewDeliveriesClient(s.dial(t)).Resync(asOperator(t), &adminv1.DeliveriesResyncRequest{
		PlatformId: "p-1", Module: "tariffs", Since: timestamppb.New(at(3)), DryRun: true,
	})
	same(t, &adminv1.DeliveriesResyncResponse{DryRun: true, Modules: []*adminv1.DeliveryResync{{Module: "tariffs", Objects: 7}}}, got, err)
	if want := (fanout.ResyncOrder{Platform: "p-1", Module: ocpi.Tariffs, Since: at(3), Dry: true}); !slices.Equal(s.resyncs, []fanout.ResyncOrder{want}) {
		t.Errorf("ordered %+v", s.resyncs)
	}
}

func TestWhatCannotBePausedOrResyncedIsNamed(t *testing.T) {
	s := open(t)
	s.deliveries = []fanout.Stat{}
	client := adminv1.NewDeliveriesClient(s.dial(t))
	_, noPlatform := client.Pause(asOperator(t), &adminv1.DeliveriesPauseRequest{})
	_, noModule := client.Resume(asOperator(t), &adminv1.DeliveriesResumeRequest{PlatformId: "p-1", Module: "sessions"})
	_, noSuch := client.Resync(asOperator(t), &adminv1.DeliveriesResyncRequest{PlatformId: "p-1", Module: "cdrs"})
	_, nameless := client.Resync(asOperator(t), &adminv1.DeliveriesResyncRequest{})
	for want, err := range map[string]error{
		"platform_id: want": noPlatform, "module: want one of hubclientinfo, tariffs, locations, tokens, got \"sessions\"": noModule,
		"got \"cdrs\"": noSuch, "platform_id: ": nameless,
	} {
		if got := status.Convert(err); got.Code() != codes.InvalidArgument || !strings.Contains(got.Message(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	s.answer = fault.New(fault.NotFound, "there is none")
	_, err := client.Resync(asOperator(t), &adminv1.DeliveriesResyncRequest{PlatformId: "p-9"})
	_, other := client.Pause(asOperator(t), &adminv1.DeliveriesPauseRequest{PlatformId: "p-9"})
	if status.Code(err) != codes.NotFound || status.Code(other) != codes.NotFound {
		t.Errorf("of a platform that is not there: %v, %v", err, other)
	}
}

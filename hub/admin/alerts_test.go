package admin_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// watcher is one over a single alert.
type watcher struct {
	query watch.Query
	party ocpi.PartyID
	acked string
}

func (w *watcher) Alerts(q watch.Query) []watch.Alert {
	w.query = q
	return []watch.Alert{{
		ID: "a1", Kind: watch.Silence, Severity: watch.Warning, State: watch.Firing, Since: at(1), Value: "v", Threshold: "t",
		Subject: watch.Subject{Party: ocpi.NewPartyID("DE", "ACM"), Module: ocpi.Tokens},
	}}
}

func (w *watcher) Rhythms(party ocpi.PartyID) []watch.Beat {
	w.party = party
	return []watch.Beat{{Party: party, Module: ocpi.Tokens, Messages: 3, First: at(1), Last: at(2), Known: 1, Missed: 2.5, Limit: 12, Usual: []float64{-1}}}
}

func (w *watcher) Acknowledge(_ context.Context, id string, d time.Duration, dry bool) (watch.Alert, string, error) {
	if id != "a1" {
		return watch.Alert{}, "", fault.New(fault.NotFound, "no alert %q", id)
	}
	if !dry {
		w.acked = id + " for " + d.String()
	}
	return watch.Alert{ID: id, Kind: watch.Silence, Acknowledged: true, Until: at(9)}, "told", nil
}

func overAlerts(t *testing.T) (adminv1.AlertsClient, *watcher) {
	w := &watcher{}
	return adminv1.NewAlertsClient(openWith(t, func(o *admin.Options) { o.Alerts = w }).dial(t)), w
}

func TestAlertsAreShownAsTheyAreKept(t *testing.T) {
	client, w := overAlerts(t)
	got, err := client.List(asOperator(t), &adminv1.AlertsListRequest{Party: "de*acm", Kind: "Silence", All: true})
	same(t, &adminv1.AlertsListResponse{Alerts: []*adminv1.Alert{{
		AlertId: "a1", Kind: "silence", Severity: "warning", State: "firing", Party: "DE*ACM", Module: "tokens",
		Since: timestamppb.New(at(1)), Value: "v", Threshold: "t", Action: watch.Silence.Do(), Runbook: watch.Silence.Runbook(),
	}}}, got, err)
	want := watch.Query{Party: ocpi.NewPartyID("DE", "ACM"), Kind: watch.Silence, All: true}
	if diff := cmp.Diff(want, w.query); diff != "" {
		t.Error(diff)
	}
}

func TestTheRhythmOfAPartyIsShown(t *testing.T) {
	client, _ := overAlerts(t)
	got, err := client.Rhythm(asOperator(t), &adminv1.AlertsRhythmRequest{Party: "DE*ACM"})
	same(t, &adminv1.AlertsRhythmResponse{Rhythms: []*adminv1.Rhythm{{
		Party: "DE*ACM", Module: "tokens", Messages: 3, FirstSeen: timestamppb.New(at(1)), LastSeen: timestamppb.New(at(2)),
		HoursKnown: 1, Missed: 2.5, Limit: 12, Usual: []float64{-1},
	}}}, got, err)
}

func TestAnAlertIsAcknowledgedForAsLongAsWasSaid(t *testing.T) {
	client, w := overAlerts(t)
	req := &adminv1.AlertsAcknowledgeRequest{AlertId: "a1", For: durationpb.New(4 * time.Hour), DryRun: true}
	got, err := client.Acknowledge(asOperator(t), req)
	if err != nil || !got.GetDryRun() || w.acked != "" {
		t.Errorf("tried: %v, %v, %q", got, err, w.acked)
	}
	req.DryRun = false
	got, err = client.Acknowledge(asOperator(t), req)
	if err != nil || got.GetChange() != "told" || w.acked != "a1 for 4h0m0s" {
		t.Errorf("done: %v, %v, %q", got, err, w.acked)
	}
}

func TestAQuestionAboutAlertsThatMakesNoSenseIsRefused(t *testing.T) {
	client, _ := overAlerts(t)
	for want, call := range map[codes.Code]func() error{
		codes.NotFound: func() error {
			_, err := client.Acknowledge(asOperator(t), &adminv1.AlertsAcknowledgeRequest{AlertId: "a2"})
			return err
		},
		codes.InvalidArgument: func() error {
			_, err := client.List(asOperator(t), &adminv1.AlertsListRequest{Kind: "noise"})
			return err
		},
	} {
		if err := call(); status.Code(err) != want {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	for _, req := range []*adminv1.AlertsAcknowledgeRequest{{}, {AlertId: "a1", For: durationpb.New(0)}, {AlertId: "a1", For: durationpb.New(10_000 * time.Hour)}} {
		if _, err := client.Acknowledge(asOperator(t), req); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: %v", req, err)
		}
	}
	if _, err := client.Rhythm(asOperator(t), &adminv1.AlertsRhythmRequest{Party: "ACM"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a rhythm of nobody: %v", err)
	}
}

func TestWithoutAlertsTheOperatorIsToldWhy(t *testing.T) {
	if _, err := adminv1.NewAlertsClient(open(t).dial(t)).List(asOperator(t), &adminv1.AlertsListRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
}

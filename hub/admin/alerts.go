package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// maxAlertID and longestAcknowledgement bound what an operator may send.
const (
	maxAlertID             = 64
	longestAcknowledgement = 366 * 24 * time.Hour
)

// alerts is the Alerts service; without a source there are none.
type alerts struct {
	adminv1.UnimplementedAlertsServer
	source Alerts
}

func (s *alerts) open() error {
	if s.source == nil {
		return fault.New(fault.Unavailable, "the hub looks for no alerts: set alerts.enabled")
	}
	return nil
}

// List shows alerts.
func (s *alerts) List(_ context.Context, req *adminv1.AlertsListRequest) (*adminv1.AlertsListResponse, error) {
	q := watch.Query{Kind: watch.Kind(strings.ToLower(req.GetKind())), All: req.GetAll()}
	var err error
	if q.Party, err = readParty(req.GetParty()); err != nil {
		return nil, err
	}
	if q.Kind != "" && !slices.Contains(watch.Kinds(), q.Kind) {
		known := strings.Trim(fmt.Sprint(watch.Kinds()), "[]")
		return nil, fault.New(fault.Invalid, "kind: want one of %s, got %q", known, req.GetKind())
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	out := &adminv1.AlertsListResponse{}
	for _, a := range s.source.Alerts(q) {
		out.Alerts = append(out.Alerts, alert(&a))
	}
	return out, nil
}

// Rhythm shows what is usual.
func (s *alerts) Rhythm(_ context.Context, req *adminv1.AlertsRhythmRequest) (*adminv1.AlertsRhythmResponse, error) {
	party, err := readParty(req.GetParty())
	if err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	out := &adminv1.AlertsRhythmResponse{}
	for _, b := range s.source.Rhythms(party) {
		out.Rhythms = append(out.Rhythms, &adminv1.Rhythm{
			Party: b.Party.String(), Module: string(b.Module), Messages: b.Messages,
			FirstSeen: timestamp(b.First), LastSeen: timestamp(b.Last), HoursKnown: int32(b.Known), //nolint:gosec // 168 at most
			UsualNow: b.UsualNow, Missed: b.Missed, Longest: b.Longest, Limit: b.Limit, Usual: b.Usual,
		})
	}
	return out, nil
}

// Acknowledge notes that an operator knows of an alert.
func (s *alerts) Acknowledge(ctx context.Context, req *adminv1.AlertsAcknowledgeRequest) (*adminv1.AlertsAcknowledgeResponse, error) {
	id := req.GetAlertId()
	if id == "" || len(id) > maxAlertID {
		return nil, fault.New(fault.Invalid, "alert_id: want the id of an alert, as alerts list shows it")
	}
	d, set := req.GetFor().AsDuration(), req.GetFor() != nil
	if set && (d <= 0 || d > longestAcknowledgement) {
		return nil, fault.New(fault.Invalid, "for: want more than 0s and at most %s, got %s", longestAcknowledgement, d)
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	a, change, err := s.source.Acknowledge(ctx, id, d, req.GetDryRun())
	if err != nil {
		return nil, err
	}
	return &adminv1.AlertsAcknowledgeResponse{Alert: alert(&a), Change: change, DryRun: req.GetDryRun()}, nil
}

// readParty reads a party that may be left out.
func readParty(s string) (p ocpi.PartyID, err error) {
	if s == "" {
		return p, nil
	}
	if p, err = ocpi.ParsePartyID(s); err != nil {
		return p, fault.New(fault.Invalid, "party: %v", err)
	}
	return p, nil
}

func alert(a *watch.Alert) *adminv1.Alert {
	return &adminv1.Alert{
		AlertId: a.ID, Kind: string(a.Kind), Severity: string(a.Severity), State: string(a.State),
		PlatformId: a.Subject.Platform, Party: written(a.Subject.Party), Module: string(a.Subject.Module), Subject: a.Subject.Name,
		Since: timestamp(a.Since), Ended: timestamp(a.Ended), Value: a.Value, Threshold: a.Threshold,
		Action: a.Kind.Do(), Runbook: a.Kind.Runbook(), Acknowledged: a.Acknowledged, AcknowledgedUntil: timestamp(a.Until),
	}
}

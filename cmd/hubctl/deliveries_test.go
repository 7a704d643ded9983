package main

import (
	"context"
	"net/http"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

func (s *stage) Deliveries() []fanout.Stat {
	if s.empty {
		return nil
	}
	return []fanout.Stat{
		{
			Platform: "p-1", State: fanout.Live, Delivered: 1 << 53, Rate: 12.25, Held: []ocpi.ModuleID{ocpi.Tokens},
			Modules: []fanout.ModuleStat{{Module: ocpi.Locations, Delivered: 1 << 53}, {Module: ocpi.Tokens, Pending: 4, Held: true}},
		},
		{
			Platform: "p-2", State: fanout.Waiting, Pending: 3, Rejected: 1, OldestPending: 90500 * time.Millisecond,
			LastError: fanout.Trouble{
				Time: at(7), Module: ocpi.Locations, Reason: fanout.ReasonRefused, HTTPStatus: 200, Status: ocpi.StatusClientError,
			},
			Modules: []fanout.ModuleStat{{Module: ocpi.Locations, Pending: 3, Rejected: 1}},
		},
	}
}

func (s *stage) PauseDeliveries(_ context.Context, _ string, m ocpi.ModuleID) (*parties.Platform, bool, error) {
	p := acme()
	p.Paused.All = m == ""
	if m != "" {
		p.Paused.Modules = []ocpi.ModuleID{m}
	}
	return p, true, nil
}

func (s *stage) ResumeDeliveries(context.Context, string, ocpi.ModuleID) (*parties.Platform, bool, error) {
	return acme(), false, nil
}

func (s *stage) Resync(_ context.Context, o fanout.ResyncOrder) ([]fanout.ModuleStat, error) {
	if o.Module != "" {
		return []fanout.ModuleStat{{Module: o.Module, Pending: 4711}}, nil
	}
	return []fanout.ModuleStat{{Module: ocpi.HubClientInfo, Pending: 2}, {Module: ocpi.Locations, Pending: 4711}}, nil
}

func (s *stage) Rejections(q fanout.RejectionQuery) []fanout.Rejection {
	if s.empty {
		return nil
	}
	return []fanout.Rejection{{
		ID: "r-1", Platform: "p-2", Time: at(7), To: ocpi.NewPartyID("NL", "MSP"),
		Change: fanout.Change{
			Key: catalog.Key{Module: q.Module}, Method: http.MethodPut, Path: "DE/ACM/0A1B", CorrelationID: "c-1",
		},
		Reason: fanout.ReasonRefused, HTTPStatus: 200, Status: ocpi.StatusClientError, Message: "*** is blocked", Attempts: 2,
	}}
}

func (s *stage) Retry(_ context.Context, o fanout.RetryOrder) ([]fanout.Retried, error) {
	r := s.Rejections(fanout.RejectionQuery{Module: ocpi.Tokens})[0]
	if o.ID != "" {
		return []fanout.Retried{{Rejection: r, Result: fanout.RetryPaused}}, nil
	}
	return []fanout.Retried{{Rejection: r, Result: fanout.RetryQueued}}, nil
}

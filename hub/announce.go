package hub

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// announcer tells the parties of every change of another party's status: a PUT
// of its ClientInfo goes through the fan-out like any other push (hub client
// info, Flow).
type announcer struct {
	feed    routing.Feed
	now     func() time.Time
	log     *slog.Logger
	changes chan parties.Member
}

// announceBacklog bounds the changes that wait for the feed. Beyond it the
// registry waits: no change may be left untold.
const announceBacklog = 4096

func newAnnouncer(feed routing.Feed, now func() time.Time, log *slog.Logger) *announcer {
	return &announcer{feed: feed, now: now, log: log, changes: make(chan parties.Member, announceBacklog)}
}

// changed takes note of what differs between two states of the registry.
func (a *announcer) changed(before, after *parties.Directory) {
	for _, m := range parties.Diff(before, after) {
		a.changes <- m
	}
}

// run publishes the changes in their order until ctx ends.
func (a *announcer) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-a.changes:
			a.publish(ctx, m)
		}
	}
}

// publish repeats until the feed takes the change.
func (a *announcer) publish(ctx context.Context, m parties.Member) {
	change := clientInfoChange(m)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := a.feed.Accept(ctx, change)
		if err == nil || ctx.Err() != nil {
			return
		}
		a.log.Warn("cannot announce the status of a party yet", "party", m.Party.String(), "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func clientInfoChange(m parties.Member) fanout.Change {
	return fanout.Change{
		Key:    catalog.Key{Module: ocpi.HubClientInfo, Owner: m.Party, ID: string(m.Role)},
		Method: "PUT", Path: m.Party.Country + "/" + m.Party.ID, Body: m.ClientInfo(),
		Role: ocpi.HUB, Version: ocpi.V221, CorrelationID: uuid.NewString(),
	}
}

// states gives the newest state of what the fan-out delivers: objects from the
// catalog, client info from the registry.
type states struct {
	catalog  catalog.Store
	registry routing.Registry
}

var _ fanout.States = states{}

// Newest returns the body of an object as it is now.
func (s states) Newest(ctx context.Context, k catalog.Key, part catalog.Part) ([]byte, error) {
	if k.Module != ocpi.HubClientInfo {
		o, err := s.catalog.Get(ctx, k, part)
		return o.Body, err
	}
	for _, m := range s.registry.Directory().Members() {
		if m.Party == k.Owner && string(m.Role) == k.ID {
			return m.ClientInfo(), nil
		}
	}
	return nil, catalog.ErrUnknown
}

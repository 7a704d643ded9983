package hub

import (
	"context"
	"log/slog"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/hub/instrument"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// openJournal starts the message log. It is the first task to start and so the
// last to stop: it writes what all others still note.
func (h *Hub) openJournal(ctx context.Context) error {
	var log journal.Log = noJournal{}
	if h.stores.journal != nil {
		log = h.seen.Journal(h.stores.journal)
	}
	h.journal = journal.New(journal.Options{Log: log, Logger: h.log.With(slog.String("part", "journal"))})
	h.metrics.JournalDropped(h.journal.Dropped, h.journal.WithoutBodies)
	h.life.background(ctx, "journal", stopQuick, h.failed, h.journal.Run)
	return nil
}

// noJournal is the log where the operator wants none.
type noJournal struct{ journal.Log }

func (noJournal) Append(context.Context, []journal.Entry) error { return nil }

// messageEntry is the record of a message of a party.
func messageEntry(rec routing.Record) journal.Entry {
	e := journal.Entry{
		Time: rec.Began, CorrelationID: rec.CorrelationID, RequestID: rec.RequestID,
		From: rec.From.Party, To: rec.To, FromPlatform: rec.FromPlatform,
		Module: rec.Module, Method: rec.Method, Object: rec.Object, Route: string(rec.Way),
		HTTPStatus: rec.HTTPStatus, OCPIStatus: rec.OCPIStatus, Duration: rec.Duration,
		Reason: string(rec.Outcome()), Command: rec.Command, Reference: rec.Reference,
		Bridged: journal.Crossings(rec.Bridged),
	}
	if rec.Failed {
		e.HTTPStatus, e.OCPIStatus = front.Codes(rec.Version, rec.Fault)
	} else {
		e.HTTPStatus, e.OCPIStatus = front.Told(rec.Version, e.HTTPStatus, e.OCPIStatus)
	}
	return e
}

// hopped notes a call to a receiver.
func (h *Hub) hopped(ctx context.Context, hop routing.Hop) {
	h.note(inTrace(ctx, hopEntry(hop)), hop.Bodies)
	h.metrics.Bridged(hop.Bridged)
	h.watching.hop(hop)
}

// note takes a record, with its bodies if the operator wants them.
func (h *Hub) note(e journal.Entry, b ocpi.Bodies) {
	if !h.cfg.Journal.Bodies {
		h.journal.Note(e)
		return
	}
	h.journal.NoteBodies(e, b)
}

// inTrace adds the trace that a record is part of.
func inTrace(ctx context.Context, e journal.Entry) journal.Entry {
	e.TraceID = instrument.TraceID(ctx)
	return e
}

func hopEntry(hop routing.Hop) journal.Entry {
	e := journal.Entry{
		Time: hop.Began, CorrelationID: hop.CorrelationID, RequestID: hop.RequestID,
		From: hop.From, To: hop.To, ToPlatform: hop.Platform,
		Module: hop.Module, Method: hop.Method, Object: hop.Object, Route: string(hop.Way),
		HTTPStatus: hop.HTTPStatus, OCPIStatus: hop.OCPIStatus, Duration: hop.Duration,
		Attempt: hop.Attempt, Reason: string(fanout.ReasonAccepted), Bridged: journal.Crossings(hop.Bridged),
	}
	switch {
	case hop.GivenUp:
		e.Reason = "given_up"
	case hop.Failed:
		e.Reason = string(routing.ReasonOf(hop.Fault))
	case !hop.OCPIStatus.Success():
		e.Reason = string(fanout.ReasonRefused)
	}
	return e
}

// deliveryEntry is the record of one attempt to bring a copy of a push.
func deliveryEntry(a fanout.Attempt) journal.Entry {
	return journal.Entry{
		Time: a.Began, CorrelationID: a.CorrelationID, RequestID: a.RequestID, TraceID: a.TraceID,
		From: a.Owner, To: a.To, ToPlatform: a.Platform,
		Module: a.Module, Method: a.Method, Object: a.Path, Route: string(routing.Broadcast),
		HTTPStatus: a.HTTPStatus, OCPIStatus: a.Status, Duration: a.Took,
		Attempt: a.Number, Reason: string(a.Verdict.Reason), Covers: a.Covers, Bridged: journal.Crossings(a.Bridged),
	}
}

// traffic shows the message log to the operator.
type traffic struct {
	journal *journal.Journal
	kept    bool
	ended   <-chan struct{} // closed when the hub stops
}

var errNoJournal = fault.New(fault.Unavailable, "no message log is kept: set journal.max_age")

// List returns the records that a query selects, the newest first.
func (t traffic) List(ctx context.Context, q journal.Query) ([]journal.Entry, error) {
	if !t.kept {
		return nil, errNoJournal
	}
	out, err := t.journal.List(ctx, q)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the message log cannot be read now")
	}
	return out, nil
}

// Follow calls each with records as they come until ctx or the hub ends.
func (t traffic) Follow(ctx context.Context, q journal.Query, each func(journal.Entry) error) error {
	if !t.kept {
		return errNoJournal
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		select {
		case <-t.ended:
		case <-ctx.Done():
		}
	}()
	if err := t.journal.Follow(ctx, q, each); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the message log cannot be read any more")
	}
	return nil
}

// endFollowing has those who follow the message log leave before the doors
// close, which wait for them.
func (h *Hub) endFollowing() {
	h.life.onStop("followers", stopQuick, func(context.Context) error { close(h.ended); return nil })
}

// Messages returns the newest records of the message log, for the same as
// Registry.
func (h *Hub) Messages(ctx context.Context, correlationID string) ([]journal.Entry, error) {
	return h.journal.List(ctx, journal.Query{CorrelationID: correlationID, Bodies: true, Limit: 1000})
}

// Dropped is how many records of the message log were dropped, for the same as
// Registry.
func (h *Hub) Dropped() int64 { return h.journal.Dropped() }

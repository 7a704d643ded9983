package instrument

import (
	"context"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// timed notes how long an operation of a store took, from began until now. Store
// and operation come from closed sets.
func (i *Instruments) timed(store, operation string, began time.Time) {
	i.metrics.Stored(store, operation, i.now().Sub(began))
}

// Catalog returns a catalog whose operations on the way of messages are seen.
func (i *Instruments) Catalog(s catalog.Store) catalog.Store { return objects{s, i} }

type objects struct {
	catalog.Store
	*Instruments
}

// span begins the span of an operation on the catalog; nil where none is
// wanted.
func (o objects) span(ctx context.Context, operation string, m ocpi.ModuleID) (context.Context, trace.Span) {
	if !o.records() || inBulk(ctx) || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, nil
	}
	ctx, span := o.start(ctx, "catalog "+operation, trace.SpanKindInternal)
	if span.IsRecording() {
		span.SetAttributes(semconv.DBOperationName(operation), keyModule.String(string(m)))
	}
	return ctx, span
}

// Apply implements catalog.Store.
func (o objects) Apply(ctx context.Context, c catalog.Change) (catalog.Outcome, error) {
	defer o.timed("catalog", "apply", o.now())
	ctx, span := o.span(ctx, "apply", c.Key.Module)
	outcome, err := o.Store.Apply(ctx, c)
	if span != nil {
		span.SetAttributes(keyVerdict.String(string(outcome)))
		finish(span, err)
	}
	return outcome, err
}

// ApplyAll implements catalog.Store. No message waits for it.
func (o objects) ApplyAll(ctx context.Context, changes []catalog.Change) []catalog.Applied {
	defer o.timed("catalog", "apply_all", o.now())
	return o.Store.ApplyAll(ctx, changes)
}

// Get implements catalog.Store.
func (o objects) Get(ctx context.Context, k catalog.Key, part catalog.Part) (catalog.Object, error) {
	defer o.timed("catalog", "get", o.now())
	return o.Store.Get(ctx, k, part)
}

// List implements catalog.Store.
func (o objects) List(ctx context.Context, q catalog.Query) (catalog.Page, error) {
	defer o.timed("catalog", "list", o.now())
	ctx, span := o.span(ctx, "list", q.Module)
	page, err := o.Store.List(ctx, q)
	if span != nil {
		span.SetAttributes(keyObjects.Int(len(page.Objects)))
		finish(span, err)
	}
	return page, err
}

// Owners implements catalog.Store.
func (o objects) Owners(ctx context.Context, m ocpi.ModuleID, id string, reader ocpi.PartyID) ([]catalog.Key, error) {
	defer o.timed("catalog", "owners", o.now())
	return o.Store.Owners(ctx, m, id, reader)
}

// Contract implements catalog.Store.
func (o objects) Contract(ctx context.Context, contract string, reader ocpi.PartyID) ([]catalog.Object, error) {
	defer o.timed("catalog", "contract", o.now())
	return o.Store.Contract(ctx, contract, reader)
}

// Transit returns a transit whose operations are seen.
func (i *Instruments) Transit(t catalog.Transit) catalog.Transit { return transit{t, i} }

type transit struct {
	catalog.Transit
	*Instruments
}

// Announce implements catalog.Transit.
func (t transit) Announce(ctx context.Context, c catalog.Change) (catalog.Ticket, error) {
	defer t.timed("transit", "announce", t.now())
	return t.Transit.Announce(ctx, c)
}

// Settle implements catalog.Transit.
func (t transit) Settle(ctx context.Context, ticket catalog.Ticket, f catalog.Fate) (catalog.Outcome, error) {
	defer t.timed("transit", "settle", t.now())
	return t.Transit.Settle(ctx, ticket, f)
}

// Journal returns a message log whose writing is seen.
func (i *Instruments) Journal(l journal.Log) journal.Log { return messages{l, i} }

type messages struct {
	journal.Log
	*Instruments
}

// Append implements journal.Log.
func (m messages) Append(ctx context.Context, entries []journal.Entry) error {
	defer m.timed("journal", "append", m.now())
	err := m.Log.Append(ctx, entries)
	if err == nil {
		m.metrics.Journaled(len(entries))
	}
	return err
}

// Trails returns a trail store whose operations are seen.
func (i *Instruments) Trails(s trail.Store) trail.Store { return trails{s, i} }

type trails struct {
	trail.Store
	*Instruments
}

// Remember implements trail.Store.
func (t trails) Remember(ctx context.Context, tr trail.Trail) error {
	defer t.timed("trails", "remember", t.now())
	return t.Store.Remember(ctx, tr)
}

// Recall implements trail.Store.
func (t trails) Recall(ctx context.Context, kind trail.Kind, key string, at time.Time) (trail.Trail, error) {
	defer t.timed("trails", "recall", t.now())
	return t.Store.Recall(ctx, kind, key, at)
}

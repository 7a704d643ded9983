package front_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/hub/instrument"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// sink is a feed that keeps nothing.
type sink struct{ fanout.Feed }

func (sink) Publish(context.Context, fanout.Change) (uint64, error) { return 1, nil }

// accepting hands pushes to a feed.
type accepting struct{ fanout.Feed }

func (a accepting) Accept(ctx context.Context, c fanout.Change) error {
	_, err := a.Publish(ctx, c)
	return err
}

// listing is what a push to all asks the registry of parties.
type listing struct {
	routing.Registry
	dir *parties.Directory
}

func (l listing) Directory() *parties.Directory { return l.dir }

// nowhere takes spans and forgets them.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }

func (nowhere) Shutdown(context.Context) error { return nil }

// BenchmarkPush is a push to all from the door to the feed, with stores in
// memory and no network: all that tracing adds is seen. It is to be compared
// within one run.
func BenchmarkPush(b *testing.B) {
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(nowhere{}))
	b.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	never := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	b.Run("without", func(b *testing.B) { push(b, nil) })
	b.Run("nothing_exported", func(b *testing.B) { push(b, instruments(nil)) })
	b.Run("not_sampled", func(b *testing.B) { push(b, instruments(never.Tracer("bench"))) })
	b.Run("exported", func(b *testing.B) { push(b, instruments(provider.Tracer("bench"))) })
}

func instruments(t trace.Tracer) *instrument.Instruments {
	return instrument.New(t, telemetry.NewMetrics(), time.Now)
}

func push(b *testing.B, i *instrument.Instruments) {
	var store catalog.Store = catalog.NewMemory()
	var feed fanout.Feed = sink{}
	door := front.Options{
		Self:     routing.Self{Party: ocpi.NewPartyID("NL", "HUB"), PublicURL: "https://hub.example"},
		Versions: []ocpi.Version{ocpi.V221}, Registry: newRegistry(),
		Now: time.Now, Log: slog.New(slog.DiscardHandler), BodyBytes: 1 << 20, Rates: front.NewOwnRates(1e9, 1e9),
	}
	way := routing.Options{Self: door.Self, Registry: listing{dir: door.Registry.Directory()}, Now: time.Now}
	if i != nil {
		store, feed = i.Catalog(store), i.Feed(feed)
		door.Watcher = i
		way.Observe = func(ctx context.Context, r routing.Record) { i.Decided(ctx, r); _ = instrument.TraceID(ctx) }
	}
	way.Catalog, way.Feed = store, accepting{feed}
	door.Router = routing.New(way)
	f := front.New(door)
	body := `{"country_code":"DE","party_id":"ABC","id":"T1","currency":"EUR","elements":[{"price_components":` +
		`[{"type":"ENERGY","price":0.25,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPut, "/ocpi/2.2.1/receiver/tariffs/DE/ABC/T1", strings.NewReader(body))
		r.Header = http.Header{
			"Authorization":        {ocpi.FormatAuthorization("token-c", ocpi.TokenBase64)},
			"Ocpi-To-Country-Code": {"NL"}, "Ocpi-To-Party-Id": {"HUB"}, "Ocpi-From-Country-Code": {"DE"}, "Ocpi-From-Party-Id": {"ABC"},
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"status_code":1000`) {
			b.Fatalf("HTTP %d %s", w.Code, w.Body)
		}
	}
}

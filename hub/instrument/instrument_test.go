package instrument_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/ocpihub/ocpihub/hub/front"
	"github.com/ocpihub/ocpihub/hub/instrument"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/memfeed"
	"github.com/ocpihub/ocpihub/routing/pull"
)

const (
	given  = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
)

// recorded are instruments, and the spans that have ended.
func recorded(o ...sdktrace.TracerProviderOption) (*instrument.Instruments, *tracetest.SpanRecorder) {
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(append(o, sdktrace.WithSpanProcessor(spans))...)
	return instrument.New(provider.Tracer("test"), telemetry.NewMetrics(), time.Now), spans
}

// unrecorded are instruments of a hub that exports nothing.
func unrecorded() *instrument.Instruments {
	return instrument.New(nil, telemetry.NewMetrics(), time.Now)
}

// named returns the one span of a name.
func named(t *testing.T, spans *tracetest.SpanRecorder, name string) sdktrace.ReadOnlySpan {
	t.Helper()
	for _, s := range spans.Ended() {
		if s.Name() == name {
			return s
		}
	}
	t.Fatalf("there is no span %q", name)
	return nil
}

func request(h http.Header) *http.Request {
	r := httptest.NewRequest(http.MethodPut, "/ocpi/2.2.1/receiver/tokens/NL/TNM/SECRET", http.NoBody)
	r.Header = h
	return r
}

func TestARequestGoesOnWithTheTraceOfItsSenderOrBeginsOne(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		goesOn bool
		state  string
	}{
		"none":                       {http.Header{}, false, ""},
		"a good one":                 {http.Header{"Traceparent": {given}, "Tracestate": {"a=1", "b=2"}}, true, "a=1,b=2"},
		"of a later version":         {http.Header{"Traceparent": {"cc-" + given[3:] + "-more"}}, true, ""},
		"two of them":                {http.Header{"Traceparent": {given, given}}, false, ""},
		"too short":                  {http.Header{"Traceparent": {given[:54]}}, false, ""},
		"capitals":                   {http.Header{"Traceparent": {strings.ToUpper(given)}}, false, ""},
		"zeroes":                     {http.Header{"Traceparent": {"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}}, false, ""},
		"no version":                 {http.Header{"Traceparent": {"ff" + given[2:]}}, false, ""},
		"a state that is no state":   {http.Header{"Traceparent": {given}, "Tracestate": {"=;"}}, true, ""},
		"a state that is too large":  {http.Header{"Traceparent": {given}, "Tracestate": {"a=" + strings.Repeat("x", 250), "b=" + strings.Repeat("x", 256), "c=1"}}, true, ""},
		"a state without its parent": {http.Header{"Tracestate": {"a=1"}}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			i, spans := recorded()
			off, _ := unrecorded().Begin(request(c.header))
			ctx, end := i.Begin(request(c.header))
			end(front.End{HTTPStatus: 200})
			span := spans.Ended()[0]
			for which, id := range map[string]string{"recorded": instrument.TraceID(ctx), "unrecorded": instrument.TraceID(off)} {
				if len(id) != 32 || (id == theirs) != c.goesOn {
					t.Errorf("%s, the trace is %q", which, id)
				}
			}
			if span.Parent().IsValid() != c.goesOn || span.SpanContext().TraceState().String() != c.state {
				t.Errorf("the parent is %v, the state %q", span.Parent(), span.SpanContext().TraceState())
			}
		})
	}
}

func TestTheSpanOfARequestTellsItsRouteAndItsEnd(t *testing.T) {
	i, spans := recorded()
	ctx, end := i.Begin(request(http.Header{}))
	i.Decided(ctx, routing.Record{
		Module: ocpi.Tokens, Way: routing.Broadcast, Reason: routing.ByContent, OCPIStatus: 1000, Object: "NL/TNM/***",
		From: routing.Speaker{Party: ocpi.NewPartyID("NL", "TNM"), Role: ocpi.EMSP},
	})
	end(front.End{Route: "/ocpi/2.2.1/receiver/tokens/{path...}", HTTPStatus: 200, Platform: "p-1", CorrelationID: "c"})
	told := attributes(named(t, spans, "PUT /ocpi/2.2.1/receiver/tokens/{path...}"))
	for key, want := range map[string]string{
		"http.response.status_code": "200", "ocpi.route": "broadcast", "ocpi.from": "NL*TNM", "ocpi.status_code": "1000",
		"ocpi.platform_id": "p-1", "ocpi.object": "NL/TNM/***", "ocpi.correlation_id": "c",
	} {
		if told[key] != want {
			t.Errorf("%s is %q, want %q", key, told[key], want)
		}
	}
}

func TestARefusalIsNamedByAClosedSet(t *testing.T) {
	i, spans := recorded()
	r := request(http.Header{})
	r.Method = "EVIL"
	_, end := i.Begin(r)
	end(front.End{HTTPStatus: 401, Refused: true, Fault: fault.Unauthorized})
	if told := attributes(named(t, spans, "_OTHER")); told["error.type"] != "unauthorized" {
		t.Errorf("it tells %v", told)
	}
}

// line is a Caller that notes the last call and answers as it is told.
type line struct {
	last  peer.Call
	reply peer.Reply
	err   error
}

func (l *line) Do(_ context.Context, c peer.Call) (peer.Reply, error) {
	l.last = c
	return l.reply, l.err
}

func (l *line) Guard() peer.Guard { return peer.Guard{} }

var secretCall = peer.Call{
	Method: "PUT", URL: "https://user:pass@emsp.example:8443/ocpi/tokens/SECRET?uid=SECRET", Authorization: "Token SECRET",
	Body: []byte("SECRET"), Module: ocpi.Tokens, Platform: "p-1",
}

func TestACallCarriesItsOwnSpanAndTellsNoURL(t *testing.T) {
	i, spans := recorded()
	l := &line{reply: peer.Reply{Status: 200}}
	ctx, end := i.Begin(request(http.Header{"Traceparent": {given}, "Tracestate": {"a=1"}}))
	if _, err := i.Caller(l).Do(ctx, secretCall); err != nil {
		t.Fatal(err)
	}
	end(front.End{})
	span := named(t, spans, "PUT tokens")
	if want := "00-" + theirs + "-" + span.SpanContext().SpanID().String() + "-01"; l.last.Traceparent != want {
		t.Errorf("it carries %q, want %q", l.last.Traceparent, want)
	}
	told := attributes(span)
	if told["server.address"] != "emsp.example" || told["server.port"] != "8443" {
		t.Errorf("it tells %v", told)
	}
	for key, value := range told {
		if strings.Contains(value, "SECRET") || strings.Contains(value, "pass") {
			t.Errorf("%s tells %q", key, value)
		}
	}
}

func TestNobodyIsToldNotToRecord(t *testing.T) {
	i, _ := recorded(sdktrace.WithSampler(sdktrace.NeverSample()))
	for name, c := range map[string]struct {
		i      *instrument.Instruments
		header http.Header
		want   string
	}{
		"the hub does not sample":                      {i, http.Header{}, ""},
		"the hub records nothing":                      {unrecorded(), http.Header{}, ""},
		"nor does the sender":                          {unrecorded(), http.Header{"Traceparent": {given[:54] + "0"}}, ""},
		"the hub records nothing, but the sender does": {unrecorded(), http.Header{"Traceparent": {given}}, given},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{}
			ctx, end := c.i.Begin(request(c.header))
			_, _ = c.i.Caller(l).Do(ctx, secretCall)
			end(front.End{})
			if l.last.Traceparent != c.want {
				t.Errorf("a call carries %q, want %q", l.last.Traceparent, c.want)
			}
		})
	}
}

func TestAFailedCallIsAnErrorWithoutItsText(t *testing.T) {
	i, spans := recorded()
	l := &line{err: fault.Wrap(fault.Timeout, errors.New("https://emsp.example/SECRET"), "SECRET")}
	_, _ = i.Caller(l).Do(t.Context(), secretCall)
	span := named(t, spans, "PUT tokens")
	if told := attributes(span); told["error.type"] != "timeout" || span.Status().Description != "timeout" || len(span.Events()) > 0 {
		t.Errorf("it tells %v, %v, %v", told, span.Status(), span.Events())
	}
}

// change is a push in the stream.
var change = fanout.Change{
	Key: catalog.Key{Module: ocpi.Tokens, Owner: ocpi.NewPartyID("NL", "TNM"), ID: "SECRET"}, Method: "PUT", Path: "NL/TNM/SECRET", Body: []byte("SECRET"),
}

// published returns the change as it stands in the stream.
func published(t *testing.T, ctx context.Context, i *instrument.Instruments) fanout.Change {
	t.Helper()
	f := memfeed.New(time.Now)
	if _, err := i.Feed(f).Publish(ctx, change); err != nil {
		t.Fatal(err)
	}
	var out fanout.Change
	enough := errors.New("enough")
	if err := f.Read(ctx, 0, func(r fanout.Record) error { out = r.Change; return enough }); !errors.Is(err, enough) {
		t.Fatal(err)
	}
	return out
}

// receiver is a Courier that notes the trace in which it is called.
type receiver struct{ trace string }

func (r *receiver) Deliver(ctx context.Context, _ fanout.Delivery) (fanout.Answer, error) {
	r.trace = instrument.TraceID(ctx)
	return fanout.Answer{HTTPStatus: 200, Status: 1000}, nil
}

func TestADeliveryGoesOnWithTheTraceOfItsChange(t *testing.T) {
	on, spans := recorded()
	for name, i := range map[string]*instrument.Instruments{"recorded": on, "unrecorded": unrecorded()} {
		t.Run(name, func(t *testing.T) {
			ctx, end := i.Begin(request(http.Header{"Traceparent": {given}}))
			c := published(t, ctx, i)
			end(front.End{})
			c.Joined = []string{strings.Replace(given, "4bf9", "aaaa", 1), "nonsense"}
			r := &receiver{}
			answer, err := i.Courier(r).Deliver(t.Context(), fanout.Delivery{Platform: "p-2", Change: c, Attempt: 1})
			if err != nil || answer.TraceID != theirs || r.trace != theirs {
				t.Errorf("it is in trace %q, called in %q, %v", answer.TraceID, r.trace, err)
			}
		})
	}
	span := named(t, spans, "deliver tokens")
	if links := span.Links(); len(links) != 1 || !strings.HasPrefix(links[0].SpanContext.TraceID().String(), "aaaa") {
		t.Errorf("the links are %v", links)
	}
	if span.Parent().SpanID() != named(t, spans, "publish OCPI_FEED").SpanContext().SpanID() {
		t.Error("its parent is another one than the publishing")
	}
	for _, s := range spans.Ended() {
		for key, value := range attributes(s) {
			if strings.Contains(value, "SECRET") {
				t.Errorf("%s: %s tells %q", s.Name(), key, value)
			}
		}
	}
}

func TestWhatIsPulledBeginsTracesOfItsOwn(t *testing.T) {
	i, spans := recorded()
	store := i.Catalog(catalog.NewMemory())
	ctx, end := i.Pulling(t.Context(), "p-1", pull.List{Module: ocpi.Tokens, Party: ocpi.NewPartyID("NL", "TNM")})
	first, second := published(t, ctx, i), published(t, ctx, i)
	_, err := store.Apply(ctx, catalog.Change{Key: change.Key, Op: catalog.Put, Body: []byte(`{}`), At: time.Now()})
	end(pull.ListReport{Fetched: 2})
	if err != nil || first.Traceparent[:35] == second.Traceparent[:35] || strings.Contains(first.Traceparent, instrument.TraceID(ctx)) {
		t.Errorf("the traces are %q and %q, that of the list %q, %v", first.Traceparent, second.Traceparent, instrument.TraceID(ctx), err)
	}
	if links := named(t, spans, "publish OCPI_FEED").Links(); len(links) != 1 || links[0].SpanContext.TraceID().String() != instrument.TraceID(ctx) {
		t.Errorf("the links are %v", links)
	}
	if n := len(spans.Ended()); n != 3 {
		t.Errorf("there are %d spans: one for each object of a list is too many", n)
	}
}

func TestAResultIsLinkedWithItsCommandBothWays(t *testing.T) {
	i, spans := recorded()
	ctx, end := i.Begin(request(http.Header{}))
	resumed, over := i.Resume(ctx, given)
	over()
	end(front.End{Route: "/ocpi/2.2.1/callbacks/{key}"})
	if instrument.TraceID(resumed) != theirs {
		t.Errorf("it goes on in %q", instrument.TraceID(resumed))
	}
	request, result := named(t, spans, "PUT /ocpi/2.2.1/callbacks/{key}"), named(t, spans, "result")
	if len(request.Links()) != 1 || request.Links()[0].SpanContext.TraceID().String() != theirs ||
		len(result.Links()) != 1 || !result.Links()[0].SpanContext.Equal(request.SpanContext()) {
		t.Errorf("the links are %v and %v", request.Links(), result.Links())
	}
	for _, wrong := range []string{"", "nonsense"} {
		if same, over := i.Resume(ctx, wrong); same != ctx {
			over()
			t.Errorf("%q leads to another trace", wrong)
		}
	}
}

func attributes(s sdktrace.ReadOnlySpan) map[string]string {
	out := map[string]string{}
	for _, a := range s.Attributes() {
		out[string(a.Key)] = a.Value.String()
	}
	for _, e := range s.Events() {
		for _, a := range e.Attributes {
			out[e.Name+" "+string(a.Key)] = a.Value.String()
		}
	}
	return out
}

// FuzzTraceparent: whatever a party sends, a message has a trace, and what is
// kept of it can be read again.
func FuzzTraceparent(f *testing.F) {
	f.Add(given, "a=1")
	f.Add("00-"+theirs+"-00f067aa0ba902b7-ff", "")
	f.Add("01-"+theirs+"-00f067aa0ba902b7-01-x", "a@b=1,,c=2")
	f.Add(strings.Repeat("-", 55), strings.Repeat("a=1,", 200))
	i := unrecorded()
	f.Fuzz(func(t *testing.T, parent, state string) {
		ctx, end := i.Begin(request(http.Header{"Traceparent": {parent}, "Tracestate": {state}}))
		defer end(front.End{})
		kept := i.Traceparent(ctx)
		if len(kept) != len(given) || !trace.SpanContextFromContext(ctx).IsValid() {
			t.Fatalf("%q is kept as %q", parent, kept)
		}
		resumed, over := i.Resume(context.Background(), kept)
		defer over()
		if i.Traceparent(resumed) != kept || len(trace.SpanContextFromContext(ctx).TraceState().String()) > 512 {
			t.Fatalf("%q was kept and read as %q", kept, i.Traceparent(resumed))
		}
	})
}

package admin

import (
	"context"
	"encoding/hex"
	"strings"

	"google.golang.org/grpc"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// How many records a list holds: a message of gRPC has 4 MiB at most.
const (
	usualRecords        = 100
	conversationRecords = 1000
	mostRecords         = 4000
	mostBodies          = 2 << 20 // bytes of bodies
)

// traffic is the Traffic service.
type traffic struct {
	adminv1.UnimplementedTrafficServer
	source Traffic
}

// List shows the message log, the newest records first.
func (s *traffic) List(ctx context.Context, req *adminv1.TrafficListRequest) (*adminv1.TrafficListResponse, error) {
	q, err := readFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	if q.Bodies = req.GetBodies(); q.Bodies && q.CorrelationID == "" {
		return nil, fault.New(fault.Invalid, "bodies: they are shown of one conversation, give its correlation_id")
	}
	switch q.Limit = int(req.GetLimit()); {
	case q.Limit < 0 || q.Limit > mostRecords:
		return nil, fault.New(fault.Invalid, "limit: want 1 to %d, got %d", mostRecords, q.Limit)
	case q.Limit == 0 && q.CorrelationID != "":
		q.Limit = conversationRecords
	case q.Limit == 0:
		q.Limit = usualRecords
	}
	entries, err := s.source.List(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &adminv1.TrafficListResponse{}
	room := mostBodies
	for i := range entries {
		r := record(&entries[i])
		r.RequestBody, r.AnswerBody = body(entries[i].Request, &room), body(entries[i].Answer, &room)
		out.Records = append(out.Records, r)
	}
	return out, nil
}

// body shows a body as long as there is room for it; nil when there was none.
func body(b journal.Body, room *int) *adminv1.TrafficBody {
	if b.Bytes == 0 {
		return nil
	}
	out := &adminv1.TrafficBody{Bytes: int64(b.Bytes), Cut: b.Cut}
	if *room >= len(b.JSON) {
		*room -= len(b.JSON)
		out.Json = string(b.JSON)
	}
	return out
}

// Follow sends records as they come.
func (s *traffic) Follow(req *adminv1.TrafficFollowRequest, to grpc.ServerStreamingServer[adminv1.TrafficRecord]) error {
	q, err := readFilter(req.GetFilter())
	if err != nil {
		return err
	}
	return s.source.Follow(to.Context(), q, func(e journal.Entry) error { return to.Send(record(&e)) })
}

func readFilter(f *adminv1.TrafficFilter) (q journal.Query, err error) {
	if f.GetParty() != "" {
		if q.Party, err = ocpi.ParsePartyID(f.GetParty()); err != nil {
			return q, fault.New(fault.Invalid, "party: %v", err)
		}
	}
	if f.GetSince() != nil {
		q.Since = f.GetSince().AsTime()
	}
	q.CorrelationID, q.Status = f.GetCorrelationId(), int(f.GetStatus())
	if q.TraceID, err = readTraceID(f.GetTraceId()); err != nil {
		return q, err
	}
	q.Module = ocpi.ModuleID(strings.ToLower(f.GetModule()))
	return q, nil
}

// traceIDDigits is the length of a trace id.
const traceIDDigits = 32

func readTraceID(s string) (string, error) {
	_, err := hex.DecodeString(s)
	if s != "" && (err != nil || len(s) != traceIDDigits) {
		return "", fault.New(fault.Invalid, "trace_id: want %d hexadecimal digits, the second part of a traceparent", traceIDDigits)
	}
	return strings.ToLower(s), nil
}

func record(e *journal.Entry) *adminv1.TrafficRecord {
	return &adminv1.TrafficRecord{
		Time: timestamp(e.Time), CorrelationId: e.CorrelationID, RequestId: e.RequestID,
		From: written(e.From), To: written(e.To), Module: string(e.Module), Method: e.Method, Route: e.Route,
		HttpStatus: int32(e.HTTPStatus), OcpiStatus: int32(e.OCPIStatus), //nolint:gosec // status codes have four digits at most
		DurationMs: e.Duration.Milliseconds(), Attempt: int32(e.Attempt), //nolint:gosec // nobody tries so often
		Reason: e.Reason, FromPlatform: e.FromPlatform, ToPlatform: e.ToPlatform, Object: e.Object,
		CommandCorrelationId: e.Command, AuthorizationReference: e.Reference, TraceId: e.TraceID, LeftOut: int64(e.LeftOut), Covers: e.Covers,
		Translations: translations(e.Bridged),
	}
}

func translations(all []journal.Bridged) (out []*adminv1.TrafficTranslation) {
	for _, b := range all {
		t := &adminv1.TrafficTranslation{
			Object: string(b.Class), FromVersion: string(b.From), ToVersion: string(b.To), More: int64(b.More), Withheld: string(b.Withheld),
		}
		if b.Withheld != "" {
			t.WithheldWhy = b.Withheld.Why()
		}
		for _, f := range b.Findings {
			t.Findings = append(t.Findings, &adminv1.TrafficFinding{
				Kind: string(f.Reason.Kind()), Reason: string(f.Reason), Why: f.Reason.Why(), Pointer: f.Pointer, Times: int64(f.Times),
			})
		}
		out = append(out, t)
	}
	return out
}

// written is a party as CC*PID; empty when there is none.
func written(p ocpi.PartyID) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

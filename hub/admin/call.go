package admin

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ocpihub/ocpihub/hub/admin/access"
)

// call is what is noted of a call while it passes: the clerk lays it down, the
// guard fills in who calls.
type call struct {
	method string
	caller access.Caller
	asked  []slog.Attr // what it is about
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf returns what is noted of the call; never nil.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// objects are the fields of requests that name what a call is about. Only these
// go to the log: others may hold secrets.
func objects() []protoreflect.Name {
	return []protoreflect.Name{"platform_id", "agreement_id", "alert_id", "name", "role", "party", "cpo", "emsp", "module"}
}

// note takes down what a request is about: of a stream, its first one.
func (c *call) note(req any) {
	if m, ok := req.(proto.Message); ok && c.asked == nil {
		c.asked = asked(m.ProtoReflect())
	}
}

// asked collects the objects of a request, and whether it is only a trial.
func asked(m protoreflect.Message) (attrs []slog.Attr) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Name() == "dry_run":
			attrs = append(attrs, slog.Bool("dry_run", v.Bool()))
		case f.Name() == "order" && f.Message() != nil:
			attrs = append(attrs, asked(v.Message())...)
		case slices.Contains(objects(), f.Name()) && f.Kind() == protoreflect.StringKind && !f.IsList():
			attrs = append(attrs, slog.String(string(f.Name()), v.String()))
		}
		return true
	})
	slices.SortFunc(attrs, func(a, b slog.Attr) int { return cmp.Compare(a.Key, b.Key) })
	return attrs
}

// within is a stream whose context carries the call.
type within struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // gRPC hands the context of a stream out by Context
}

// Context carries the call.
func (w *within) Context() context.Context { return w.ctx }

package admin

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// clerk stands around every call: it turns a panic into a fault, faults into
// gRPC status, and writes one record to the log: "admin change" for a call that
// changes something, also when it was refused or only tried, "admin call" for
// others.
type clerk struct {
	log    *slog.Logger
	now    func() time.Time
	duties duties
}

func (c *clerk) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	one := &call{method: info.FullMethod}
	one.note(req)
	err = c.attend(withCall(ctx, one), func(ctx context.Context) error {
		var err error
		resp, err = next(ctx, req)
		return err
	})
	return resp, err
}

func (c *clerk) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx := withCall(s.Context(), &call{method: info.FullMethod})
	return c.attend(ctx, func(ctx context.Context) error { return next(srv, &within{s, ctx}) })
}

func (c *clerk) attend(ctx context.Context, do func(context.Context) error) error {
	start := c.now()
	err := recovering(func() error { return do(ctx) })
	answer := status.Convert(answerTo(ctx, err))
	c.record(ctx, answer, c.now().Sub(start), err)
	return answer.Err()
}

// answerTo lets the end of the caller's patience stand for whatever failed
// because of it.
func answerTo(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return toStatus(ctx.Err())
	}
	return toStatus(err)
}

// record keeps probes out of the log at the usual level; the operator's changes
// belong there.
func (c *clerk) record(ctx context.Context, answer *status.Status, took time.Duration, err error) {
	one := callOf(ctx)
	level, message := slog.LevelInfo, "admin call"
	if open(one.method) {
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("by", one.caller.Name),
		slog.String("role", string(one.caller.Role)),
		slog.String("method", one.method),
		slog.String("code", answer.Code().String()),
		slog.Duration("took", took),
	}
	if c.duties.of(one.method).changes && !open(one.method) {
		message = "admin change"
		attrs = append(attrs, slog.GroupAttrs("on", one.asked...))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
		if fault.KindOf(err) == fault.Internal {
			level = slog.LevelError
		}
	}
	c.log.LogAttrs(ctx, level, message, attrs...) //nolint:sloglint // the message is one of two
}

func recovering(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fault.Internal, fmt.Errorf("%v\n%s", p, debug.Stack()), "panic")
		}
	}()
	return call()
}

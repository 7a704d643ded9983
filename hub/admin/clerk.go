package admin

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// clerk stands around every call: it turns a panic into a fault, faults into
// gRPC status, and writes one line to the log.
type clerk struct {
	log *slog.Logger
	now func() time.Time
}

func (c *clerk) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	err = c.attend(ctx, info.FullMethod, func() error {
		var err error
		resp, err = next(ctx, req)
		return err
	})
	return resp, err
}

func (c *clerk) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	return c.attend(s.Context(), info.FullMethod, func() error { return next(srv, s) })
}

func (c *clerk) attend(ctx context.Context, method string, call func() error) error {
	start := c.now()
	err := recovering(call)
	answer := status.Convert(answerTo(ctx, err))
	c.record(ctx, method, answer, c.now().Sub(start), err)
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
func (c *clerk) record(ctx context.Context, method string, answer *status.Status, took time.Duration, err error) {
	level := slog.LevelInfo
	if strings.HasPrefix(method, "/"+healthv1.Health_ServiceDesc.ServiceName+"/") {
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("method", method),
		slog.String("code", answer.Code().String()),
		slog.Duration("took", took),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
		if fault.KindOf(err) == fault.Internal {
			level = slog.LevelError
		}
	}
	c.log.LogAttrs(ctx, level, "admin call", attrs...)
}

func recovering(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fault.Internal, fmt.Errorf("%v\n%s", p, debug.Stack()), "panic")
		}
	}()
	return call()
}

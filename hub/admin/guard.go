package admin

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/fault"
)

// guard lets only those in who show a token whose role covers what they ask
// for.
type guard struct {
	gate   Gatekeeper
	duties duties
}

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if !open(info.FullMethod) {
		if _, err := g.admit(ctx, info.FullMethod); err != nil {
			return nil, err
		}
	}
	return next(ctx, req)
}

// stream lets a call last as long as the token that opened it.
func (g *guard) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if open(info.FullMethod) {
		return next(srv, s)
	}
	caller, err := g.admit(s.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	ctx, leave := g.gate.Attend(s.Context(), caller)
	defer leave()
	err = next(srv, &attended{ServerStream: s, ctx: ctx})
	if why := context.Cause(ctx); fault.Is(why, fault.Unauthorized) {
		return why
	}
	return err
}

// admit notes down who calls, for the log and for the history of what is
// changed.
func (g *guard) admit(ctx context.Context, method string) (access.Caller, error) {
	caller, err := g.identify(metadata.ValueFromIncomingContext(ctx, "authorization"))
	if err != nil {
		return caller, err
	}
	callOf(ctx).caller = caller
	return caller, permit(caller, g.duties.of(method).needs)
}

func (g *guard) identify(headers []string) (access.Caller, error) {
	if len(headers) != 1 {
		return access.Caller{}, fault.New(fault.Unauthorized, "send the admin token once, as \"authorization: Bearer <token>\"")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return access.Caller{}, fault.New(fault.Unauthorized, "the authorization must read \"Bearer <token>\"")
	}
	return g.gate.Authenticate(strings.TrimSpace(token))
}

func permit(c access.Caller, need access.Role) error {
	if c.Role.Covers(need) {
		return nil
	}
	return fault.New(fault.Forbidden, "this needs the role %s, the token %q has the role %s", need, c.Name, c.Role)
}

// page guards what is asked over plain HTTP in the same way.
func (g *guard) page(need access.Role, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, err := g.identify(r.Header.Values("Authorization"))
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="ocpi-hub"`)
			writeJSON(w, http.StatusUnauthorized, map[string]string{"error": err.Error()})
			return
		}
		if err := permit(caller, need); err != nil {
			writeJSON(w, http.StatusForbidden, map[string]string{"error": err.Error()})
			return
		}
		next(w, r)
	}
}

// attended is a stream that ends with the token that opened it.
type attended struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // gRPC hands the context of a stream out by Context
}

// Context ends with the call or its token.
func (a *attended) Context() context.Context { return a.ctx }

// SendMsg sends nothing once the token is gone.
func (a *attended) SendMsg(m any) error {
	if a.ctx.Err() != nil {
		return context.Cause(a.ctx)
	}
	return a.ServerStream.SendMsg(m)
}

// RecvMsg waits no longer than the token holds, and takes down what the call is
// about. What still waits below when the token is gone ends with the call; m is
// not read then.
func (a *attended) RecvMsg(m any) error {
	got := make(chan error, 1)
	go func() { got <- a.ServerStream.RecvMsg(m) }()
	select {
	case err := <-got:
		if err == nil {
			callOf(a.ctx).note(m)
		}
		return err
	case <-a.ctx.Done():
		return context.Cause(a.ctx)
	}
}

package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// guard lets only those in who show the token. It compares digests in constant
// time, so that an answer tells neither content nor length of the token.
type guard struct{ token [sha256.Size]byte }

func digest(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := g.admit(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

func (g *guard) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if err := g.admit(s.Context(), info.FullMethod); err != nil {
		return err
	}
	return next(srv, s)
}

func (g *guard) admit(ctx context.Context, method string) error {
	if strings.HasPrefix(method, "/"+healthv1.Health_ServiceDesc.ServiceName+"/") {
		return nil
	}
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) != 1 {
		return fault.New(fault.Unauthorized, "send the admin token as metadata \"authorization: Bearer <token>\"")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	got := digest(strings.TrimSpace(token))
	if subtle.ConstantTimeCompare(got[:], g.token[:]) != 1 || !strings.EqualFold(scheme, "Bearer") {
		return fault.New(fault.Unauthorized, "the admin token is not the one of this hub")
	}
	return nil
}

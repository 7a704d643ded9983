package admin_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func TestOnlyTheAdminTokenOpensTheAPI(t *testing.T) {
	platforms := adminv1.NewPlatformsClient(open(t).dial(t))
	for _, tt := range []struct {
		name   string
		header []string
		want   codes.Code
	}{
		{"no header", nil, codes.Unauthenticated},
		{"another token", []string{"Bearer the-admin-tokem"}, codes.Unauthenticated},
		{"a longer token", []string{"Bearer the-admin-token2"}, codes.Unauthenticated},
		{"an empty token", []string{"Bearer "}, codes.Unauthenticated},
		{"another scheme", []string{"Token the-admin-token"}, codes.Unauthenticated},
		{"no scheme", []string{"the-admin-token"}, codes.Unauthenticated},
		{"two headers", []string{"Bearer the-admin-token", "Bearer x"}, codes.Unauthenticated},
		{"the token", []string{"Bearer the-admin-token"}, codes.OK},
		{"the token, scheme in small letters", []string{"bearer the-admin-token"}, codes.OK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := metadata.NewOutgoingContext(t.Context(), metadata.MD{"authorization": tt.header})
			_, err := platforms.List(ctx, &adminv1.PlatformsListRequest{})
			if got := status.Code(err); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHealthNeedsNoToken(t *testing.T) {
	s := open(t)
	health := healthv1.NewHealthClient(s.dial(t))
	for _, service := range []string{"", "ocpihub.admin.v1.Platforms"} {
		resp, err := health.Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil || resp.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("%q: got %s, %v", service, resp.GetStatus(), err)
		}
	}
	s.down["stream"] = true
	resp, err := health.Check(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil || resp.GetStatus() != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("with the stream down: got %s, %v", resp.GetStatus(), err)
	}
	_, err = health.Check(t.Context(), &healthv1.HealthCheckRequest{Service: "nonsense"})
	if got := status.Code(err); got != codes.NotFound {
		t.Errorf("unknown service: got %s", got)
	}
}

func TestReflectionNeedsTheToken(t *testing.T) {
	reflection := reflectionv1.NewServerReflectionClient(open(t).dial(t))
	if _, err := services(t.Context(), reflection); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without token: got %v", err)
	}
	got, err := services(asOperator(t), reflection)
	if err != nil || len(got) < 6 {
		t.Errorf("with the token: got services %v, %v", got, err)
	}
}

func services(ctx context.Context, c reflectionv1.ServerReflectionClient) ([]*reflectionv1.ServiceResponse, error) {
	stream, err := c.ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
	})
	// A refusal that is here before the question goes out makes Send say EOF; its reason is Recv's to tell.
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	resp, err := stream.Recv()
	return resp.GetListServicesResponse().GetService(), err
}

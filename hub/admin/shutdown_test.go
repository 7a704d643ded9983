package admin_test

import (
	"context"
	"testing"
	"time"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func TestAnIdleOperatorDoesNotHoldUpTheStop(t *testing.T) {
	s := open(t)
	if _, err := adminv1.NewPlatformsClient(s.dial(t)).List(asOperator(t), &adminv1.PlatformsListRequest{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

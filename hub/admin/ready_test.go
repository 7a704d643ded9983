package admin

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/health"
)

func TestADependencyThatHangsIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &readiness{health: health.NewServer(), checks: []Check{
			{Name: "registry", Ping: func(context.Context) error { return nil }},
			{Name: "stream", Ping: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			{Name: "catalog", Ping: func(context.Context) error { return errors.New("closed") }},
		}}
		states, ready := r.ask(t.Context())
		want := map[string]string{"registry": "ok", "stream": "down", "catalog": "down"}
		if diff := cmp.Diff(want, states); diff != "" || ready {
			t.Errorf("ready %v: %s", ready, diff)
		}
	})
}

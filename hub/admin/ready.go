package admin

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// checkTimeout bounds each check, so that a dependency that hangs counts as
// down and a probe is answered within the second that probes usually wait.
const checkTimeout = 800 * time.Millisecond

// The states of a dependency.
const (
	up   = "ok"
	down = "down"
)

// readiness asks the dependencies and tells gRPC health what came out.
type readiness struct {
	checks []Check
	health *health.Server
	names  []string // gRPC services, "" for all
}

// serves takes the services whose health is that of the hub.
func (r *readiness) serves(services map[string]grpc.ServiceInfo) {
	r.names = []string{""}
	for name := range services {
		r.names = append(r.names, name)
	}
}

// ask runs all checks at once. Only the state is told, not the error: probes
// need no token.
func (r *readiness) ask(ctx context.Context) (states map[string]string, ready bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	results := make([]string, len(r.checks))
	var wg sync.WaitGroup
	for i, c := range r.checks {
		wg.Go(func() { results[i] = state(c.Ping(ctx)) })
	}
	wg.Wait()
	states, ready = make(map[string]string, len(r.checks)), true
	for i, c := range r.checks {
		states[c.Name] = results[i]
		ready = ready && results[i] == up
	}
	r.tell(ready)
	return states, ready
}

func state(err error) string {
	if err != nil {
		return down
	}
	return up
}

func (r *readiness) tell(ready bool) {
	serving := healthv1.HealthCheckResponse_NOT_SERVING
	if ready {
		serving = healthv1.HealthCheckResponse_SERVING
	}
	for _, name := range r.names {
		r.health.SetServingStatus(name, serving)
	}
}

// healthProbe is gRPC health that asks the dependencies at each Check. Watch tells
// what the last probe, of either kind, found.
type healthProbe struct {
	*health.Server
	ready *readiness
}

// Check asks the dependencies and answers for the service.
func (p *healthProbe) Check(ctx context.Context, req *healthv1.HealthCheckRequest) (*healthv1.HealthCheckResponse, error) {
	p.ready.ask(ctx)
	return p.Server.Check(ctx, req)
}

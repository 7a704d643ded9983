package hub

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/ocpihub/ocpihub/hub/front"
)

// LimitsConfig bounds what one request and one platform may ask, and what is
// under way at once.
type LimitsConfig struct {
	BodyBytes         ByteSize
	RequestsPerSecond float64 // of one platform, over all replicas
	Burst             int
	// The following are for each replica.
	Connections     int           // at the OCPI front-end
	Requests        int           // under way
	RequestsOf      int           // of one platform
	Bodies          ByteSize      // of requests under way
	CallsTo         int           // connections to one host of a platform
	BreakerFailures int           // in a row that stop calls to a platform; 0: never
	BreakerPause    time.Duration // for which they are stopped
}

func defaultLimits() LimitsConfig {
	return LimitsConfig{
		BodyBytes: 4 * MiB, RequestsPerSecond: 200, Burst: 400,
		Connections: 10_000, Requests: 4096, RequestsOf: 1024, Bodies: 256 * MiB, CallsTo: 512,
		BreakerFailures: 10, BreakerPause: time.Second,
	}
}

// room is what the front-end has for requests under way.
func (l *LimitsConfig) room() front.Room {
	return front.Room{Requests: l.Requests, OfPlatform: l.RequestsOf, Bodies: int64(l.Bodies)}
}

// bodiesRoom is how many of the largest bodies must fit: one platform may take
// up a quarter of them.
const bodiesRoom = 4

func (l *LimitsConfig) verify() error {
	var errs []error
	if l.BodyBytes < 1 || l.BodyBytes > GiB {
		errs = append(errs, fmt.Errorf("limits.body_bytes: want 1 to 1GiB, got %s", l.BodyBytes))
	} else if l.Bodies < bodiesRoom*l.BodyBytes {
		errs = append(errs, fmt.Errorf("limits.bodies: want at least %d times limits.body_bytes (%s), got %s", bodiesRoom, l.BodyBytes, l.Bodies))
	}
	if !(l.RequestsPerSecond > 0) || math.IsInf(l.RequestsPerSecond, 0) {
		errs = append(errs, fmt.Errorf("limits.requests_per_second: want more than 0, got %g", l.RequestsPerSecond))
	}
	if l.BreakerFailures < 0 {
		errs = append(errs, fmt.Errorf("limits.breaker_failures: want 0 or more, got %d", l.BreakerFailures))
	}
	if l.BreakerPause <= 0 || l.BreakerPause > time.Minute {
		errs = append(errs, fmt.Errorf("limits.breaker_pause: want more than 0s and at most 1m, got %s", l.BreakerPause))
	}
	return errors.Join(append(errs,
		verifyAtLeastOne("limits.burst", l.Burst),
		verifyAtLeastOne("limits.connections", l.Connections),
		verifyAtLeastOne("limits.requests", l.Requests),
		verifyAtLeastOne("limits.requests_of_platform", l.RequestsOf),
		verifyAtLeastOne("limits.calls_to_platform", l.CallsTo),
	)...)
}

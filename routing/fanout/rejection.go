package fanout

import (
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Rejection is a delivery that the receiver did not want.
type Rejection struct {
	Time time.Time
	To   ocpi.PartyID
	// Key names the object, but never a token: its uid is the driver's secret.
	Key           catalog.Key
	Method        string
	CorrelationID string
	Reason        Reason
	HTTPStatus    int
	Status        ocpi.StatusCode
}

// maxRejections bounds the rejections that are kept for a platform.
const maxRejections = 100

// Rejections returns the last rejections by a platform since the hub started,
// the newest last; at most 100 are kept.
func (e *Engine) Rejections(platform string) []Rejection {
	o := e.outlet(platform)
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.rejections)
}

func rejection(a Attempt, k catalog.Key, now time.Time) Rejection {
	if k.Module == ocpi.Tokens {
		k.ID = ""
	}
	return Rejection{
		Time: now, To: a.To, Key: k, Method: a.Method, CorrelationID: a.CorrelationID,
		Reason: a.Verdict.Reason, HTTPStatus: a.HTTPStatus, Status: a.Status,
	}
}

// keep notes a rejection.
func (o *outlet) keep(r Rejection) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rejections) == maxRejections {
		o.rejections = slices.Delete(o.rejections, 0, 1)
	}
	o.rejections = append(o.rejections, r)
}

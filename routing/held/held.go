// Package held keeps pushes that were acknowledged and wait for the operator's
// yes before they change anything.
package held

import (
	"time"

	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Entry is one push that waits.
type Entry struct {
	// ID counts up in the order in which pushes came; no entry has 0.
	ID uint64
	// Since is when it came.
	Since time.Time
	// Push is what goes out when it is released. Key.Owner is whose it is.
	Push fanout.Change
}

// Change is what the push does to the catalog when it is released at a time.
func (e *Entry) Change(at time.Time) catalog.Change {
	return catalog.Change{
		Key: e.Push.Key, Part: e.Push.Part, Op: catalog.Op(e.Push.Method),
		Version: e.Push.Version, Body: e.Push.Body, At: at,
	}
}

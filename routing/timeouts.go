package routing

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Timeouts bound how long a forwarded request may take (H-219).
type Timeouts struct {
	Default time.Duration
	// Modules holds those that differ from Default.
	Modules map[ocpi.ModuleID]time.Duration
}

// Of returns the bound for a module.
func (t Timeouts) Of(m ocpi.ModuleID) time.Duration {
	if own, ok := t.Modules[m]; ok {
		return own
	}
	return t.Default
}

// Longest returns the longest of the bounds.
func (t Timeouts) Longest() time.Duration {
	longest := t.Default
	for _, own := range t.Modules {
		longest = max(longest, own)
	}
	return longest
}

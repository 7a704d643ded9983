package routing

import (
	"errors"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// unavailable reports a store that failed.
func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the hub cannot store now: try again")
}

// recallFault tells a trail that is not there, or not this caller's, from a
// store that failed.
func recallFault(err error, complaint string) error {
	if err != nil && !errors.Is(err, trail.ErrUnknown) {
		return unavailable(err)
	}
	return fault.New(fault.NotFound, "%s", complaint)
}

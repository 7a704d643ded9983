package admin_test

import (
	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/parties"
)

// The registry of the hub is what this door stands on.
var _ admin.Registry = (*parties.Registry)(nil)

package catalog

import "github.com/ocpihub/ocpihub/ocpi"

// lastPublished is the module under which locations are kept as they were before
// their owners ceased to publish them.
const lastPublished ocpi.ModuleID = "locations.published"

// LastPublished names a location as it was when its owner published it last. What
// is kept there is read by this name alone: it is in no list, count or index, and
// none of the changes.
func (k Key) LastPublished() Key {
	k.Module = lastPublished
	return k
}

// Published says whether a location may be shown to all. One of 2.1.1 is by
// nature.
func (o Object) Published() bool {
	publish, _ := ocpi.Find(o.Body, "publish")
	return o.Version == ocpi.V211 || string(publish.Value) == "true"
}

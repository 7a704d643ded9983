package routing

import (
	"hash/maphash"
	"strings"
	"sync"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// lanes keep the changes of one object in single file between catalog and
// feed: two pushes of an object that overlap must enter the feed in the order
// in which the catalog took them, or a receiver would end with the older one.
type lanes [1024]sync.Mutex

var laneSeed = maphash.MakeSeed()

// enter waits for the lane of an object and returns what leaves it.
func (l *lanes) enter(k catalog.Key) (leave func()) {
	k.ID = strings.ToLower(k.ID) // ids are CiStrings
	lane := &l[maphash.Comparable(laneSeed, k)%uint64(len(l))]
	lane.Lock()
	return lane.Unlock
}

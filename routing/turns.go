package routing

import (
	"strings"
	"sync"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// turns keep an object that was read from a list from being sent to its party
// while the owner's own push of it is under way: it might be older, and a CDR
// would arrive twice. Pushes do not wait for each other. The zero turns are
// ready for use.
type turns struct {
	mu    sync.Mutex
	taken map[catalog.Key]*turn
}

type turn struct {
	sync.RWMutex
	users int
}

// beside waits for the one that is alone with the object, and returns what
// leaves it.
func (t *turns) beside(k catalog.Key) (leave func()) {
	k, held := t.hold(k)
	held.RLock()
	return func() { held.RUnlock(); t.drop(k, held) }
}

// alone waits for all others, and returns what leaves the object.
func (t *turns) alone(k catalog.Key) (leave func()) {
	k, held := t.hold(k)
	held.Lock()
	return func() { held.Unlock(); t.drop(k, held) }
}

func (t *turns) hold(k catalog.Key) (catalog.Key, *turn) {
	k.ID = strings.ToLower(k.ID) // ids are CiStrings
	t.mu.Lock()
	defer t.mu.Unlock()
	held := t.taken[k]
	if held == nil {
		held = &turn{}
		if t.taken == nil {
			t.taken = map[catalog.Key]*turn{}
		}
		t.taken[k] = held
	}
	held.users++
	return k, held
}

func (t *turns) drop(k catalog.Key, held *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if held.users--; held.users == 0 {
		delete(t.taken, k)
	}
}

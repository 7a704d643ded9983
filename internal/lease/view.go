package lease

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// view is what a replica knows of the bucket. What it says may be old: every write
// that follows from it is a compare-and-set on what was seen. Pure: no clock, no
// network; time is what has passed by a clock that nobody sets.
type view struct {
	complete bool          // it had all keys at one time
	since    time.Duration // when it was complete
	fresh    bool          // what is not there was never held
	members  map[string]seen[member]
	leases   map[string]seen[tenure]
}

// seen is a value and since when it is known.
type seen[T any] struct {
	value    T
	raw      []byte
	revision uint64
	at       time.Duration
}

func newView(fresh bool) *view {
	return &view{fresh: fresh, members: map[string]seen[member]{}, leases: map[string]seen[tenure]{}}
}

// apply takes an entry in. news says that it is more than the renewal of a session.
func (v *view) apply(e Entry, now time.Duration) (news bool) {
	if e.Key == "" {
		v.complete, v.since = true, now
		return true
	}
	if id, ok := strings.CutPrefix(e.Key, memberKey); ok {
		return put(v.members, id, e, now)
	}
	if name, ok := strings.CutPrefix(e.Key, leaseKey); ok {
		return put(v.leases, name, e, now)
	}
	return false
}

func put[T any](into map[string]seen[T], key string, e Entry, now time.Duration) (news bool) {
	old, there := into[key]
	if there && e.Revision <= old.revision {
		return false
	}
	next := seen[T]{raw: e.Value, revision: e.Revision, at: now}
	_ = json.Unmarshal(e.Value, &next.value) // what cannot be read says nothing: nobody lives, nobody holds
	into[key] = next
	return !there || !bytes.Equal(old.raw, e.Value)
}

// live says whether a replica has a session.
func (v *view) live(id string) bool { return v.members[id].value.Session > 0 }

// over says whether a session has surely ended: its replica has begun another, or
// was buried after the lease at this revision was written. That a session is not
// to be seen says nothing: news of it may still be on their way.
func (v *view) over(s sessionID, revision uint64) bool {
	id, n := s.split()
	m, ok := v.members[id]
	if !ok {
		return false
	}
	if m.value.Session == 0 {
		return m.revision > revision
	}
	return m.value.Session > n
}

// holder returns the live replica that holds a lease, or "".
func (v *view) holder(name string) string {
	t := v.leases[name]
	if t.value.Holder == "" || v.over(t.value.Holder, t.revision) {
		return ""
	}
	id, _ := t.value.Holder.split()
	return id
}

// turn says whether a replica may take a lease now by writing over the revision
// that is seen, or else how long that takes at least if nothing changes; 0 for
// ever. mine is how many of the group it holds or is about to.
func (v *view) turn(self, name string, mine int, now time.Duration) (take bool, wait time.Duration) {
	t, there := v.leases[name]
	vacant := t.at
	switch {
	case !v.complete || v.holder(name) != "":
		return false, 0
	case !there:
		if vacant = v.since; !v.fresh {
			vacant += silentFor
		}
	case t.value.Holder != "":
		id, _ := t.value.Holder.split()
		vacant = max(vacant, v.members[id].at)
	}
	if now < vacant {
		return false, vacant - now
	}
	heir := t.value.Heir
	switch {
	case heir == self, now >= vacant+heirFirst:
		return true, 0
	case heir != "" && v.live(heir), mine >= v.share(self, name):
		return false, vacant + heirFirst - now
	}
	return true, 0
}

// share is how many leases of the group of a name a replica should have at most.
func (v *view) share(self, name string) int {
	names, replicas := map[string]bool{name: true}, 1
	for id, m := range v.members {
		serves := false
		for _, n := range m.value.Serves {
			if group(n) == group(name) {
				names[n], serves = true, true
			}
		}
		if serves && id != self && !m.value.Leaving {
			replicas++
		}
	}
	return (len(names) + replicas - 1) / replicas
}

// counts is how many leases of a group each replica has that could have more: also
// those that were left to it.
func (v *view) counts(g string) map[string]int {
	out := map[string]int{}
	for id, m := range v.members {
		if m.value.Session > 0 && !m.value.Leaving && slices.ContainsFunc(m.value.Serves, func(n string) bool { return group(n) == g }) {
			out[id] = 0
		}
	}
	for name, t := range v.leases {
		if group(name) != g {
			continue
		}
		to := v.holder(name)
		if t.value.Holder == "" {
			to = t.value.Heir
		}
		if _, ok := out[to]; ok {
			out[to]++
		}
	}
	return out
}

// heir is the replica that should have a lease which self gives back: of those
// that serve it the one with the fewest, or "".
func (v *view) heir(self, name string, counts map[string]int) (heir string, has int) {
	for id, n := range counts {
		if id == self || !slices.Contains(v.members[id].value.Serves, name) {
			continue
		}
		if heir == "" || n < has || n == has && id < heir {
			heir, has = id, n
		}
	}
	return heir, has
}

// surplus returns a lease that self should give back, for another replica has too
// few: only when all leases of the group have a holder, and only one replica at a
// time does so, the one with the most.
func (v *view) surplus(self, g string) (name string, ok bool) {
	counts := v.counts(g)
	for id, n := range counts {
		if n > counts[self] || n == counts[self] && id < self {
			return "", false
		}
	}
	for n := range v.leases {
		switch {
		case group(n) != g:
		case v.holder(n) == "" && v.served(n):
			return "", false
		case v.holder(n) == self && n > name:
			if heir, has := v.heir(self, n, counts); heir != "" && counts[self] >= has+2 {
				name = n
			}
		}
	}
	return name, name != ""
}

// served says whether any replica serves a name.
func (v *view) served(name string) bool {
	for _, m := range v.members {
		if slices.Contains(m.value.Serves, name) {
			return true
		}
	}
	return false
}

// silent returns the replicas other than self that must be buried: their sessions
// have not changed for long, or are not to be seen although they hold something.
func (v *view) silent(self string, now time.Duration) (ids []string) {
	for id, m := range v.members {
		if id != self && m.value.Session > 0 && now >= m.at+silentFor {
			ids = append(ids, id)
		}
	}
	for name, t := range v.leases {
		id, n := t.value.Holder.split()
		m := v.members[id]
		if id == "" || id == self || v.holder(name) == "" || m.value.Session == n || slices.Contains(ids, id) {
			continue
		}
		if now >= max(t.at, m.at, v.since)+silentFor {
			ids = append(ids, id)
		}
	}
	return ids
}

// forgotten returns the old graves that nothing refers to.
func (v *view) forgotten(now time.Duration) (ids []string) {
	named := map[string]bool{}
	for _, t := range v.leases {
		id, _ := t.value.Holder.split()
		named[id], named[t.value.Heir] = true, true
	}
	for id, m := range v.members {
		if m.value.Session == 0 && now >= m.at+graveFor && !named[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// replicas tells of all that live.
func (v *view) replicas(self string) []Replica {
	held := map[string][]string{}
	for name := range v.leases {
		if id := v.holder(name); id != "" {
			held[id] = append(held[id], name)
		}
	}
	out := []Replica{}
	for id, m := range v.members {
		if m.value.Session > 0 {
			slices.Sort(held[id])
			out = append(out, Replica{
				ID: id, Version: m.value.Version, Since: m.value.Since, Leases: held[id], Self: id == self, Leaving: m.value.Leaving,
			})
		}
	}
	slices.SortFunc(out, func(a, b Replica) int { return strings.Compare(a.ID, b.ID) })
	return out
}

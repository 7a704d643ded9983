package catalog

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Ahead are Rows that are far away, so that what is needed together has to be
// read together.
type Ahead interface {
	// ReadObjects reads whole objects that are going to be read.
	ReadObjects(keys []Key)
	// ReadStretches reads stretches of rows that are going to be scanned.
	ReadStretches(stretches []Stretch)
	// Nth returns the key of the nth row, from 0, with a prefix; nil when there
	// are fewer.
	Nth(prefix []byte, n int) []byte
}

// Stretch is the first rows from a key on that begin with a prefix.
type Stretch struct {
	Prefix, From []byte
	Most         int // 0: all
}

// Dated is a Table that knows when each object was stored, so that nobody has
// to walk them all. It reads that from the heads that are put (see StoredAt).
type Dated interface {
	// StoredSince calls each as Store.Changed does.
	StoredSince(ctx context.Context, since time.Time, each func(Key) bool) error
	// StoredBetween calls each with objects of a module that are for one party
	// and were stored at or after from and before a time, many at once, those of
	// an owner together, until each returns an error.
	StoredBetween(ctx context.Context, m ocpi.ModuleID, from, before time.Time, each func([]Key) error) error
}

// ownersAhead is of how many owners a dated list reads the order in one go.
const ownersAhead = 128

func (l *lister) surveyAhead() {
	if l.ahead == nil {
		return
	}
	var all []Stretch
	for _, audience := range []ocpi.PartyID{Everyone, l.q.Reader} {
		prefix := key(InCounts, partyText(audience), string(l.q.Module))
		all = append(all, Stretch{Prefix: prefix, From: prefix})
		if l.q.Reader.IsZero() {
			break
		}
	}
	l.ahead.ReadStretches(all)
}

// orderAhead reads the order of an owner and of as many behind it as are going
// to be on the page.
func (l *lister) orderAhead(i int, behind uint64) {
	if l.ahead == nil || i < l.fetched {
		return
	}
	var all []Stretch
	expected, most := 0, l.limit+1
	if l.dated() {
		most = stretch
	}
	for l.fetched = i; l.fetched < len(l.owns) && expected < l.skip+l.limit+1-len(l.chosen); l.fetched++ {
		o := l.owns[l.fetched]
		if l.dated() && l.fetched-i == ownersAhead {
			break
		}
		if !l.dated() && behind == 0 {
			expected += o.objects()
		}
		for audience, held := range map[ocpi.PartyID]int{Everyone: o.all, l.q.Reader: o.own} {
			if held > 0 {
				s := shelf{l.q.Module, o.owner, audience}
				all = append(all, Stretch{s.key(InOrder), s.order(behind + 1), most})
			}
		}
		behind = 0
	}
	l.ahead.ReadStretches(all)
}

// leap skips within the order of an owner, as far as the rows can tell without
// being walked; it returns behind which place to go on.
func (l *lister) leap(o owning, behind uint64) uint64 {
	if l.ahead == nil || behind > 0 || l.skip == 0 || o.all > 0 && o.own > 0 {
		return behind
	}
	s := shelf{l.q.Module, o.owner, Everyone}
	if o.own > 0 {
		s.audience = l.q.Reader
	}
	name := l.ahead.Nth(s.key(InOrder), l.skip)
	if name == nil {
		return behind
	}
	l.skip = 0
	return binary.BigEndian.Uint64(name[len(name)-8:]) - 1
}

func (l *lister) objectsAhead() {
	if l.ahead == nil || len(l.chosen) == 0 {
		return
	}
	keys := make([]Key, len(l.chosen))
	for i, e := range l.chosen {
		keys[i] = e.object(e.id)
	}
	l.ahead.ReadObjects(keys)
}

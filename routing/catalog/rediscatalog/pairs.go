package rediscatalog

import (
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// pairs are the owners of whose module a View reads two orders, what is for
// everyone and what is for the reader. An object of one can take the place of
// its twin in the other, so that both must be read while nobody writes.
type pairs struct {
	marks map[pair]string // as they were when the objects were counted
	first map[pair]string // the audience whose order was read first
	both  map[pair]bool
}

type pair struct{ owner, module string }

func newPairs() pairs {
	return pairs{marks: map[pair]string{}, first: map[pair]string{}, both: map[pair]bool{}}
}

func (p *pairs) counted(n catalog.Name, mark string) error {
	at := pair{n.Owner, n.Module}
	if was, known := p.marks[at]; known && was != mark {
		return errConflict
	}
	p.marks[at] = mark
	return nil
}

func (p *pairs) read(n catalog.Name) {
	at := pair{n.Owner, n.Module}
	if was, known := p.first[at]; known && was != n.Audience {
		p.both[at] = true
		return
	}
	p.first[at] = n.Audience
}

// whole reports errConflict when one of the pairs was written meanwhile.
func (r *rows) whole() error {
	r.pipelined(func(f *fetch) {
		for at := range r.pairs.both {
			cmd := f.pipe.HGet(r.ctx, r.t.small(at.owner), markField(at.module))
			f.then = append(f.then, func() error {
				if err := cmd.Err(); err != nil && !errors.Is(err, redis.Nil) {
					return err
				}
				return r.pairs.counted(catalog.Name{Owner: at.owner, Module: at.module}, cmd.Val())
			})
		}
	})
	return r.err
}

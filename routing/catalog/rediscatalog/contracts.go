package rediscatalog

import (
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// contractName begins the member of a token in the index of contracts of its
// owner; what is behind it is the id of the token as it was first written.
func contractName(n catalog.Name) string {
	return n.Contract + "\x00" + n.Audience + "\x00" + n.ID + "\x00"
}

// contracted is one row of the index.
func (r *rows) contracted(n catalog.Name) []byte {
	name := contractName(n)
	if id, written := r.contracts[name]; written {
		return id
	}
	members := r.page(redis.ZRangeArgs{Key: r.t.contracts(n.Owner), Start: "[" + name, Stop: "(" + behind(name), ByLex: true, Count: 1})
	if len(members) == 0 {
		return nil
	}
	return []byte(members[0][len(name):])
}

// scanContracts scans the tokens of a contract, of all owners.
func (r *rows) scanContracts(prefix []byte, n catalog.Name, each func(key, value []byte) bool) {
	owners := r.ownersOf(string(ocpi.Tokens))
	held := make([][]string, len(owners))
	from := n.Contract + "\x00"
	r.pipelined(func(f *fetch) {
		for i, owner := range owners {
			cmd := f.pipe.ZRangeArgs(r.ctx, redis.ZRangeArgs{Key: r.t.contracts(owner), Start: "[" + from, Stop: "(" + behind(from), ByLex: true})
			f.then = append(f.then, func() error {
				held[i] = cmd.Val()
				return cmd.Err()
			})
		}
	})
	for i, owner := range owners {
		for _, m := range held[i] {
			name, id := splitContract(m[len(from):])
			if !each(slices.Concat(prefix, []byte(owner+"\x00"+name+"\x00")), []byte(id)) {
				return
			}
		}
	}
}

// splitContract takes apart what is behind the contract: audience and id, and the
// id as it was first written.
func splitContract(member string) (name, id string) {
	audience, rest, _ := strings.Cut(member, "\x00")
	folded, id, _ := strings.Cut(rest, "\x00")
	return audience + "\x00" + folded, id
}

package rediscatalog

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// StoredSince implements catalog.Dated.
func (t *table) StoredSince(ctx context.Context, since time.Time, each func(catalog.Key) bool) error {
	r := t.rows(ctx, "")
	for _, shelf := range r.read(t.owners(), "") {
		n := moduleOwner(shelf)
		ended := t.walk(r, t.dated(n), "["+encodeTime(since), "+", func(members []string) bool {
			for _, m := range members {
				if !each(n.Key(m[timeSize:])) {
					return false
				}
			}
			return ctx.Err() == nil
		})
		if ended {
			break
		}
	}
	if r.err == nil {
		return ctx.Err()
	}
	return r.err
}

// StoredBetween implements catalog.Dated.
func (t *table) StoredBetween(ctx context.Context, m ocpi.ModuleID, from, before time.Time, each func([]catalog.Key) error) error {
	r := t.rows(ctx, "")
	var failed error
	for _, shelf := range r.read(t.owners(), string(m)+"\x00") {
		n := moduleOwner(shelf)
		key := t.client.Key(n.Owner, "for", n.Module)
		ended := t.walk(r, key, "["+encodeTime(from), "("+encodeTime(before), func(members []string) bool {
			old := make([]catalog.Key, len(members))
			for i, member := range members {
				audience, id, _ := strings.Cut(member[timeSize:], "\x00")
				n.Audience = audience
				old[i] = n.Key(id)
			}
			failed = each(old)
			return failed == nil
		})
		if ended {
			break
		}
	}
	if failed == nil {
		failed = r.err
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

func moduleOwner(shelf string) catalog.Name {
	module, owner, _ := strings.Cut(shelf, "\x00")
	return catalog.Name{Module: module, Owner: strings.TrimSuffix(owner, "\x00")}
}

// walk reads an ordered set stretch by stretch; ended says that each did not
// want more, or that Redis does not answer. What moves to the end meanwhile may
// come twice.
func (t *table) walk(r *rows, key, from, to string, each func(members []string) bool) (ended bool) {
	for {
		members := r.page(redis.ZRangeArgs{Key: key, Start: from, Stop: to, ByLex: true, Count: stretchMost})
		if r.err != nil || len(members) > 0 && !each(members) {
			return true
		}
		if len(members) < stretchMost {
			return false
		}
		from = "(" + members[len(members)-1]
	}
}

package rediscatalog

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// fetch is what is read in one go; then takes what came.
type fetch struct {
	pipe redis.Pipeliner
	then []func() error
}

// pipelined reads in one go.
func (r *rows) pipelined(fill func(f *fetch)) {
	if r.err != nil {
		return
	}
	f := fetch{pipe: r.t.client.Pipeline()}
	fill(&f)
	if f.pipe.Len() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(r.ctx, within)
	defer cancel()
	if _, err := f.pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		r.fail(err)
		return
	}
	for _, take := range f.then {
		if err := take(); err != nil {
			r.fail(err)
			return
		}
	}
}

// object reads an object: the whole, or its record and one of its EVSEs.
func (f *fetch) object(r *rows, o *object, uids []string) {
	if len(uids) == 0 {
		cmd := f.pipe.HGetAll(r.ctx, o.key)
		f.then = append(f.then, func() error { return cmp.Or(cmd.Err(), o.take(cmd.Val(), true)) })
		return
	}
	fields := append([]string{mainField}, uids...)
	cmd := f.pipe.HMGet(r.ctx, o.key, fields...)
	f.then = append(f.then, func() error {
		got := map[string]string{}
		for i, value := range cmd.Val() {
			if text, ok := value.(string); ok {
				got[fields[i]] = text
			}
		}
		if err := cmp.Or(cmd.Err(), o.take(got, false)); err != nil {
			return err
		}
		for _, uid := range uids {
			if _, known := o.evses[uid]; !known {
				o.evses[uid] = nil
			}
		}
		return nil
	})
}

// smalls reads short values of an owner, all at one moment.
func (f *fetch) smalls(r *rows, fields []string) {
	cmd := f.pipe.HMGet(r.ctx, r.t.small(r.owner), fields...)
	f.then = append(f.then, func() error {
		for i, value := range cmd.Val() {
			if _, known := r.smalls[fields[i]]; known {
				continue
			}
			s := &small{}
			if text, ok := value.(string); ok {
				s.was, s.raw = []byte(text), []byte(text)
			}
			r.smalls[fields[i]] = s
		}
		return cmd.Err()
	})
}

func (f *fetch) list(r *rows, n catalog.Name) {
	cmd := f.pipe.ZRangeArgs(r.ctx, redis.ZRangeArgs{
		Key: r.t.ids(n.Owner, n.Module), Start: "[" + n.ID + "\x00", Stop: "(" + n.ID + "\x01", ByLex: true,
	})
	f.then = append(f.then, func() error {
		if r.lists[listName(n.Owner, n.Module, n.ID)] == nil {
			r.takeList(n, cmd.Val())
		}
		return cmd.Err()
	})
}

func (f *fetch) ticket(r *rows, ticket string) {
	cmd := f.pipe.HGet(r.ctx, r.t.transit(r.owner), ticket)
	f.then = append(f.then, func() error {
		s := &small{}
		if raw, err := cmd.Bytes(); err == nil {
			s.was, s.raw = raw, raw
		} else if !errors.Is(err, redis.Nil) {
			return err
		}
		r.tickets[ticket] = s
		return nil
	})
}

// readObjects reads objects as a whole.
func (r *rows) readObjects(objects []*object) {
	r.pipelined(func(f *fetch) {
		for _, o := range objects {
			f.object(r, o, nil)
		}
	})
}

// readSmalls reads short values of the owner, with the marks of the modules
// that a decision could rest on.
func (r *rows) readSmalls(fields ...string) {
	for _, field := range fields {
		if module := field[1:]; field[0] == 's' {
			fields = append(fields, markField(module))
		} else if field[0] == 'c' {
			_, module, _ = strings.Cut(module, "\x00")
			fields = append(fields, markField(module))
		}
	}
	r.pipelined(func(f *fetch) { f.smalls(r, fields) })
}

func (r *rows) readLists(names []catalog.Name) {
	r.pipelined(func(f *fetch) {
		for _, n := range names {
			if r.owner != "" && r.smalls[markField(n.Module)] == nil {
				f.smalls(r, []string{markField(n.Module)})
			}
			f.list(r, n)
		}
	})
}

func (r *rows) readTicket(ticket []byte) {
	r.pipelined(func(f *fetch) { f.ticket(r, string(ticket)) })
}

// page reads a stretch of one ordered set.
func (r *rows) page(z redis.ZRangeArgs) (members []string) {
	r.pipelined(func(f *fetch) {
		cmd := f.pipe.ZRangeArgs(r.ctx, z)
		f.then = append(f.then, func() error {
			members = cmd.Val()
			return cmd.Err()
		})
	})
	return members
}

// read reads all members of an ordered set that begin with a prefix.
func (r *rows) read(key, prefix string) []string {
	z := redis.ZRangeArgs{Key: key, Start: "-", Stop: "+", ByLex: true}
	if prefix != "" {
		z.Start, z.Stop = "["+prefix, "("+behind(prefix)
	}
	return r.page(z)
}

// ownersOf returns the owners who have had objects of a module, in order.
func (r *rows) ownersOf(module string) []string {
	members := r.read(r.t.owners(), module+"\x00")
	for i, m := range members {
		members[i] = strings.TrimSuffix(m[len(module)+1:], "\x00")
	}
	return members
}

// ReadObjects implements catalog.Ahead.
func (r *rows) ReadObjects(keys []catalog.Key) {
	objects := make([]*object, 0, len(keys))
	for _, k := range keys {
		if o := r.object(k.Name()); !o.loaded {
			objects = append(objects, o)
		}
	}
	r.readObjects(objects)
}

// ReadStretches implements catalog.Ahead, of orders and of counts.
func (r *rows) ReadStretches(stretches []catalog.Stretch) {
	var counts, orders []catalog.Stretch
	for _, s := range stretches {
		if s.Prefix[0] == catalog.InCounts {
			counts = append(counts, s)
		} else {
			orders = append(orders, s)
		}
	}
	r.readCounts(counts)
	r.pipelined(func(f *fetch) {
		for _, s := range orders {
			r.pairs.read(catalog.ParseName(s.Prefix))
			f.order(r, s)
		}
	})
}

func (f *fetch) order(r *rows, s catalog.Stretch) {
	z := redis.ZRangeArgs{Key: r.t.order(catalog.ParseName(s.Prefix)), Start: "[" + string(s.From[len(s.Prefix):]), Stop: "+", ByLex: true, Count: int64(s.Most)}
	cmd := f.pipe.ZRangeArgs(r.ctx, z)
	f.then = append(f.then, func() error {
		members := cmd.Val()
		out := &found{from: s.From, complete: len(members) < s.Most, rows: make([]row, len(members))}
		for i, m := range members {
			out.rows[i] = row{slices.Concat(s.Prefix, []byte(m[:8])), []byte(m[8:])}
		}
		r.stretches[string(s.Prefix)] = out
		return cmd.Err()
	})
}

// readCounts reads the counts of all shelves of an audience and a module.
func (r *rows) readCounts(stretches []catalog.Stretch) {
	shelves := make([][]string, len(stretches))
	r.pipelined(func(f *fetch) {
		for i, s := range stretches {
			prefix := string(s.Prefix[1:])
			cmd := f.pipe.ZRangeArgs(r.ctx, redis.ZRangeArgs{Key: r.t.shelves(), Start: "[" + prefix, Stop: "(" + behind(prefix), ByLex: true})
			f.then = append(f.then, func() error {
				shelves[i] = cmd.Val()
				return cmd.Err()
			})
		}
	})
	r.pipelined(func(f *fetch) {
		for i, s := range stretches {
			out := &found{from: s.Prefix, complete: true}
			r.stretches[string(s.Prefix)] = out
			for _, shelf := range shelves[i] {
				f.count(r, shelf, out)
			}
		}
	})
}

func (f *fetch) count(r *rows, shelf string, out *found) {
	key := append([]byte{catalog.InCounts}, shelf...)
	n := catalog.ParseName(key)
	cmd := f.pipe.HMGet(r.ctx, r.t.small(n.Owner), smallField(n), markField(n.Module))
	f.then = append(f.then, func() error {
		if err := cmd.Err(); err != nil {
			return err
		}
		if raw, ok := cmd.Val()[0].(string); ok { // else its first object was never written
			out.rows = append(out.rows, row{key, []byte(raw)})
		}
		mark, _ := cmd.Val()[1].(string)
		return r.pairs.counted(n, mark)
	})
}

// Nth implements catalog.Ahead.
func (r *rows) Nth(prefix []byte, n int) []byte {
	members := r.page(redis.ZRangeArgs{Key: r.t.order(catalog.ParseName(prefix)), Start: n, Stop: n})
	if len(members) == 0 {
		return nil
	}
	return slices.Concat(prefix, []byte(members[0][:8]))
}

// ticketBits are those of a ticket that count; those before them are the number
// of its owner.
const ticketBits = 40

// scanTransit scans what is in transit, of all owners.
func (r *rows) scanTransit(each func(key, value []byte) bool) {
	owners, err := r.t.client.HKeys(r.ctx, r.t.numbers()).Result()
	if err != nil {
		r.fail(err)
		return
	}
	all := map[string]string{}
	r.pipelined(func(f *fetch) {
		for _, owner := range owners {
			cmd := f.pipe.HGetAll(r.ctx, r.t.transit(owner))
			f.then = append(f.then, func() error {
				maps.Copy(all, cmd.Val())
				return cmd.Err()
			})
		}
	})
	tickets := make([]string, 0, len(all))
	for ticket := range all {
		tickets = append(tickets, ticket)
	}
	slices.Sort(tickets)
	for _, ticket := range tickets {
		if !each(append([]byte{catalog.InTransit}, ticket...), []byte(all[ticket])) {
			return
		}
	}
}

func ticketName(t catalog.Ticket) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(t)))
}

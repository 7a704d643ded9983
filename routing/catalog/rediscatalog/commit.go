package rediscatalog

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

//go:embed commit.lua
var commitLua string

var commitScript = redis.NewScript(commitLua)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

// commit is a write in the making: what it compares, and its steps.
type commit struct {
	mark   string
	keys   []string
	number map[string]int
	checks []any
	steps  []any
}

func newCommit() *commit {
	mark := make([]byte, markSize)
	_, _ = rand.Read(mark) // never fails
	return &commit{mark: string(mark), number: map[string]int{}}
}

func (c *commit) key(k string) int {
	n, known := c.number[k]
	if !known {
		c.keys = append(c.keys, k)
		n = len(c.keys)
		c.number[k] = n
	}
	return n
}

// check compares a field of a hash, or its first bytes.
func (c *commit) check(key, field string, bytes int, was string) {
	c.checks = append(c.checks, c.key(key), field, bytes, was)
}

func (c *commit) step(what, key string, words ...any) {
	c.steps = append(c.steps, what, c.key(key))
	for len(words) < 3 {
		words = append(words, "")
	}
	c.steps = append(c.steps, words...)
}

// run reports errConflict when nothing was written because something changed.
func (c *commit) run(ctx context.Context, t *table) error {
	args := append([]any{c.mark, len(c.checks) / 4}, c.checks...)
	done, err := t.client.Run(ctx, commitScript, c.keys, append(args, c.steps...)...).Int()
	if err == nil && done == 0 {
		return errConflict
	}
	return err
}

// write writes what a transaction has changed.
func (r *rows) write() error {
	if r.err != nil {
		return r.err
	}
	c := newCommit()
	for _, o := range r.objects {
		if err := o.write(c, r.t); err != nil {
			return err
		}
	}
	for _, p := range r.orders {
		name := string(binary.BigEndian.AppendUint64(nil, p.seq))
		c.step("one", p.key, "["+name, "("+behind(name), member(name, p.entry))
	}
	r.writeModules(c)
	for _, l := range r.lists {
		for audience := range l.dirty {
			name := l.id + "\x00" + audience
			c.step("one", l.key, "["+name+"\x00", "("+name+"\x01", member(name+"\x00", l.held[audience]))
		}
	}
	for name, id := range r.contracts {
		c.step("one", r.t.contracts(r.owner), "["+name, "("+behind(name), member(name, id))
	}
	r.writeSmalls(c)
	r.writeTickets(c)
	if len(c.steps) == 0 {
		return nil
	}
	if err := r.enrollNew(); err != nil {
		return err
	}
	return c.run(r.ctx, r.t)
}

func member(name string, value []byte) string {
	if value == nil {
		return ""
	}
	return name + string(value)
}

// write compares the mark of an object that a decision rests on, and writes what
// has changed of it.
func (o *object) write(c *commit, t *table) error {
	if !o.loaded {
		return nil
	}
	c.check(o.key, mainField, markSize, o.mark)
	if !o.changed {
		return nil
	}
	if o.head == nil {
		c.step("del", o.key, mainField)
	} else {
		c.step("set", o.key, mainField, encodeRecord(c.mark, o.head, o.frame))
	}
	for uid := range o.dirty {
		if raw := o.evses[uid]; raw == nil {
			c.step("del", o.key, uid)
		} else {
			c.step("set", o.key, uid, raw)
		}
	}
	now, err := datedMember(o.name, o.head)
	if err != nil || now == o.member {
		return err
	}
	if o.member != "" {
		c.step("rem", t.dated(o.name), o.member)
	}
	if now != "" {
		c.step("add", t.dated(o.name), now)
	}
	return nil
}

// writeModules compares, of each module whose order a decision rests on, who
// wrote it last, and marks those that are written.
func (r *rows) writeModules(c *commit) {
	for module, written := range r.modules {
		if r.owner == "" {
			return
		}
		c.check(r.t.small(r.owner), markField(module), 0, string(r.value(markField(module)).was))
		if written {
			c.step("set", r.t.small(r.owner), markField(module), c.mark)
		}
	}
}

func (r *rows) writeSmalls(c *commit) {
	for field, s := range r.smalls {
		value := string(s.raw)
		if field == ticketField && (s.read || s.dirty) {
			// The mark behind it tells a write that is run twice.
			c.check(r.t.small(r.owner), field, 0, string(s.was))
			value = string(s.raw[:min(8, len(s.raw))]) + c.mark
		}
		if s.dirty {
			c.step("set", r.t.small(r.owner), field, value)
		}
	}
}

func (r *rows) writeTickets(c *commit) {
	for ticket, s := range r.tickets {
		if s.read {
			c.check(r.t.transit(r.owner), ticket, timeSize, string(s.was[:min(len(s.was), timeSize)]))
		}
		switch {
		case !s.dirty:
		case s.raw == nil:
			c.step("del", r.t.transit(r.owner), ticket)
		default:
			c.step("set", r.t.transit(r.owner), ticket, s.raw)
		}
	}
}

// enrollNew notes shelves that get their first object.
func (r *rows) enrollNew() error {
	var fresh []catalog.Name
	for field, s := range r.smalls {
		if s.dirty && s.was == nil && field[0] == 'c' {
			n := catalog.ParseName(append([]byte{catalog.InCounts}, field[1:]+"\x00"+r.owner+"\x00"...))
			fresh = append(fresh, n)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return r.t.enroll(r.ctx, fresh)
}

package rediscatalog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// errConflict says that what a change was decided on is another by now.
var errConflict = errors.New("the object is being changed at once from many sides: try again")

// errNoWalk reports a read that needs a set of its own in Redis.
var errNoWalk = errors.New("the catalog in Redis cannot be walked this way")

// rows are what a transaction has read, and what it is going to write. An error
// stays until the end: from there on nothing is found.
type rows struct {
	ctx       context.Context //nolint:containedctx // rows live as long as the call that they are made for
	t         *table
	owner     string // of all that an Update writes; "" in a View
	err       error
	objects   map[string]*object
	smalls    map[string]*small // of the owner
	lists     map[string]*list  // of the owner, by module and id
	orders    map[string]place  // what is written into an order, by key and sequence
	contracts map[string][]byte // what is written into the index of contracts, by name
	tickets   map[string]*small // of the owner
	stretches map[string]*found
	pairs     pairs
	modules   map[string]bool // whose order a decision rests on; true: it is written
}

// small is a short value in a hash.
type small struct {
	was, raw []byte // nil: absent
	read     bool   // a decision rests on it
	dirty    bool
}

// place is what is written in one place of an order; a nil entry takes it away.
type place struct {
	key   string
	seq   uint64
	entry []byte
}

func (t *table) rows(ctx context.Context, owner string) *rows {
	return &rows{
		ctx: ctx, t: t, owner: owner,
		objects: map[string]*object{}, smalls: map[string]*small{}, lists: map[string]*list{}, orders: map[string]place{}, contracts: map[string][]byte{},
		tickets: map[string]*small{}, stretches: map[string]*found{}, modules: map[string]bool{}, pairs: newPairs(),
	}
}

func (r *rows) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Get implements catalog.Rows.
func (r *rows) Get(key []byte) []byte {
	if r.err != nil {
		return nil
	}
	switch n := catalog.ParseName(key); n.Space {
	case catalog.InHeads:
		return r.record(n).head
	case catalog.InFrames:
		return r.record(n).frame
	case catalog.InEVSEs:
		return r.evse(n)
	case catalog.InOrder:
		return r.entry(key, n)
	case catalog.InIDs:
		return r.holding(n)
	case catalog.InContracts:
		return r.contracted(n)
	case catalog.InTransit:
		return r.change(key[1:])
	case catalog.InTickets:
		return r.lastTicket()
	default:
		r.restOn(n.Module)
		return r.value(smallField(n)).raw
	}
}

// Put implements catalog.Rows.
func (r *rows) Put(key, value []byte) error { return r.set(key, bytes.Clone(value)) }

// Delete implements catalog.Rows.
func (r *rows) Delete(key []byte) error { return r.set(key, nil) }

func (r *rows) set(key, value []byte) error {
	if r.err != nil {
		return r.err
	}
	switch n := catalog.ParseName(key); n.Space {
	case catalog.InHeads:
		o := r.record(n)
		o.head, o.changed = value, true
	case catalog.InFrames:
		o := r.record(n)
		o.frame, o.changed = value, true
	case catalog.InEVSEs:
		o := r.record(n)
		o.evses[n.EVSEUID], o.dirty[n.EVSEUID] = value, true
	case catalog.InOrder:
		p := place{r.t.order(n), n.Number, value}
		r.orders[p.key+"\x00"+string(key[len(key)-8:])] = p
	case catalog.InIDs:
		r.list(n).set(n.Audience, value)
		r.modules[n.Module] = true
	case catalog.InContracts:
		r.contracts[contractName(n)] = value
	case catalog.InTransit:
		r.tickets[string(key[1:])] = r.overwrite(r.tickets[string(key[1:])], value)
	case catalog.InTickets:
		r.smalls[ticketField] = r.overwrite(r.value(ticketField), value)
	default:
		r.modules[n.Module] = true
		r.smalls[smallField(n)] = r.overwrite(r.value(smallField(n)), value)
	}
	return r.err
}

func (r *rows) overwrite(s *small, value []byte) *small {
	if s == nil {
		s = &small{}
	}
	s.raw, s.dirty = value, true
	return s
}

// restOn notes that a decision rests on the order of a module.
func (r *rows) restOn(module string) {
	if !r.modules[module] {
		r.modules[module] = false
	}
}

// record returns an object whose record was read.
func (r *rows) record(n catalog.Name) *object {
	o := r.object(n)
	if !o.loaded {
		r.readObjects([]*object{o})
	}
	return o
}

func (r *rows) object(n catalog.Name) *object {
	n.Space, n.EVSEUID = catalog.InHeads, ""
	fresh := r.t.newObject(n)
	if o, known := r.objects[fresh.key]; known {
		return o
	}
	r.objects[fresh.key] = fresh
	return fresh
}

func (r *rows) evse(n catalog.Name) []byte {
	o := r.record(n)
	raw, known := o.evses[n.EVSEUID]
	if !known && !o.whole {
		r.readObjects([]*object{o})
		raw = o.evses[n.EVSEUID]
	}
	return raw
}

// The fields of the small hash of an owner.
const ticketField = "n"

func markField(module string) string { return "g" + module }

func smallField(n catalog.Name) string {
	if n.Space == catalog.InCounts {
		return "c" + n.Audience + "\x00" + n.Module
	}
	if n.Space == catalog.InMarks {
		return "x" + n.Module
	}
	return "s" + n.Module
}

// value returns a short value of the owner.
func (r *rows) value(field string) *small {
	s, known := r.smalls[field]
	if !known {
		r.readSmalls(field)
		if s = r.smalls[field]; s == nil {
			return &small{} // Redis does not answer
		}
	}
	s.read = true
	return s
}

// lastTicket is the last ticket that was given for an owner. The first one
// begins with the number of the owner.
func (r *rows) lastTicket() []byte {
	s := r.value(ticketField)
	if len(s.raw) >= 8 {
		return s.raw[:8]
	}
	number, err := r.t.number(r.ctx, r.owner)
	if err != nil {
		r.fail(err)
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, number<<ticketBits)
}

// change is one in transit.
func (r *rows) change(ticket []byte) []byte {
	s, known := r.tickets[string(ticket)]
	if !known {
		r.readTicket(ticket)
		if s = r.tickets[string(ticket)]; s == nil {
			return nil
		}
	}
	s.read = true
	return s.raw
}

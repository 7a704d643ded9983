package bridge

import (
	"encoding/json"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// walk is one translation under way: what is known from outside, and what was
// found.
type walk struct {
	s        Surroundings
	arena    *arena
	to       ocpi.Version // where the object goes in the end
	hops     []hop        // every hop there is, oldest first
	owner    ocpi.PartyID // of the object
	partial  bool         // the object at hand is the body of a PATCH
	embedded bool         // the object at hand explains another, it is not published by itself
	found    []found
	withheld *Withheld
	whole    Reason // why a PATCH must become a PUT
}

type found struct {
	reason Reason
	value  *node
}

// step is one rule of a class: what is done to its objects on one hop.
type step func(t *walk, n *node)

// follow takes an object through the rules of its class, until one of them says
// that it may not go on.
func (t *walk) follow(n *node, steps []step) {
	if !n.isObject() {
		return
	}
	for _, s := range steps {
		if t.withheld != nil {
			return
		}
		s(t, n)
	}
}

// into follows rules in a part of the object: such a part is complete, even in
// a PATCH, which replaces nested objects whole.
func (t *walk) into(n *node, steps []step) {
	partial, owner := t.partial, t.owner
	t.partial = false
	t.follow(n, steps)
	t.partial, t.owner = partial, owner
}

// read is the tree of an object that the hub holds; nil when it is none.
func (t *walk) read(s Stored) *node {
	if !json.Valid(s.Body) {
		return nil
	}
	return t.arena.parse(s.Body, false)
}

// carry takes an object that comes from outside from its version to another.
func (t *walk) carry(class Class, n *node, from, to ocpi.Version) {
	way, _ := route(t.hops, from, to)
	for _, h := range way {
		t.into(n, h.classes[class])
	}
}

// note reports a value that says less than it did, or that was made up.
func (t *walk) note(n *node, why Reason) { t.found = append(t.found, found{why, n}) }

// lose reports that a value does not go on. What is as good as absent is no loss.
func (t *walk) lose(n *node, why Reason) {
	if n.empty() || n.source == nil {
		return
	}
	if !n.source.gone {
		n.source.gone = true
		t.note(n, why)
	}
}

// withhold says that the object at hand may not go on.
func (t *walk) withhold(why Reason) {
	if t.withheld == nil {
		t.withheld = &Withheld{Reason: why}
	}
}

// needWhole says that a PATCH does not tell enough.
func (t *walk) needWhole(why Reason) {
	if t.partial && t.whole == "" {
		t.whole = why
	}
}

// remove takes a member away.
func (t *walk) remove(n *node, name string) {
	if i := n.index(name); i >= 0 {
		n.members = slices.Delete(n.members, i, i+1)
		n.changed = true
	}
}

// drop takes a member away and reports the loss.
func (t *walk) drop(n *node, name string, why Reason) {
	if v := n.get(name); v != nil {
		t.lose(v, why)
		t.remove(n, name)
	}
}

// replace puts another value in the place of one.
func (t *walk) replace(n *node, name string, value *node) {
	if i := n.index(name); i >= 0 {
		n.members[i].value = value
		n.changed = true
	}
}

// put sets a member that the class has: a field without specification that
// bears its name gives way. A new member comes after the one named, at the end
// when that is not there, at the beginning when none is named.
func (t *walk) put(n *node, after, name string, value *node) {
	n.changed = true
	if i := n.index(name); i >= 0 {
		t.lose(n.members[i].value, InTheWay)
		n.members[i].value = value
		return
	}
	at := n.index(after) + 1
	if at == 0 && after != "" {
		at = len(n.members)
	}
	n.members = slices.Insert(n.members, at, member{quoted: quotedName(name), value: value})
}

// add puts a member at the end.
func (t *walk) add(n *node, name string, value *node) { t.put(n, name, name, value) }

// rename gives a member another name, at the same place. A field without
// specification that bears the new name gives way.
func (t *walk) rename(n *node, from, to string) {
	if n.index(from) < 0 {
		return
	}
	t.drop(n, to, InTheWay)
	m := &n.members[n.index(from)]
	m.quoted, m.escaped = quotedName(to), false
	n.changed = true
}

// findings lists what was found, in the order in which it was.
func (t *walk) findings(root *node) []Finding {
	if len(t.found) == 0 {
		return nil
	}
	out := make([]Finding, 0, len(t.found))
	made := t.made(root)
	for _, f := range t.found {
		kind := f.reason.Kind()
		var pointer string
		if kind == Invented {
			at, stays := made[f.value]
			if !stays {
				continue
			}
			pointer = at
		} else {
			at := f.value.source
			if at == nil || at.inGone() || at.gone && kind == Narrowed {
				continue
			}
			pointer = string(at.appendTo(nil))
		}
		out = append(out, Finding{Kind: kind, Reason: f.reason, Pointer: pointer})
	}
	return out
}

// made finds where in the result the invented values stand.
func (t *walk) made(root *node) map[*node]string {
	var out map[*node]string
	for _, f := range t.found {
		if f.reason.Kind() == Invented {
			if out == nil {
				out = map[*node]string{}
			}
			out[f.value] = ""
		}
	}
	if out == nil {
		return nil
	}
	at := make(map[*node]string, len(out))
	root.visit(nil, func(n *node, pointer []byte) {
		if _, wanted := out[n]; wanted {
			at[n] = string(pointer)
		}
	})
	return at
}

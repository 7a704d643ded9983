package bridge

import "sync"

// parse reads the tree of a text that was found valid. The values of a source
// know their places; those of another text, such as a stored object, have none.
func (a *arena) parse(text []byte, isSource bool) *node {
	p := &parser{arena: a, text: text, placed: isSource}
	return p.value(nil, nil, false, 0)
}

type parser struct {
	*arena
	text   []byte
	at     int
	placed bool
}

// arena is where the nodes of one translation live: an object has hundreds, and
// none outlives it.
type arena struct {
	nodes   []node
	members []member
	pending []member // of the containers that are being read
}

var arenas = sync.Pool{New: func() any { return &arena{} }}

// mostKept bounds what is kept of an arena that had to do with a giant.
const mostKept = 1 << 14

// release gives the arena back. No node may be used any more.
func (a *arena) release() {
	if cap(a.nodes) > mostKept || cap(a.members) > mostKept {
		return
	}
	clear(a.nodes)
	clear(a.members)
	clear(a.pending[:cap(a.pending)])
	a.nodes, a.members, a.pending = a.nodes[:0], a.members[:0], a.pending[:0]
	arenas.Put(a)
}

const slab = 256

// node allots a node. A slab that is full stays with those who point into it.
func (a *arena) node() *node {
	if len(a.nodes) == cap(a.nodes) {
		a.nodes = make([]node, 0, max(slab, 2*cap(a.nodes)))
	}
	a.nodes = a.nodes[:len(a.nodes)+1]
	return &a.nodes[len(a.nodes)-1]
}

// settle gives the members that were read a place of their own.
func (a *arena) settle(from int) []member {
	count, used := len(a.pending)-from, len(a.members)
	if cap(a.members)-used < count {
		a.members, used = make([]member, 0, max(slab, count, 2*cap(a.members))), 0
	}
	a.members = append(a.members, a.pending[from:]...)
	a.pending = a.pending[:from]
	return a.members[used : used+count : used+count]
}

func (p *parser) value(of *place, name []byte, escaped bool, at int) *node {
	n := p.node()
	if p.placed {
		n.source, n.own = &n.own, place{of: of, quoted: name, at: at, escaped: escaped}
	}
	p.blank()
	start := p.at
	switch p.text[p.at] {
	case '{':
		p.object(n)
	case '[':
		p.array(n)
	case '"':
		p.string()
	default:
		p.word()
	}
	n.text = p.text[start:p.at]
	return n
}

func (p *parser) object(n *node) {
	from := len(p.pending)
	p.at++
	for p.blank(); p.text[p.at] != '}'; p.blank() {
		if p.text[p.at] == ',' {
			p.at++
			continue
		}
		start := p.at
		escaped := p.string()
		name := p.text[start:p.at]
		p.blank()
		p.at++ // the colon
		p.pending = append(p.pending, member{name, escaped, p.value(n.source, name, escaped, 0)})
	}
	p.at++
	n.members = p.settle(from)
}

func (p *parser) array(n *node) {
	from := len(p.pending)
	p.at++
	for p.blank(); p.text[p.at] != ']'; p.blank() {
		if p.text[p.at] == ',' {
			p.at++
			continue
		}
		p.pending = append(p.pending, member{value: p.value(n.source, nil, false, len(p.pending)-from)})
	}
	p.at++
	n.members = p.settle(from)
}

// string goes behind a string, and says whether it has escapes.
func (p *parser) string() (escaped bool) {
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			escaped = true
			p.at++
		}
	}
	p.at++
	return escaped
}

// word goes behind a number, true, false or null.
func (p *parser) word() {
	for ; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case ',', ']', '}', ' ', '\n', '\t', '\r':
			return
		}
	}
}

func (p *parser) blank() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\n', '\t', '\r':
			p.at++
		default:
			return
		}
	}
}

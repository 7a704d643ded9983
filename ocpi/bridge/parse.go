package bridge

// parse reads the tree of a text that was found valid. The values of a source
// know their places; those of another text, such as a stored object, have none.
func parse(text []byte, isSource bool) *node {
	p := &parser{text: text, placed: isSource}
	return p.value(nil, nil, false, 0)
}

// parser allots nodes and members in slabs: an object has hundreds.
type parser struct {
	text    []byte
	at      int
	placed  bool
	nodes   []node
	members []member
	pending []member // of the containers that are being read
}

const slab = 64

func (p *parser) node() *node {
	if len(p.nodes) == 0 {
		p.nodes = make([]node, slab)
	}
	n := &p.nodes[0]
	p.nodes = p.nodes[1:]
	return n
}

// settle gives the members that were read a place of their own.
func (p *parser) settle(from int) []member {
	count := len(p.pending) - from
	if count == 0 {
		return nil
	}
	if len(p.members) < count {
		p.members = make([]member, max(slab, count))
	}
	out := p.members[:count:count]
	p.members = p.members[count:]
	copy(out, p.pending[from:])
	p.pending = p.pending[:from]
	return out
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

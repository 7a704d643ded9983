package jsjournal

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sort"
	"sync"

	"github.com/ocpihub/ocpihub/routing/journal"
)

// A page of the index is full with so many messages, or so many ids in them.
const (
	pageMessages = 2048
	pageIDs      = 16384
)

// page is one message of the index: which of some messages of the log hold
// records with which correlation ids.
type page struct {
	epoch int64 // when the stream of the records was made: sequences begin anew with it
	seqs  []uint64
	rows  []byte // of rowBytes each, sorted: a fingerprint, and which of seqs
}

const rowBytes = 6

// find returns which of the messages hold an id with this fingerprint.
func (p *page) find(f uint32) (out []int) {
	n := len(p.rows) / rowBytes
	row := func(i int) []byte { return p.rows[i*rowBytes:] }
	for i := sort.Search(n, func(i int) bool { return binary.BigEndian.Uint32(row(i)) >= f }); i < n; i++ {
		if binary.BigEndian.Uint32(row(i)) != f {
			break
		}
		out = append(out, int(binary.BigEndian.Uint16(row(i)[4:])))
	}
	return out
}

// pageVersion begins every page.
const pageVersion = 1

// encode writes a page: version, epoch, the number of messages, their sequences
// as differences, and the rows.
func (p *page) encode() []byte {
	out := binary.AppendVarint([]byte{pageVersion}, p.epoch)
	out = binary.AppendUvarint(out, uint64(len(p.seqs)))
	last := uint64(0)
	for _, seq := range p.seqs {
		out = binary.AppendUvarint(out, seq-last)
		last = seq
	}
	return append(out, p.rows...)
}

var errPage = errors.New("not a page of the index")

// decodePage reads what encode wrote.
func decodePage(raw []byte) (*page, error) {
	if len(raw) == 0 || raw[0] != pageVersion {
		return nil, errPage
	}
	raw = raw[1:]
	epoch, n := binary.Varint(raw)
	if n <= 0 {
		return nil, errPage
	}
	raw = raw[n:]
	count, n := binary.Uvarint(raw)
	if n <= 0 || count > pageMessages {
		return nil, errPage
	}
	raw = raw[n:]
	p := &page{epoch: epoch, seqs: make([]uint64, count)}
	last := uint64(0)
	for i := range p.seqs {
		step, n := binary.Uvarint(raw)
		if n <= 0 {
			return nil, errPage
		}
		last += step
		p.seqs[i], raw = last, raw[n:]
	}
	p.rows = raw
	return p, p.check()
}

// check says whether every row is whole and points to a message.
func (p *page) check() error {
	if len(p.rows)%rowBytes != 0 {
		return errPage
	}
	for row := range slices.Chunk(p.rows, rowBytes) {
		if int(binary.BigEndian.Uint16(row[4:])) >= len(p.seqs) {
			return errPage
		}
	}
	return nil
}

// pending is the page of the index that is being filled. It is searched like
// those that are written.
type pending struct {
	mu    sync.Mutex
	epoch int64
	seqs  []uint64
	ids   []hit
}

// hit says that a message holds an id.
type hit struct {
	id uint32
	in uint16 // which of the messages of the page
}

// add notes a message and its records, and says whether the page is full.
func (p *pending) add(at place, entries []journal.Entry) (full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.epoch != p.epoch || len(p.seqs) > 0 && at.seq <= p.seqs[len(p.seqs)-1] {
		p.epoch, p.seqs, p.ids = at.epoch, p.seqs[:0], p.ids[:0]
	}
	in := uint16(len(p.seqs)) //nolint:gosec // at most pageMessages
	p.seqs = append(p.seqs, at.seq)
	began := len(p.ids)
	for i := range entries {
		for id := range entries[i].IDs() {
			h := hit{fingerprint(id), in}
			if len(p.ids) == began || p.ids[len(p.ids)-1] != h {
				p.ids = append(p.ids, h)
			}
		}
	}
	return len(p.seqs) >= pageMessages || len(p.ids) >= pageIDs
}

// page is a copy of what there is; nil when there is nothing.
func (p *pending) page() *page {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seqs) == 0 {
		return nil
	}
	ids := slices.Clone(p.ids)
	slices.SortFunc(ids, func(a, b hit) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.in, b.in)) })
	out := &page{epoch: p.epoch, seqs: slices.Clone(p.seqs), rows: make([]byte, 0, len(ids)*rowBytes)}
	for _, h := range slices.Compact(ids) {
		out.rows = binary.BigEndian.AppendUint32(out.rows, h.id)
		out.rows = binary.BigEndian.AppendUint16(out.rows, h.in)
	}
	return out
}

func (p *pending) encode() []byte {
	pg := p.page()
	if pg == nil {
		return nil
	}
	return pg.encode()
}

func (p *pending) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seqs, p.ids = p.seqs[:0], p.ids[:0]
}

// indexWindow is how many pages are read, and held, at once.
const indexWindow = 64

// eachIndex calls each with every page about the stream of records that was made
// at epoch. An index that cannot be read costs time, no records: what it does
// not cover is read.
func (l *Log) eachIndex(ctx context.Context, epoch int64, each func(*page)) error {
	if p := l.pending.page(); p != nil && p.epoch == epoch {
		each(p)
	}
	held, err := l.index.span(ctx)
	for start := held.first; err == nil && start <= held.last; start += indexWindow {
		var blocks []block
		blocks, err = l.index.get(ctx, start, min(held.last, start+indexWindow-1))
		for _, b := range blocks {
			if p, err := decodePage(b.raw); err == nil && p.epoch == epoch {
				each(p)
			}
		}
	}
	return ctx.Err()
}

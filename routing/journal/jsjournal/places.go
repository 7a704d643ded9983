package jsjournal

import "hash/crc32"

// fingerprint is what the index keeps of an id. Two ids may have the same:
// then a message is read for nothing.
// It is the CRC-32 (IEEE) of the id, without a copy of it for each record.
func fingerprint(id string) uint32 {
	crc := ^uint32(0)
	for i := range len(id) {
		crc = crc32.IEEETable[byte(crc)^id[i]] ^ crc>>8 //nolint:gosec // the lowest byte is meant
	}
	return ^crc
}

// places are the messages that must be read for a conversation: those in which
// the index has one of its ids, and those that the index does not cover.
type places struct {
	held    span
	covered bits
	wanted  bits
	asked   map[uint32]bool
}

func newPlaces(held span) *places {
	n := held.last + 1 - min(held.first, held.last+1)
	return &places{held: held, covered: newBits(n), wanted: newBits(n), asked: map[uint32]bool{}}
}

// unknown returns the fingerprints that were not asked for yet, and notes that
// they are now.
func (p *places) unknown(ids []string) map[uint32]bool {
	fresh := map[uint32]bool{}
	for _, id := range ids {
		if f := fingerprint(id); !p.asked[f] {
			p.asked[f], fresh[f] = true, true
		}
	}
	return fresh
}

// note takes what a page of the index says of these fingerprints.
func (p *places) note(pg *page, fresh map[uint32]bool) {
	for _, seq := range pg.seqs {
		if p.holds(seq) {
			p.covered.set(seq - p.held.first)
		}
	}
	for f := range fresh {
		for _, n := range pg.find(f) {
			if seq := pg.seqs[n]; p.holds(seq) {
				p.wanted.set(seq - p.held.first)
			}
		}
	}
}

func (p *places) holds(seq uint64) bool { return seq >= p.held.first && seq <= p.held.last }

func (p *places) needs(seq uint64) bool {
	n := seq - p.held.first
	return p.wanted.has(n) || !p.covered.has(n)
}

// next is the next run of messages that must be read, at or before end and of so
// many at most; last < first of what is held when there is none.
func (p *places) next(end, width uint64) (start, last uint64) {
	for end >= p.held.first && !p.needs(end) {
		end--
	}
	start = end
	for start > p.held.first && end-start+1 < width && p.needs(start-1) {
		start--
	}
	return start, end
}

// bits is a set of small numbers.
type bits []uint64

func newBits(n uint64) bits { return make(bits, n/64+1) }

func (b bits) set(n uint64) { b[n/64] |= 1 << (n % 64) }

func (b bits) has(n uint64) bool { return b[n/64]&(1<<(n%64)) != 0 }

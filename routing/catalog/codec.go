package catalog

import (
	"encoding/binary"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// unstated is the version of what is stored without one: it was the only one for
// long.
const unstated = ocpi.V221

// head is a Record as it is stored beside its frame, with its place in the
// order of creation.
type head struct {
	Record
	seq uint64
}

const (
	timeSize = 8 + 4
	headSize = 8 + timeSize + timeSize + 4 + 1
)

// The flags of a head.
const (
	isDeleted = 1 << iota
	isMissed
	isVersioned // the version stands between the flags and the id
)

// encode writes a head; the frame is stored on its own.
func (h *head) encode() []byte {
	out := make([]byte, 0, headSize+len(h.ID))
	out = binary.BigEndian.AppendUint64(out, h.seq)
	out = appendTime(out, h.LastUpdated)
	out = appendTime(out, h.Stored)
	out = binary.BigEndian.AppendUint32(out, uint32(h.Gap)) //nolint:gosec // an offset into a body, far below 4 GiB
	flags := byte(0)
	if h.Deleted {
		flags |= isDeleted
	}
	if h.Missed {
		flags |= isMissed
	}
	if h.Version == unstated || h.Version == "" {
		return append(append(out, flags), h.ID...)
	}
	out = append(out, flags|isVersioned, byte(len(h.Version))) //nolint:gosec // a version number is short
	return append(append(out, h.Version...), h.ID...)
}

func decodeHead(raw []byte) (*head, error) {
	if len(raw) < headSize {
		return nil, ErrRecord
	}
	h := &head{seq: binary.BigEndian.Uint64(raw)}
	h.LastUpdated = readTime(raw[8:])
	h.Stored = readTime(raw[8+timeSize:])
	h.Gap = int(binary.BigEndian.Uint32(raw[8+2*timeSize:]))
	flags, rest := raw[headSize-1], raw[headSize:]
	h.Deleted = flags&isDeleted != 0
	h.Missed = flags&isMissed != 0
	h.Version = unstated
	if flags&isVersioned != 0 {
		if len(rest) == 0 || len(rest) <= int(rest[0]) {
			return nil, ErrRecord
		}
		end := 1 + int(rest[0])
		h.Version, rest = ocpi.Version(rest[1:end]), rest[end:]
	}
	h.ID = string(rest)
	return h, nil
}

// StoredAt reads from the row of a head when its object was stored, and its id as
// it was first written: what a Dated table needs.
func StoredAt(head []byte) (at time.Time, id string, err error) {
	h, err := decodeHead(head)
	if err != nil {
		return time.Time{}, "", err
	}
	return h.Stored, h.ID, nil
}

// appendTime writes any time, also such that do not fit into nanoseconds: a
// last_updated in the year 9999 comes from outside.
func appendTime(out []byte, t time.Time) []byte {
	out = binary.BigEndian.AppendUint64(out, uint64(t.Unix()))        //nolint:gosec // read back as it was written
	return binary.BigEndian.AppendUint32(out, uint32(t.Nanosecond())) //nolint:gosec // below 1e9
}

func readTime(raw []byte) time.Time {
	seconds := int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // as it was written
	return time.Unix(seconds, int64(binary.BigEndian.Uint32(raw[8:]))).UTC()
}

// entry is an object in the order of its shelf: as much as a list needs to
// choose and to count.
type entry struct {
	shelf
	seq     uint64
	updated time.Time
	id      string // as it was first written
}

func (e *entry) encode() []byte { return append(appendTime(nil, e.updated), e.id...) }

func decodeEntry(s shelf, seq uint64, raw []byte) (entry, error) {
	if len(raw) < timeSize {
		return entry{}, ErrRecord
	}
	return entry{s, seq, readTime(raw), string(raw[timeSize:])}, nil
}

// holding is what the index of ids tells about an object.
type holding struct {
	Key
	seq uint64
}

func (h *holding) encode() []byte { return append(binary.BigEndian.AppendUint64(nil, h.seq), h.ID...) }

func decodeHolding(k Key, raw []byte) (holding, error) {
	if len(raw) < 8 {
		return holding{}, ErrRecord
	}
	k.ID = string(raw[8:])
	return holding{k, binary.BigEndian.Uint64(raw)}, nil
}

// count is how many objects a shelf holds, and, of a shelf for one party, of
// how many of them the same owner has one for everyone too.
type count struct{ objects, twins uint64 }

func (c count) encode() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, c.objects), c.twins)
}

func decodeCount(raw []byte) count {
	if len(raw) < 16 {
		return count{}
	}
	return count{binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:])}
}

// encodeEVSE writes an EVSE with its place in the list of its location.
func encodeEVSE(place int, e EVSE) []byte {
	out := binary.AppendUvarint(nil, uint64(place)) //nolint:gosec // a place in a list
	for _, text := range []string{e.UID, e.Lead} {
		out = append(binary.AppendUvarint(out, uint64(len(text))), text...)
	}
	return append(out, e.Body...)
}

func decodeEVSE(raw []byte) (place int, e EVSE, err error) {
	at, n := binary.Uvarint(raw)
	if n <= 0 {
		return 0, EVSE{}, ErrRecord
	}
	raw = raw[n:]
	for _, text := range []*string{&e.UID, &e.Lead} {
		size, n := binary.Uvarint(raw)
		if n <= 0 || size > uint64(len(raw)-n) { //nolint:gosec // n is not above len(raw)
			return 0, EVSE{}, ErrRecord
		}
		end := n + int(size) //nolint:gosec // not above len(raw)
		*text, raw = string(raw[n:end]), raw[end:]
	}
	e.Body = raw
	return int(at), e, nil //nolint:gosec // as it was written
}

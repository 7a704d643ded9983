package catalog

import (
	"encoding/binary"
	"errors"
	"time"
)

// errRecord reports bytes in the store that no version of the hub wrote.
var errRecord = errors.New("a record of the catalog cannot be read")

// head is a Record as it is stored beside its frame, with its place in the
// order of creation.
type head struct {
	Record
	seq uint64
}

const headSize = 8 + 8 + 8 + 4 + 1

// encode writes a head; the frame is stored on its own.
func (h *head) encode() []byte {
	out := make([]byte, 0, headSize+len(h.ID))
	out = binary.BigEndian.AppendUint64(out, h.seq)
	out = binary.BigEndian.AppendUint64(out, nanos(h.LastUpdated))
	out = binary.BigEndian.AppendUint64(out, nanos(h.Stored))
	out = binary.BigEndian.AppendUint32(out, uint32(h.Gap)) //nolint:gosec // an offset into a body, far below 4 GiB
	deleted := byte(0)
	if h.Deleted {
		deleted = 1
	}
	return append(append(out, deleted), h.ID...)
}

func decodeHead(raw []byte) (*head, error) {
	if len(raw) < headSize {
		return nil, errRecord
	}
	h := &head{seq: binary.BigEndian.Uint64(raw)}
	h.LastUpdated = fromNanos(binary.BigEndian.Uint64(raw[8:]))
	h.Stored = fromNanos(binary.BigEndian.Uint64(raw[16:]))
	h.Gap = int(binary.BigEndian.Uint32(raw[24:]))
	h.Deleted = raw[28] == 1
	h.ID = string(raw[headSize:])
	return h, nil
}

func nanos(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixNano()) //nolint:gosec // read back as it was written
}

func fromNanos(n uint64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(n)).UTC() //nolint:gosec // as it was written
}

// count is how many objects a shelf holds, and the last sequence it gave.
type count struct{ objects, last uint64 }

func (c count) encode() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, c.objects), c.last)
}

func decodeCount(raw []byte) count {
	if len(raw) < 16 {
		return count{}
	}
	return count{binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:])}
}

// encodeEVSE writes an EVSE with its place in the list of its location.
func encodeEVSE(place int, e EVSE) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(place))     //nolint:gosec // a place in a list
	out = binary.BigEndian.AppendUint32(out, uint32(len(e.UID))) //nolint:gosec // shorter than a body
	return append(append(out, e.UID...), e.Body...)
}

func decodeEVSE(raw []byte) (place int, e EVSE, err error) {
	const front = 4 + 4
	if len(raw) < front {
		return 0, EVSE{}, errRecord
	}
	uid := int(binary.BigEndian.Uint32(raw[4:]))
	if len(raw) < front+uid {
		return 0, EVSE{}, errRecord
	}
	return int(binary.BigEndian.Uint32(raw)), EVSE{string(raw[front : front+uid]), raw[front+uid:]}, nil
}

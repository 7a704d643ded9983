package rediscatalog

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/routing/catalog"
)

// errRecord reports bytes in Redis that no version of the hub wrote.
var errRecord = errors.New("a record of the catalog in Redis cannot be read: restore Redis from a backup")

// mainField holds the record of an object; all other fields of its hash are
// EVSEs. A uid has no zero bytes.
const mainField = "\x00"

// markSize is the size of the mark of a write.
const markSize = 8

// object is the hash of an object, as far as it was read, with what a change
// has made of it.
type object struct {
	name catalog.Name
	key  string
	// mark is that of the write that made the record, "" when there is none.
	mark   string
	member string // of the dated set, as it was read
	head   []byte
	frame  []byte
	evses  map[string][]byte // nil: it is known that there is none
	loaded bool              // the record was read
	whole  bool              // all EVSEs were read

	changed bool // the record is another now
	dirty   map[string]bool
}

func (t *table) newObject(n catalog.Name) *object {
	return &object{
		name: n, key: t.client.Key(n.Owner, "o", n.Audience, n.Module, n.ID),
		evses: map[string][]byte{}, dirty: map[string]bool{},
	}
}

// take fills in what was read. It reports errConflict when the object was
// written since it was read before.
func (o *object) take(fields map[string]string, whole bool) error {
	mark, head, frame, err := decodeRecord(fields[mainField])
	if err != nil {
		return err
	}
	if o.loaded && mark != o.mark {
		return errConflict
	}
	if !o.loaded {
		o.mark, o.head, o.frame, o.loaded = mark, head, frame, true
		if o.member, err = datedMember(o.name, head); err != nil {
			return err
		}
	}
	o.whole = o.whole || whole
	for uid, raw := range fields {
		if _, known := o.evses[uid]; !known && uid != mainField {
			o.evses[uid] = []byte(raw)
		}
	}
	return nil
}

// encodeRecord writes mark, head and frame of an object as one value: a hash
// pays for each field.
func encodeRecord(mark string, head, frame []byte) string {
	out := make([]byte, 0, markSize+binary.MaxVarintLen32+len(head)+len(frame))
	out = append(out, mark...)
	out = binary.AppendUvarint(out, uint64(len(head)))
	return string(append(append(out, head...), frame...))
}

func decodeRecord(raw string) (mark string, head, frame []byte, err error) {
	if raw == "" {
		return "", nil, nil, nil
	}
	if len(raw) <= markSize {
		return "", nil, nil, errRecord
	}
	rest := []byte(raw[markSize:])
	size, n := binary.Uvarint(rest)
	if n <= 0 || size > uint64(len(rest)-n) { //nolint:gosec // n is not above len(rest)
		return "", nil, nil, errRecord
	}
	end := n + int(size) //nolint:gosec // not above len(rest)
	if end < len(rest) {
		frame = rest[end:]
	}
	return raw[:markSize], rest[n:end], frame, nil
}

// datedMember tells when an object was stored and which it is, in bytes that
// are ordered as the times are; "" of no object.
func datedMember(n catalog.Name, head []byte) (string, error) {
	if head == nil {
		return "", nil
	}
	at, id, err := catalog.StoredAt(head)
	if err != nil {
		return "", err
	}
	out := encodeTime(at)
	if n.Audience != "" {
		out += n.Audience + "\x00"
	}
	return out + id, nil
}

const timeSize = 12

// encodeTime writes a time so that bytes are ordered as times are.
func encodeTime(at time.Time) string {
	out := binary.BigEndian.AppendUint64(nil, uint64(at.Unix())^(1<<63))       //nolint:gosec // only the order matters
	return string(binary.BigEndian.AppendUint32(out, uint32(at.Nanosecond()))) //nolint:gosec // below 1e9
}

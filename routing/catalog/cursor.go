package catalog

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// position is a place in the order of a list: behind this object of the owner.
type position struct {
	module ocpi.ModuleID
	owner  ocpi.PartyID
	seq    uint64
}

// cursor writes a position as text that means nothing to others.
func (p position) cursor() string {
	text := string(p.module) + "\x00" + partyText(p.owner) + "\x00"
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64([]byte(text), p.seq))
}

// parseCursor reads the cursor of a query; of none it is the zero position.
func parseCursor(q Query) (position, error) {
	if q.Cursor == "" {
		return position{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || len(raw) < 8 {
		return position{}, ErrCursor
	}
	text, seq := string(raw[:len(raw)-8]), binary.BigEndian.Uint64(raw[len(raw)-8:])
	parts := strings.Split(text, "\x00")
	if len(parts) != 3 || parts[2] != "" || ocpi.ModuleID(parts[0]) != q.Module {
		return position{}, ErrCursor
	}
	p := position{q.Module, partyOf(parts[1]), seq}
	if !p.owner.Valid() || seq == 0 {
		return position{}, ErrCursor
	}
	return p, nil
}

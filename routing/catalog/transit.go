package catalog

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

var _ Transit = (*Keyed)(nil)

// Announce implements Transit.
func (s *Keyed) Announce(ctx context.Context, c Change) (t Ticket, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = s.table.Update(ctx, About{Keys: []Key{c.Key}}, func(rows Rows) error {
		t = 1
		if raw := rows.Get(key(InTickets)); len(raw) == 8 {
			t = Ticket(binary.BigEndian.Uint64(raw)) + 1
		}
		return errors.Join(
			rows.Put(key(InTickets), binary.BigEndian.AppendUint64(nil, uint64(t))),
			rows.Put(t.key(), encodeChange(c)),
		)
	})
	return t, err
}

// Settle implements Transit.
func (s *Keyed) Settle(ctx context.Context, t Ticket, f Fate) (out Outcome, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	var unknown error
	err = s.table.Update(ctx, About{Ticket: t}, func(rows Rows) error {
		var err error
		out, err = settle(rows, t, f)
		unknown = nil
		if errors.Is(err, ErrUnknown) {
			unknown, err = err, nil // the ticket is gone all the same
		}
		return err
	})
	if err = cmp.Or(err, unknown); err != nil {
		return "", err
	}
	return out, nil
}

func settle(rows Rows, t Ticket, f Fate) (Outcome, error) {
	raw := rows.Get(t.key())
	if raw == nil {
		return "", ErrUnknown
	}
	c, err := decodeChange(raw)
	if err != nil {
		return "", err
	}
	if err := rows.Delete(t.key()); err != nil {
		return "", err
	}
	if f == Refused {
		return withdraw(rows, c)
	}
	out, err := apply(rows, c)
	if err != nil {
		return out, err
	}
	return out, markMissed(rows, c.Key, f == Missed && out == Created, f == Taken)
}

// withdraw takes away an object that is held only because its party missed it,
// now that this party has refused it.
func withdraw(rows Rows, c Change) (Outcome, error) {
	h, err := readHead(rows, c.Key)
	if err != nil || h.seq == 0 || h.Deleted || !h.Missed || c.Op != Put {
		return Unchanged, err
	}
	return Updated, purge(rows, c.Key, h)
}

// markMissed notes that no change of an object was taken so far, or that one
// was.
func markMissed(rows Rows, k Key, missed, taken bool) error {
	h, err := readHead(rows, k)
	if err != nil || h.seq == 0 || !missed && (!taken || !h.Missed) {
		return err
	}
	h.Missed = missed
	return rows.Put(k.object(InHeads), h.encode())
}

// Announced implements Transit.
func (s *Keyed) Announced(ctx context.Context, before time.Time) (out []Ticket, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []announced
	err = s.table.View(ctx, About{}, func(rows Rows) (err error) {
		found, err = announcedBefore(rows, before)
		return err
	})
	for _, a := range found {
		out = append(out, a.ticket)
	}
	return out, err
}

type announced struct {
	ticket Ticket
	at     time.Time
}

// announcedBefore returns what is in transit, oldest first.
func announcedBefore(rows Rows, before time.Time) (out []announced, err error) {
	rows.Scan([]byte{InTransit}, []byte{InTransit}, func(name, raw []byte) bool {
		var c Change
		if c, err = decodeChange(raw); err != nil {
			return false
		}
		if before.IsZero() || c.At.Before(before) {
			out = append(out, announced{Ticket(binary.BigEndian.Uint64(name[1:])), c.At})
		}
		return true
	})
	slices.SortStableFunc(out, func(a, b announced) int { return a.at.Compare(b.at) })
	return out, err
}

func (t Ticket) key() []byte { return binary.BigEndian.AppendUint64([]byte{InTransit}, uint64(t)) }

// encodeChange writes a change: the hub's time, the words that name it, each
// with its length, and the body. The first word is what it does, and behind a
// blank the version, where that is to be stated.
func encodeChange(c Change) []byte {
	out := appendTime(nil, c.At)
	k, op := c.Key, string(c.Op)
	if c.Version != unstated && c.Version != "" {
		op += " " + string(c.Version)
	}
	for _, text := range []string{
		op, string(k.Module), partyText(k.Owner), partyText(k.Audience), k.ID, c.Part.EVSE, c.Part.Connector,
	} {
		out = append(binary.AppendUvarint(out, uint64(len(text))), text...)
	}
	return append(out, c.Body...)
}

func decodeChange(raw []byte) (Change, error) {
	if len(raw) < timeSize {
		return Change{}, ErrRecord
	}
	c := Change{At: readTime(raw)}
	raw = raw[timeSize:]
	var words [7]string
	for i := range words {
		size, n := binary.Uvarint(raw)
		if n <= 0 || size > uint64(len(raw)-n) { //nolint:gosec // n is not above len(raw)
			return Change{}, ErrRecord
		}
		end := n + int(size) //nolint:gosec // not above len(raw)
		words[i], raw = string(raw[n:end]), raw[end:]
	}
	op, version, _ := strings.Cut(words[0], " ")
	c.Op, c.Version = Op(op), cmp.Or(ocpi.Version(version), unstated)
	c.Key = Key{ocpi.ModuleID(words[1]), partyOf(words[2]), partyOf(words[3]), words[4]}
	c.Part = Part{EVSE: words[5], Connector: words[6]}
	c.Body = raw
	return c, nil
}

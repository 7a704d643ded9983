package catalog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"github.com/ocpihub/ocpihub/ocpi"
)

// contractOf is the contract of a token, which 2.1.1 calls its auth_id; "" of
// what is no token, or is gone.
func contractOf(m ocpi.ModuleID, r *Record) string {
	switch {
	case m != ocpi.Tokens || r.Deleted:
		return ""
	case r.Version == ocpi.V211:
		return ocpi.FindString(r.Frame, "auth_id")
	}
	return ocpi.FindString(r.Frame, "contract_id")
}

func (k Key) contracted(contract string) []byte {
	return key(InContracts, fold(contract), partyText(k.Owner), partyText(k.Audience), fold(k.ID))
}

// recontract keeps the index of contracts in step with a token. What is no token
// costs nothing.
func recontract(rows Rows, k Key, was, is string, id string) error {
	if fold(was) == fold(is) {
		return nil
	}
	var err error
	if was != "" {
		err = rows.Delete(k.contracted(was))
	}
	if is != "" {
		err = errors.Join(err, rows.Put(k.contracted(is), []byte(id)))
	}
	return err
}

// Contract implements Store.
func (s *Keyed) Contract(ctx context.Context, contract string, reader ocpi.PartyID) (out []Object, err error) {
	if err := ctx.Err(); err != nil || contract == "" {
		return nil, err
	}
	err = s.table.View(ctx, About{}, func(rows Rows) error {
		keys := contracted(rows, contract, reader)
		if far, ok := rows.(Ahead); ok {
			far.ReadObjects(keys)
		}
		out = nil
		for _, k := range keys {
			o, err := read(rows, k, Part{})
			switch {
			case errors.Is(err, ErrUnknown):
			case err != nil:
				return err
			case fold(contractOf(ocpi.Tokens, &Record{Version: o.Version, Frame: o.Body})) == fold(contract):
				out = append(out, o)
			}
		}
		return nil
	})
	return out, err
}

// contracted are the tokens of a contract, in order of owner and audience: those
// for everyone and those for the reader, whose own stand for their twins. A zero
// reader sees all.
func contracted(rows Rows, contract string, reader ocpi.PartyID) (out []Key) {
	prefix := key(InContracts, fold(contract))
	rows.Scan(prefix, prefix, func(name, id []byte) bool {
		k := ParseName(name).Key(string(id))
		k.Module = ocpi.Tokens
		if !reader.IsZero() && k.Audience != Everyone && k.Audience != reader {
			return true
		}
		if !reader.IsZero() && k.Audience != Everyone {
			for i := range out {
				if out[i].Owner == k.Owner && fold(out[i].ID) == fold(k.ID) {
					out[i] = k
					return true
				}
			}
		}
		out = append(out, k)
		return true
	})
	return out
}

// Audiences implements Store. It reads the counts of all shelves.
func (s *Keyed) Audiences(ctx context.Context, m ocpi.ModuleID, owner ocpi.PartyID) (out []ocpi.PartyID, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.table.View(ctx, About{}, func(rows Rows) error {
		out = nil
		rows.Scan([]byte{InCounts}, []byte{InCounts}, func(name, raw []byte) bool {
			n := ParseName(name)
			if n.Module == string(m) && n.Owner == partyText(owner) && decodeCount(raw).objects > 0 {
				out = append(out, partyOf(n.Audience))
			}
			return true
		})
		return nil
	})
	return out, err
}

// IDs implements Store. It reads the order of a shelf, no object.
func (s *Keyed) IDs(ctx context.Context, m ocpi.ModuleID, owner, audience ocpi.PartyID, each func(id string) bool) error {
	sh := shelf{m, owner, audience}
	for from := sh.order(0); from != nil; {
		var ids []string
		err := s.table.View(ctx, About{}, func(rows Rows) (err error) {
			ids, from, err = idsFrom(rows, sh, from)
			return err
		})
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		for _, id := range ids {
			if !each(id) {
				return nil
			}
		}
	}
	return nil
}

// idsFrom reads a stretch of a shelf; next is where to go on, nil at the end.
func idsFrom(rows Rows, sh shelf, from []byte) (ids []string, next []byte, err error) {
	rows.Scan(sh.key(InOrder), from, func(name, raw []byte) bool {
		if len(ids) == stretch {
			next = bytes.Clone(name)
			return false
		}
		var e entry
		e, err = decodeEntry(sh, binary.BigEndian.Uint64(name[len(name)-8:]), raw)
		ids = append(ids, e.id)
		return err == nil
	})
	return ids, next, err
}

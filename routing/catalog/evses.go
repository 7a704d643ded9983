package catalog

import (
	"bytes"
	"slices"
)

// placed is an EVSE with its place in the list of its location.
type placed struct {
	EVSE
	place int
}

// readEVSEs returns the EVSEs of a location in their order.
func readEVSEs(rows Rows, k Key) ([]EVSE, error) {
	var list []placed
	var bad error
	prefix := k.object(InEVSEs)
	rows.Scan(prefix, prefix, func(_, raw []byte) bool {
		place, e, err := decodeEVSE(raw)
		bad = err
		list = append(list, placed{e, place})
		return err == nil
	})
	slices.SortStableFunc(list, func(a, b placed) int { return a.place - b.place })
	var out []EVSE
	for _, p := range list {
		out = append(out, p.EVSE)
	}
	return out, bad
}

// readEVSE returns one EVSE, nil when the location has none with this uid.
func readEVSE(rows Rows, k Key, uid string) (*EVSE, int, error) {
	raw := rows.Get(k.evse(uid))
	if raw == nil {
		return nil, 0, nil
	}
	place, e, err := decodeEVSE(raw)
	return &e, place, err
}

// addEVSE writes an EVSE behind those that a location has.
func addEVSE(rows Rows, k Key, e EVSE) error {
	next := 0
	prefix := k.object(InEVSEs)
	var bad error
	rows.Scan(prefix, prefix, func(_, raw []byte) bool {
		place, _, err := decodeEVSE(raw)
		next, bad = max(next, place+1), err
		return err == nil
	})
	if bad != nil {
		return bad
	}
	if next > 0 {
		e.Lead = ","
	}
	return rows.Put(k.evse(e.UID), encodeEVSE(next, e))
}

// writeEVSEs makes the EVSEs of a location those of after, writing only what
// differs.
func writeEVSEs(rows Rows, k Key, before, after []EVSE) error {
	written := map[string]bool{}
	for place, e := range after {
		name := k.evse(e.UID)
		written[string(name)] = true
		value := encodeEVSE(place, e)
		if bytes.Equal(rows.Get(name), value) {
			continue
		}
		if err := rows.Put(name, value); err != nil {
			return err
		}
	}
	for _, e := range before {
		name := k.evse(e.UID)
		if written[string(name)] {
			continue
		}
		if err := rows.Delete(name); err != nil {
			return err
		}
	}
	return nil
}

package catalog

import (
	"bytes"
)

// Agrees says whether a state already holds what a change brings, so that who
// gets the change last gets nothing older. newest is what Store.Get returns for
// the key and the part of the change, nil when that is ErrUnknown. It is so when
// the change, applied once more, is neither Stale nor makes Get return anything
// else. It is a pure function; Asked does not matter to it.
func Agrees(newest []byte, c Change) bool {
	switch {
	case newest == nil || c.Op == Delete:
		return newest == nil && c.Op == Delete
	case stale(newest, c.Body):
		return false
	case c.Op == Put:
		return bytes.Equal(newest, c.Body)
	case c.Part != Part{}:
		return bytes.Equal(newest, merge(newest, c.Body))
	}
	return bytes.Equal(newest, mergeOf(c.Key.Module)(newest, c.Body))
}

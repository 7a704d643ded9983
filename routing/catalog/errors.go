package catalog

import "errors"

// ErrUnknown reports that the catalog does not hold the object, or the parent
// of the part.
var ErrUnknown = errors.New("the object is not known")

// ErrCursor reports a cursor that List did not hand out.
var ErrCursor = errors.New("the cursor is not one of this list")

// ErrRecord reports bytes in the store that no version of the hub wrote.
var ErrRecord = errors.New("a record of the catalog cannot be read: restore the store from a backup")

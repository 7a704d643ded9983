package catalog

import "errors"

// ErrUnknown reports that the catalog does not hold the object, or the parent
// of the part.
var ErrUnknown = errors.New("the object is not known")

// ErrCursor reports a cursor that List did not hand out.
var ErrCursor = errors.New("the cursor is not one of this list")

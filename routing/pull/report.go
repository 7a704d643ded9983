package pull

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Report says what came of a pull of one platform, list by list.
type Report struct {
	Platform string
	Lists    []ListReport
}

// ListReport says what came of one list. Every object that was fetched is
// counted in one of the numbers behind Fetched.
type ListReport struct {
	List
	// Since is where the list was read from; zero: from its beginning.
	Since   time.Time
	Pages   int
	Fetched int
	// New objects were not held before, Updated ones had other content.
	New, Updated int
	// Unchanged objects say what the hub held already, or are older than that.
	Unchanged int
	Rejected  int
	// Rejections are the first of the rejected ones, at most maxRejections.
	Rejections []Rejection
	// Err is why the list was not read to its end; a fault. Nil: it was.
	Err error
}

// Rejection is an object that was left out.
type Rejection struct {
	// Page counts from 1; Pointer is the JSON pointer of the object in the
	// answer, /data/3.
	Page    int
	Pointer string
	// ID is the id of the object; empty for tokens, whose uid is secret, and
	// for what has none.
	ID     string
	Reason string
}

// maxRejections bounds the rejections of one list that are kept with reasons.
const maxRejections = 100

// count notes what the hub did with an object.
func (r *ListReport) count(o catalog.Outcome) {
	switch o {
	case catalog.Created:
		r.New++
	case catalog.Updated:
		r.Updated++
	case catalog.Unchanged, catalog.Stale:
		r.Unchanged++
	}
}

func (r *ListReport) reject(x Rejection) {
	r.Rejected++
	if len(r.Rejections) < maxRejections {
		r.Rejections = append(r.Rejections, x)
	}
}

// maxID bounds what is told of an id: it comes from outside.
const maxID = 100

// shownID is the id of an object as it may be told.
func shownID(m ocpi.ModuleID, element []byte) string {
	if m == ocpi.Tokens {
		return ""
	}
	id := ocpi.FindString(element, "id")
	return id[:min(len(id), maxID)]
}

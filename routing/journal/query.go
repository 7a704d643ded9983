package journal

import (
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Query selects records; the zero value selects all.
type Query struct {
	// CorrelationID selects a whole conversation: a command with its result,
	// though that may have a correlation id of its own.
	CorrelationID string
	// TraceID selects a trace.
	TraceID string
	// Party is the sender or the receiver.
	Party  ocpi.PartyID
	Module ocpi.ModuleID
	// Status is an HTTP or an OCPI status code.
	Status int
	// Since drops what began before.
	Since time.Time
	// Bodies asks for the bodies of the records, where they are still kept.
	Bodies bool
	// Limit is how many records are listed at most; 0: as many as there are.
	Limit int
}

// Selector says which records a query takes. It is for one reading, newest
// first: a result names the command that comes behind it.
type Selector struct {
	Query
	ids []string // the correlation ids of the conversation
}

// Selector returns the selector for one reading.
func (q Query) Selector() *Selector {
	s := &Selector{Query: q}
	if q.CorrelationID != "" {
		s.ids = []string{q.CorrelationID}
	} else if q.TraceID != "" {
		s.ids = []string{q.TraceID}
	}
	return s
}

// IDs are texts of which each record that s takes holds one, for those who can
// look before they decode; empty when there are none. They grow while s is
// used.
func (s *Selector) IDs() []string { return s.ids }

// Takes says whether the query selects a record.
func (s *Selector) Takes(e *Entry) bool {
	if !s.talks(e) || e.Time.Before(s.Since) {
		return false
	}
	if s.TraceID != "" && s.TraceID != e.TraceID {
		return false
	}
	if !s.Party.IsZero() && s.Party != e.From && s.Party != e.To {
		return false
	}
	if s.Module != "" && s.Module != e.Module {
		return false
	}
	return s.Status == 0 || s.Status == e.HTTPStatus || s.Status == int(e.OCPIStatus)
}

// talks says whether a record belongs to the conversation.
func (s *Selector) talks(e *Entry) bool {
	if s.CorrelationID == "" {
		return true
	}
	for _, id := range s.ids {
		if e.CorrelationID != id && e.Command != id {
			continue
		}
		s.note(e.CorrelationID)
		s.note(e.Command)
		return true
	}
	// What brought it together with others belongs to it, the others do not.
	return slices.ContainsFunc(e.Covers, func(id string) bool { return slices.Contains(s.ids, id) })
}

// maxIDs bounds a conversation: a sender may use one correlation id for all.
const maxIDs = 100

func (s *Selector) note(id string) {
	if id != "" && len(s.ids) < maxIDs && !slices.Contains(s.ids, id) {
		s.ids = append(s.ids, id)
	}
}

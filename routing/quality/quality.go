// Package quality counts what is wrong with the objects that parties send: per
// party, module, kind and field, with one example each. It lies beside the way
// of a message, never on it: Inspect hands an object over and returns at once,
// and what the inspector has no room for is dropped and counted as dropped.
// What it counts stops nothing (H-207); structural faults, which the router may
// refuse, are counted as well.
//
// It lies below routing because the router alone knows who sent what, and by
// which class it is read; of routing it knows nothing.
//
// It is not a log: of a thousand objects with the same fault it keeps one
// example. Nor is it exact over a crash: counts are written every few seconds.
package quality

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// More is the kind of the row that counts the findings for which a party has no
// room: those of further fields when it has MaxRows rows.
const More ocpi.FindingKind = "more"

// MaxRows bounds the rows of one party, the row of kind More aside.
const MaxRows = 200

// Kinds lists every kind of a row.
func Kinds() []ocpi.FindingKind { return append(ocpi.FindingKinds(), More) }

// Object is an object that a party sent.
type Object struct {
	Owner   ocpi.PartyID // who sent it
	Version ocpi.Version // that the object is of
	Module  ocpi.ModuleID
	Class   string // of the data model; what is unknown is not looked at
	ID      string // as an operator would look for it: LOC1, or LOC1/3256 for an EVSE
	Body    []byte // valid JSON, not changed any more
	// Partial: the body is that of a PATCH.
	Partial bool
	// WentBack: the hub holds a newer state. Only that is counted: the object
	// itself was handed over before.
	WentBack bool
}

// Row counts the findings of one kind in one field.
type Row struct {
	Place
	Count     int64
	Example   Example // the newest
	FirstSeen time.Time
	LastSeen  time.Time
}

// Place is what makes a row.
type Place struct {
	Party  ocpi.PartyID
	Module ocpi.ModuleID
	Kind   ocpi.FindingKind
	// Field is the path in the module's object, without positions in lists:
	// evses.connectors.standard, also when the connector came alone. Commands
	// and answers have paths of their own.
	Field string
}

// Example is one finding. What tells of a driver is masked in it.
type Example struct {
	ObjectID string
	Pointer  string // RFC 6901, in the body that was sent
	Value    string // as it was spelled, shortened; "" when there is none
}

// Query selects rows; a zero field selects all.
type Query struct {
	Party  ocpi.PartyID
	Module ocpi.ModuleID
	Kind   ocpi.FindingKind
}

func (q Query) selects(p Place) bool {
	return (q.Party.IsZero() || q.Party == p.Party) && (q.Module == "" || q.Module == p.Module) && (q.Kind == "" || q.Kind == p.Kind)
}

package catalog

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Store keeps the newest state of client-owned objects. All methods are safe
// for concurrent use. Implementations: memory (this package), boltcatalog, rediscatalog;
// catalogtest judges them.
//
// Ids are CiStrings: they are compared without regard to case and kept as they
// were first written. Bytes go in and come out unchanged: members nobody
// knows, the spelling of numbers, the order of members.
type Store interface {
	// Apply brings one change into the catalog, in one atomic and durable
	// step. A change older than the stored state (by last_updated) is Stale
	// and changes nothing. A PATCH, or a PUT of an EVSE or connector, whose
	// parent object is not held gives ErrUnknown, as does a DELETE of what was
	// never held; one of what was deleted before is Unchanged.
	Apply(ctx context.Context, c Change) (Outcome, error)

	// ApplyAll brings changes into the catalog, each as Apply does, those of
	// one object in their order, and returns what came of each. Where steps
	// are dear many share one.
	ApplyAll(ctx context.Context, changes []Change) []Applied

	// Get returns the newest state of an object or of a part of it, assembled
	// as one JSON object; ErrUnknown when it is not held.
	Get(ctx context.Context, k Key, part Part) (Object, error)

	// List returns one page of a module's objects for one reader.
	List(ctx context.Context, q Query) (Page, error)

	// Owners returns who holds an object with this id that reader may see
	// (Everyone's and reader's own audience), each owner once, by the reader's
	// own object where it has both. A zero reader sees every audience, each as
	// a Key of its own.
	Owners(ctx context.Context, m ocpi.ModuleID, id string, reader ocpi.PartyID) ([]Key, error)

	// Contract returns the tokens of a contract (contract_id, or auth_id in 2.1.1)
	// that reader may see, whoever issued them, each once, by the reader's own
	// where it has both. A zero reader sees every audience.
	Contract(ctx context.Context, contract string, reader ocpi.PartyID) ([]Object, error)

	// IDs calls each with the ids of an owner's objects for one audience, as they
	// were first written, in order of creation, until each returns false. What
	// changes meanwhile may be missed.
	IDs(ctx context.Context, m ocpi.ModuleID, owner, audience ocpi.PartyID, each func(id string) bool) error

	// Audiences returns for whom an owner has objects of a module, Everyone first.
	Audiences(ctx context.Context, m ocpi.ModuleID, owner ocpi.PartyID) ([]ocpi.PartyID, error)

	// Changed calls each with the key of every object for everyone, deleted
	// ones too, that was stored at or after since, until each returns false.
	Changed(ctx context.Context, since time.Time, each func(Key) bool) error

	// Stats counts the objects per owner and module.
	Stats(ctx context.Context) ([]Stat, error)
}

// Transit keeps changes of objects that are for one party while they are on
// their way to it, so that nothing is acknowledged before it is kept, and no
// reader is shown what its party refused. All methods are safe for concurrent
// use. Implementations: as of Store.
type Transit interface {
	// Announce notes a change durably before it is sent. It shows in no read.
	Announce(ctx context.Context, c Change) (Ticket, error)

	// Settle ends what Announce began by what became of the change, in one
	// atomic and durable step. A change that was taken or missed is applied as
	// by Apply, with its outcomes and errors. One that was refused is dropped;
	// when it is a PUT and no change of its object was ever taken, the object
	// goes too. A ticket that is not open gives ErrUnknown.
	Settle(ctx context.Context, t Ticket, f Fate) (Outcome, error)

	// Announced returns the open tickets, oldest first, whose change is from
	// before a time (Change.At); zero means all. Those that are older than any
	// call takes nobody is going to settle: nobody knows what became of them.
	Announced(ctx context.Context, before time.Time) ([]Ticket, error)
}

// Ticket names a change in transit; no ticket is 0.
type Ticket uint64

// Fate is what became of a change in transit.
type Fate int

// The fates of a change.
const (
	Taken   Fate = iota + 1 // its party has it
	Missed                  // its party may not have it: it was away, or gave no usable answer
	Refused                 // its party does not want it
)

// Purger removes what was kept long enough.
type Purger interface {
	// Purge removes the objects of a module that are for one party and were
	// last stored before a time, without a trace, and says how many. It works
	// in small steps, between which others write; an error leaves the steps
	// before it done. Cursors of List stay good.
	Purge(ctx context.Context, m ocpi.ModuleID, before time.Time) (removed int, err error)
}

// Key names an object. Audience is Everyone for what was given to the hub for
// all, else the one party that it was sent to.
type Key struct {
	Module   ocpi.ModuleID
	Owner    ocpi.PartyID
	Audience ocpi.PartyID
	// ID is the id of the object: of the location, tariff, session, CDR. The
	// id of a token is TokenID(uid, type).
	ID string
}

// Everyone is the audience of objects that are for all.
var Everyone = ocpi.PartyID{}

// Part names a part of a location, or of a booking location; the zero Part is the
// whole object.
type Part struct {
	EVSE      string // uid
	Connector string // id, only together with EVSE
	Calendar  string // id, of a booking location
}

// Op is what a change does.
type Op string

// The operations on an object or a part of it.
const (
	Put    Op = "PUT"    // creates or replaces
	Patch  Op = "PATCH"  // replaces the members that are given
	Delete Op = "DELETE" // whole objects only
)

// Change is one push.
type Change struct {
	Key  Key
	Part Part
	Op   Op
	// Version is that which Body is written in. A PUT of a whole object gives it
	// to the object; other changes must be written in the object's own.
	Version ocpi.Version
	// TimeZone is that of a location of 2.1.1 that names none, where it has to be
	// carried into Version.
	TimeZone string
	// Body is a JSON object that has been checked: valid, no duplicate names.
	// A DELETE has none.
	Body []byte
	// At is the hub's time, for Changed; it never touches last_updated.
	At time.Time
	// Asked is set when the state was read from a list of the owner's: the time
	// before it was asked for. What was stored at or after it may be newer than
	// the list, so that only a later last_updated wins over it; else the change
	// is Stale.
	Asked time.Time
}

// Outcome is what a change did.
type Outcome string

// The outcomes of a change.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged" // the same content as before
	Stale     Outcome = "stale"     // older than what is held; nothing changed
)

// Object is an object as it stands in the catalog.
type Object struct {
	Key Key
	// Version is that which Body is written in, as it came.
	Version     ocpi.Version
	Body        []byte
	LastUpdated time.Time
}

// Query asks for one page. The order is (owner, order of creation), so that a
// crawl by Cursor skips and doubles nothing while objects change.
type Query struct {
	Module ocpi.ModuleID
	// Reader sees what is for everyone and what is for itself; where an object
	// is there in both, the one for itself. A zero Reader sees only what is for
	// everyone.
	Reader ocpi.PartyID
	// Owners limits the page to these; nil means all.
	Owners func(ocpi.PartyID) bool
	// From is inclusive and To exclusive on last_updated; zero means no bound.
	From, To time.Time
	// Cursor goes on behind an earlier page; when it is empty, Offset counts
	// from the start.
	Cursor string
	Offset int
	Limit  int // at least 1
}

// Page is one page of a list.
type Page struct {
	Objects []Object
	// Total counts all that the query matches, on every page.
	Total int
	// Next is the Cursor of the next page, empty on the last.
	Next string
}

// Stat counts the objects of one owner in one module.
type Stat struct {
	Owner       ocpi.PartyID
	Module      ocpi.ModuleID
	Objects     int
	LastUpdated time.Time
}

package fanout

import (
	"context"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// Feed is the durable, ordered list of accepted changes. All methods are safe
// for concurrent use. Implementations: memfeed, jsfeed; feedtest judges them.
type Feed interface {
	// Publish appends a change. When it returns, the change survives kill -9;
	// seq counts up from 1 without regard to gaps.
	Publish(ctx context.Context, c Change) (seq uint64, err error)

	// Read calls each, in order, with every change after the sequence given,
	// and goes on with new ones as they come, until ctx ends, each fails or the
	// feed cannot be read; the caller may then read on from where it was.
	Read(ctx context.Context, after uint64, each func(Record) error) error

	// Keys calls each, in order, with the head (no Body) of every change after
	// the first up to and including the second sequence.
	Keys(ctx context.Context, after, upTo uint64, each func(Record) error) error

	// Bounds returns the first sequence still held and the last one; both 0
	// while the feed is empty, first = last+1 when everything has expired.
	Bounds(ctx context.Context) (first, last uint64, err error)
}

// Rejections keeps what receivers did not want over restarts. All methods are
// safe for concurrent use. Implementations: MemoryRejections, boltrejections;
// rejectiontest judges them.
type Rejections interface {
	// Load returns all that is kept, the oldest first. What cannot be read any
	// more is left out.
	Load(ctx context.Context) ([]Rejection, error)
	// Write keeps rejections, each in place of the one with the same ref, and
	// drops others, in one atomic and durable step.
	Write(ctx context.Context, keep []Rejection, drop []RejectionRef) error
	// Forget drops the rejections of a platform.
	Forget(ctx context.Context, platform string) error
}

// RejectionRef names a rejection.
type RejectionRef struct{ Platform, ID string }

// Mark says that everything up to Seq has been done for a platform, and when
// that was so. At serves when the feed does not reach back to Seq any more.
type Mark struct {
	Seq uint64
	At  time.Time
	// New: the platform has registered and is yet to be told who else is here.
	New bool
	// Owed is what is to be brought beside what comes, in this order.
	Owed []Owed
}

// Owed is what a platform is to be brought of one module beside what comes: what
// the operator held back, or what the operator wants sent again. It is written
// down with the mark, and holds no id of an object.
type Owed struct {
	Module ocpi.ModuleID
	// Resync: what was updated at or after At goes out once, all of it when At is
	// zero; Cursor is behind what has been brought. Else the module was held
	// back: what came after Seq, at At, is owed.
	Resync bool
	Seq    uint64
	At     time.Time
	Cursor string
	// Count is how many objects, or changes, that still is.
	Count int
}

// Record is a change with its place in the feed.
type Record struct {
	Seq  uint64
	Time time.Time
	Change
}

// Change is an accepted push to all, as it came.
type Change struct {
	Key  catalog.Key
	Part catalog.Part
	// Method, Path (escaped, below the endpoint) and Query are those of the
	// push; Body its bytes.
	Method string
	Path   string
	Query  string
	Body   []byte
	// Role is the role in which the sender pushed, Platform its platform.
	Role     ocpi.Role
	Platform string
	// Version is that which Body is written in; empty with Newest, for it is
	// that of the object by then.
	Version ocpi.Version
	// For is the one platform that it is for; empty: all that Audience names.
	For string
	// Newest: there is no Body; the receiver gets the object as it is when the
	// copy is sent.
	Newest bool
	// CorrelationID is carried into every copy.
	CorrelationID string
	// Traceparent is the place of the push in its trace (W3C Trace Context);
	// empty when it has none. Joined are those of other changes that met this
	// one in a queue; they are not kept in the feed.
	Traceparent string
	Joined      []string
	// Covers are the correlation ids of other changes that met this one on their
	// way to a receiver, and go out with it: the latest of them, the latest last.
	Covers []string
}

// traceID is the second part of the traceparent.
func (c *Change) traceID() string {
	_, rest, _ := strings.Cut(c.Traceparent, "-")
	id, _, _ := strings.Cut(rest, "-")
	return id
}

// Audience says who gets a change now. It is asked for each change and each
// platform, so that agreements and registrations take effect at once.
type Audience interface {
	// Platforms returns the platforms that receive pushes at all.
	Platforms() []Target
	// Receivers returns the parties of a platform that get a copy of c; empty
	// when it has none. It must be quick and may not block.
	Receivers(platform string, c Change) []ocpi.PartyID
}

// Terms says what parties agreed on that goes before Options.CatchUp. Both
// methods must be quick and may not block.
type Terms interface {
	// CatchUp says what a party gets of a change that came while it was away:
	// CatchUpLatest, CatchUpNone, or nothing for what Options.CatchUp says.
	CatchUp(to ocpi.PartyID, c Change) string
	// AnyLatest says whether there is somebody who gets CatchUpLatest.
	AnyLatest() bool
}

// Target is a platform that receives pushes.
type Target struct {
	Platform string
	// Away: nothing may be sent now (OFFLINE, SUSPENDED); its progress is kept.
	Away bool
	// Paused: the operator holds everything back; Held: these modules.
	Paused bool
	Held   []ocpi.ModuleID
}

// Stock lists what the hub holds, for Resync; catalog.Store fulfils it.
type Stock interface {
	List(ctx context.Context, q catalog.Query) (catalog.Page, error)
}

// States gives the newest state of an object, for deliveries that no longer
// send the change as it came.
type States interface {
	// Newest returns the object or part for a platform; catalog.ErrUnknown when
	// it is gone, so that a DELETE goes out.
	Newest(ctx context.Context, platform string, k catalog.Key, part catalog.Part) (Content, error)
}

// Content is an object, or a part of one, as it is now.
type Content struct {
	// Version is that which Body is written in.
	Version ocpi.Version
	Body    []byte
}

// Courier makes one delivery: one HTTP call to one receiving party.
type Courier interface {
	// Deliver sends d and returns the answer. Errors are faults of kind
	// NotConnected, Timeout or BadAnswer; the answer then holds no more than the
	// RequestID.
	Deliver(ctx context.Context, d Delivery) (Answer, error)
}

// Delivery is one copy for one receiving party.
type Delivery struct {
	Platform string
	To       ocpi.PartyID
	Change
	Attempt int // from 1
}

// Answer is what the receiver said.
type Answer struct {
	RequestID  string // that the delivery had
	TraceID    string // of the trace that the delivery was part of; empty when there was none
	HTTPStatus int
	Status     ocpi.StatusCode
	Message    string
	RetryAfter time.Duration // of a 429 or 503; 0 when not given
	Body       []byte
	Bridged    []bridge.Crossing // the translation that the delivery took; nil when it took none
	// Whole says that nothing was sent: in the receiver's version the change is to
	// go as a PUT of the whole object.
	Whole bool
}

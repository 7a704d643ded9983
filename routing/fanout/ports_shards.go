package fanout

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Shard names one of the parts over which the platforms are spread by hash. Of
// all processes of the hub one at a time serves it.
type Shard struct{ Index, Of int }

// Has says whether a platform is of the shard.
func (s Shard) Has(platform string) bool { return ShardOf(platform, s.Of) == s }

// ShardOf is the one of so many shards that a platform is of.
func ShardOf(platform string, of int) Shard {
	h := fnv.New32a()
	_, _ = h.Write([]byte(platform))
	return Shard{Index: int(h.Sum32() % uint32(of)), Of: of} //nolint:gosec // a handful of shards
}

// Leases says which shards this process serves. It is safe for concurrent use.
// Without one a process serves all.
type Leases interface {
	// Serve does work whenever this process holds the lease of a shard. The
	// context of the work ends when the lease is lost or is to be given back; it
	// is given back only after the work has returned. Serve returns when ctx has
	// ended and the work has returned, or when the work returns by itself: then
	// with its error.
	Serve(ctx context.Context, s Shard, work func(ctx context.Context, held Held) error) error
}

// Held is the lease under which a shard is served.
type Held interface {
	// Valid says whether the lease is surely still held: false as soon as another
	// process may hold it, also when this one was stopped and has not noticed. It
	// is asked before each delivery, so it may cost next to nothing.
	Valid() bool
}

// ErrOvertaken is the error of a Ledger whose shard another process has taken
// since.
var ErrOvertaken = errors.New("another process serves the shard now")

// ErrReshaped is the error of Progress.Take when all processes have agreed on
// another number of shards meanwhile: this one must start again.
var ErrReshaped = errors.New("the number of shards has changed")

// Progress keeps how far the deliveries to each platform are done, by shards. All
// methods are safe for concurrent use. Implementations live beside those of Feed.
type Progress interface {
	// Take opens the marks of a shard for who serves it from now on: no ledger
	// that was taken before writes any more. It has the marks of all platforms of
	// the shard, whatever number of shards there was when they were written.
	Take(ctx context.Context, s Shard) (Ledger, error)
	// Marks returns what is written of a shard, for those who do not serve it.
	Marks(ctx context.Context, s Shard) (map[string]Mark, error)
	Arrivals
}

// Ledger are the marks of one shard in the hands of who serves it. All methods are
// safe for concurrent use. Errors: ErrOvertaken; after any other error the write
// may have happened, and may be repeated.
type Ledger interface {
	// Marks returns the marks as they were when they were taken.
	Marks() map[string]Mark
	// Save writes these marks beside the others; when it returns they survive
	// kill -9.
	Save(ctx context.Context, marks map[string]Mark) error
	// Forget drops the mark of a platform.
	Forget(ctx context.Context, platform string) error
}

// Arrivals keeps who has registered until the one who serves its shard takes it
// up. All methods are safe for concurrent use.
type Arrivals interface {
	// Arrive notes that a platform has registered, and where its deliveries begin
	// if it has no mark; when it returns that survives kill -9.
	Arrive(ctx context.Context, platform string, m Mark) error
	// Arrived returns what is noted.
	Arrived(ctx context.Context) (map[string]Mark, error)
	// Settle drops these notes, unless a later one has taken their place.
	Settle(ctx context.Context, notes map[string]Mark) error
}

// Peers carries questions to the process that serves a shard. It is safe for
// concurrent use. Implementations: MemoryPeers, natspeers; peerstest judges them.
type Peers interface {
	// Ask returns the answer of who serves the shard. It returns an error within
	// ctx; ErrMoving at once where it can be told that nobody serves the shard.
	Ask(ctx context.Context, s Shard, q Question) (Reply, error)
	// Answer has questions about a shard answered until end is called. An answer
	// that is not ok is not sent: the shard is somebody else's now.
	Answer(s Shard, answer func(ctx context.Context, q Question) (r Reply, ok bool)) (end func(), err error)
}

// ErrMoving reports that nobody serves a shard now.
var ErrMoving = errors.New("nobody serves the shard now")

// Asked says what a question is about.
type Asked string

// What can be asked of who serves a shard.
const (
	AskDeliveries Asked = "deliveries"
	AskRejections Asked = "rejections"
	AskResync     Asked = "resync"
	AskRetry      Asked = "retry"
	AskResend     Asked = "resend"
	AskIntroduced Asked = "introduced"
	AskForget     Asked = "forget"
	AskReached    Asked = "reached"
	AskJoin       Asked = "join"
)

// Question is what one process asks another about the platforms of a shard. It
// may name a driver's token: it is for processes of the hub alone.
type Question struct {
	About      Asked           `json:"about"`
	Platform   string          `json:"platform,omitempty"`
	Party      ocpi.PartyID    `json:"party,omitzero"`       // AskIntroduced
	Change     *Change         `json:"change,omitempty"`     // AskResend
	Resync     *ResyncOrder    `json:"resync,omitempty"`     // AskResync
	Retry      *RetryOrder     `json:"retry,omitempty"`      // AskRetry
	Rejections *RejectionQuery `json:"rejections,omitempty"` // AskRejections
}

// Reply is the answer to a Question.
type Reply struct {
	Stats    []Stat       `json:"stats,omitempty"`    // AskDeliveries
	Modules  []ModuleStat `json:"modules,omitempty"`  // AskResync
	Rejected []Rejection  `json:"rejected,omitempty"` // AskRejections
	Retried  []Retried    `json:"retried,omitempty"`  // AskRetry
	Reached  time.Time    `json:"reached,omitzero"`   // AskReached
	Done     bool         `json:"done,omitempty"`     // AskResend: there is somebody who gets it
	Fault    *Refusal     `json:"fault,omitempty"`
}

// Refusal is a fault on its way between processes.
type Refusal struct {
	NotFound bool   `json:"not_found,omitempty"` // else Unavailable
	Message  string `json:"message"`
}

// retryMove is how long who asks about a shard that moves should wait.
const retryMove = 2 * time.Second

// refuse makes a refusal of a fault.
func refuse(err error) *Refusal {
	if err == nil {
		return nil
	}
	r := &Refusal{NotFound: fault.Is(err, fault.NotFound), Message: err.Error()}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		r.Message = f.Message // the cause stays where it is
	}
	return r
}

// err makes a fault of a refusal.
func (r *Refusal) err() error {
	switch {
	case r == nil:
		return nil
	case r.NotFound:
		return fault.New(fault.NotFound, "%s", r.Message)
	}
	return &fault.Error{Kind: fault.Unavailable, Message: r.Message, RetryAfter: retryMove}
}

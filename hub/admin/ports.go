package admin

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/lease"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/interpret"
	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/probe"
	"github.com/ocpihub/ocpihub/routing/pull"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/watch"
)

// Registry is what the operator does with platforms; parties.Registry fulfils
// it, and what it rehearses on (Options.Rehearse): there every method decides as
// for real, and changes and sends nothing.
// All methods are safe for concurrent use. Errors that the operator can mend are faults: NotFound, Conflict, Invalid, and for the handshake
// ClientUnusable, Unsupported, NoMatching.
type Registry interface {
	Roll
	Registrar
	Gate
	Valve
}

// Roll reads who is on the hub.
type Roll interface {
	// Directory returns the present state. It does not block.
	Directory() *parties.Directory
	// LastSeen says when a platform was last heard of; zero when it never was.
	LastSeen(id string) time.Time
}

// Registrar brings platforms onto the hub and renews their credentials.
type Registrar interface {
	// InviteNewcomer makes a platform in state PLANNED and its one-time token A.
	InviteNewcomer(ctx context.Context, n parties.Newcomer) (p *parties.Platform, tokenA string, err error)
	// Connect makes the handshake as Sender and returns when it is done.
	Connect(ctx context.Context, in parties.Invitation) (*parties.Platform, error)
	// Rotate renews the credentials. newTokenA is the new invitation of a
	// platform that has not registered yet, else empty.
	Rotate(ctx context.Context, id string) (p *parties.Platform, newTokenA string, err error)
}

// Gate stops and resumes the exchange with a platform, and says in which version
// that is.
type Gate interface {
	Suspend(ctx context.Context, id string) (*parties.Platform, error)
	Resume(ctx context.Context, id string) (*parties.Platform, error)
	Remove(ctx context.Context, id string) (*parties.Platform, error)
	// Pin keeps a platform to one version; empty: the highest that both have.
	Pin(ctx context.Context, id string, v ocpi.Version) (*parties.Platform, error)
}

// Valve holds back the pushes to a platform: those of a module, or all of them
// when none is named. changed is false when there was nothing to do.
type Valve interface {
	PauseDeliveries(ctx context.Context, id string, m ocpi.ModuleID) (p *parties.Platform, changed bool, err error)
	ResumeDeliveries(ctx context.Context, id string, m ocpi.ModuleID) (p *parties.Platform, changed bool, err error)
}

// Agreements is what the operator does with agreements; parties.Registry fulfils
// it. All methods are safe for concurrent use. Errors are faults: NotFound,
// Invalid, Conflict. what says in words what was done, or with Order.Dry would
// be; it is empty when there was nothing to do.
type Agreements interface {
	Terms
	AgreementGate
}

// Terms makes agreements and changes what they say.
type Terms interface {
	MakeAgreement(ctx context.Context, o parties.Order, p parties.Proposal) (a *parties.Agreement, what string, err error)
	// AmendAgreement calls edit with the terms as they are.
	AmendAgreement(ctx context.Context, o parties.Order, id string, edit func(*parties.Terms) error) (a *parties.Agreement, what string, err error)
}

// AgreementGate puts agreements into force and out of it.
type AgreementGate interface {
	ActivateAgreement(ctx context.Context, o parties.Order, id string) (a *parties.Agreement, what string, err error)
	SuspendAgreement(ctx context.Context, o parties.Order, id string) (a *parties.Agreement, what string, err error)
	ResumeAgreement(ctx context.Context, o parties.Order, id string) (a *parties.Agreement, what string, err error)
	EndAgreement(ctx context.Context, o parties.Order, id string) (a *parties.Agreement, what string, err error)
}

// Outlook says what a change of an agreement would do. It is safe for
// concurrent use.
type Outlook interface {
	// Foresee compares the present with the agreement as given, over the traffic
	// of the last day. It does not fail: Foresight.Note says what could not be
	// looked at. It returns within seconds, or when ctx ends.
	Foresee(ctx context.Context, a *parties.Agreement) Foresight
}

// Foresight is what a change would do to the traffic between two parties.
type Foresight struct {
	Traffic []routing.Foreseen
	Note    string // what is to be known of it; empty: nothing
}

// Setups brings the hub to what an operator has written down; parties.Registry
// fulfils it. It is safe for concurrent use.
type Setups interface {
	// Apply changes what differs, all of it or nothing. Faults begin with the
	// place in the setup: Invalid, Conflict, Unavailable.
	Apply(ctx context.Context, o parties.SetupOrder, want parties.Setup) (parties.Applied, error)
}

// Puller pulls from platforms; pull.Puller fulfils it. It is safe for
// concurrent use.
type Puller interface {
	// Sync pulls a platform and returns when that is done; progress is told of
	// each list. Errors are faults: NotFound, NotConnected, NoInterface,
	// Invalid.
	Sync(ctx context.Context, id string, req pull.Request, progress func(pull.ListReport)) (pull.Report, error)
}

// Prober examines platforms; probe.Prober fulfils it. It is safe for concurrent
// use.
type Prober interface {
	// Check makes read-only calls to a platform and returns when that is done
	// or ctx ends; tell is told of each line. Errors are faults: NotFound,
	// Invalid, NotConnected.
	Check(ctx context.Context, id string, req probe.Request, tell func(probe.Line)) error
}

// Deliveries shows and steers the fan-out; fanout.Engine fulfils it. All methods
// are safe for concurrent use.
type Deliveries interface {
	// Deliveries returns one entry for each platform that receives pushes, within
	// a second: other replicas may have to be asked.
	Deliveries() []fanout.Stat
	// Resync brings a platform the newest state of what it is entitled to, and
	// says how much that is. It returns when that is written down.
	Resync(ctx context.Context, o fanout.ResyncOrder) ([]fanout.ModuleStat, error)
	Rejected
}

// Rejected are the deliveries that receivers refused.
type Rejected interface {
	// Rejections returns those that a query selects, the newest first, within a
	// second.
	Rejections(q fanout.RejectionQuery) []fanout.Rejection
	// Retry sends them again and says of each what becomes of it. Faults:
	// NotFound, Unavailable.
	Retry(ctx context.Context, o fanout.RetryOrder) ([]fanout.Retried, error)
}

// Verifier verifies what platforms keep of the client info; routing.Verifier
// fulfils it.
type Verifier interface {
	// Verify compares a platform's copies, pushes again what differs unless
	// only to report, and returns when that is done or ctx ends. Faults:
	// NotFound, NotConnected, NoInterface.
	Verify(ctx context.Context, platform string, onlyReport bool) ([]routing.Copy, error)
}

// Explainer says what would be done with a message, without sending it.
type Explainer interface {
	// Explain is safe for concurrent use. A fault of kind Invalid says that
	// the question makes no sense.
	Explain(ctx context.Context, q Question) (Explanation, error)
}

// Question describes a message.
type Question struct {
	From   ocpi.PartyID
	To     ocpi.PartyID // zero when the message names no receiver
	Module ocpi.ModuleID
	Method string
	Path   string // below the endpoint; may be empty
}

// Explanation is the route of a message and its reason.
type Explanation struct {
	Decision     string
	Reason       string
	Receivers    []ocpi.PartyID
	Translations []routing.Translation
}

// Stats counts what the catalog holds; catalog.Store fulfils it.
type Stats interface {
	Stats(ctx context.Context) ([]catalog.Stat, error)
}

// Bridge tells what a version would make of the objects of a party;
// interpret.Interpreter fulfils it. It is safe for concurrent use.
type Bridge interface {
	// Report returns when all is counted or ctx ends. It reads the catalog, and
	// changes nothing. Faults: Unavailable.
	Report(ctx context.Context, q interpret.Question) (interpret.Report, error)
}

// Findings tells what is wrong with the objects of parties; quality.Inspector
// fulfils it. Both methods are safe for concurrent use.
type Findings interface {
	// Rows returns the rows that q selects, in the order in which they are
	// shown. It reads a store.
	Rows(ctx context.Context, q quality.Query) ([]quality.Row, error)
	// Clear forgets the rows of a party.
	Clear(ctx context.Context, party ocpi.PartyID) error
}

// Held is what waits for the operator's yes; routing.MassGuard and routing.Router
// fulfil it. All methods are safe for concurrent use.
type Held interface {
	// Held returns what is held of a party, of all when it is zero, by party and
	// in order. It does not block.
	Held(owner ocpi.PartyID) []held.Entry
	// Release and Discard end the hold of a party, and say how many pushes that
	// were. Faults: Unavailable.
	Release(ctx context.Context, owner ocpi.PartyID) (int, error)
	Discard(ctx context.Context, owner ocpi.PartyID) (int, error)
}

// Alerts tells of silence and trouble; watch.Watcher fulfils it. All methods are
// safe for concurrent use.
type Alerts interface {
	// Alerts returns what q selects, in the order in which it is shown.
	Alerts(q watch.Query) []watch.Alert
	// Rhythms returns what is usual with a party; a zero one is all.
	Rhythms(party ocpi.PartyID) []watch.Beat
	// Acknowledge notes that the operator knows of an alert for so long, 0 until
	// it ends; dry: it only says what it would do. Faults: NotFound, Conflict.
	Acknowledge(ctx context.Context, id string, d time.Duration, dry bool) (a watch.Alert, what string, err error)
}

// Traffic reads the message log. Both methods are safe for concurrent use;
// without a log, or while it cannot be read, they end with a fault of kind
// Unavailable.
type Traffic interface {
	// List returns the records that q selects, the newest first.
	List(ctx context.Context, q journal.Query) ([]journal.Entry, error)
	// Follow calls each with the records that q selects as they come, until ctx
	// ends, the hub stops, or each fails.
	Follow(ctx context.Context, q journal.Query, each func(journal.Entry) error) error
}

// Access knows the tokens of the admin API; access.Keyring fulfils it. All
// methods are safe for concurrent use.
type Access interface {
	Gatekeeper
	TokenDesk
}

// Gatekeeper says who calls.
type Gatekeeper interface {
	// Authenticate says whose token this is; a fault of kind Unauthorized when
	// it is nobody's. It does not block.
	Authenticate(token string) (access.Caller, error)
	// Attend returns a context that ends with the caller's token, by a cause of
	// kind Unauthorized. The function must be called when the call is over.
	Attend(ctx context.Context, c access.Caller) (context.Context, context.CancelFunc)
}

// TokenDesk makes and revokes named tokens. Errors are faults: NotFound,
// Conflict, Invalid, Unavailable.
type TokenDesk interface {
	// Create returns the token with what opens the API, which is shown only
	// here; it is empty when the order is dry.
	Create(ctx context.Context, o access.Order) (t access.Token, secret string, err error)
	Tokens(ctx context.Context) ([]access.Token, error)
	// Revoke returns the token as it was; dry: nothing is done.
	Revoke(ctx context.Context, name string, dry bool) (access.Token, error)
}

// Replicas tells which processes are the hub; lease.Keeper and lease.Alone fulfil
// it. It is safe for concurrent use.
type Replicas interface {
	// Replicas returns those that live, in order of their ids. It does not block.
	Replicas() []lease.Replica
}

// Check is one dependency of the hub, for /readyz and gRPC health.
type Check struct {
	Name string
	// Ping returns nil when the dependency serves. It ends with ctx.
	Ping func(ctx context.Context) error
}

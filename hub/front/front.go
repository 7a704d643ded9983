// Package front is the OCPI door of the hub: it takes requests of platforms,
// checks who they are and that they can be read, and hands them to routing or
// to the registry. All functional modules share one handler; what differs
// between them is data (ocpi.Rule). Every answer is an OCPI envelope.
package front

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// Registry is what the door needs of the registry of parties.
type Registry interface {
	Directory() *parties.Directory
	// Authenticate finds the platform of a token. One that is not known may take
	// a short while.
	Authenticate(ctx context.Context, tokens []string, now time.Time) (parties.Login, bool)
	// Seen notes an authenticated request; it must be quick.
	Seen(l parties.Login)
	Register(ctx context.Context, l parties.Login, v ocpi.Version, c parties.Credentials) (parties.Credentials, error)
	Update(ctx context.Context, l parties.Login, v ocpi.Version, c parties.Credentials) (parties.Credentials, error)
	SignOff(ctx context.Context, l parties.Login) error
	Credentials(l parties.Login, v ocpi.Version) parties.Credentials
	// Stray tells whose a refused token is, if it is known.
	Stray(tokens []string) (parties.Stray, bool)
}

// Router takes functional messages and asynchronous results.
type Router interface {
	Route(ctx context.Context, m *routing.Message) (routing.Answer, error)
	Deliver(ctx context.Context, r routing.Result) (routing.Answer, error)
}

// Watcher looks on at every request. Its method is quick and safe for concurrent
// use. Implementation: instrument.Instruments.
type Watcher interface {
	// Begin returns the context in which a request is served; end must be called
	// once, with how it ended.
	Begin(r *http.Request) (ctx context.Context, end func(End))
}

// End is how a request ended.
type End struct {
	// Route is its path with names in place of what varies; empty when there is
	// no such path.
	Route      string
	HTTPStatus int
	// Refused: it failed before it was routed, with this kind of fault.
	Refused bool
	Fault   fault.Kind
	// Platform is the one that sent it; empty when it is not known.
	Platform                 string
	RequestID, CorrelationID string
}

// Options configure the door.
type Options struct {
	Self     routing.Self
	Versions []ocpi.Version
	Registry Registry
	Router   Router
	Watcher  Watcher // nil: nobody looks on
	Now      func() time.Time
	Log      *slog.Logger
	// BodyBytes is the largest request body.
	BodyBytes int64
	// Rates limit the requests of one platform per second.
	Rates Rates
	// Room bounds what is under way at once.
	Room Room
	// Refused is told of every request that failed before the router, which
	// tells of the others, had it; may be nil. It must return at once.
	Refused func(context.Context, Refusal)
}

// Front is the OCPI door, an http.Handler.
type Front struct {
	Options
	common []route // those of no version
	trees  []tree  // of the versions offered, as they are listed
	crowd  *crowd
}

// New returns the door.
func New(o Options) *Front {
	if o.Watcher == nil {
		o.Watcher = nobody{}
	}
	f := &Front{Options: o, crowd: newCrowd(o.Room)}
	f.common = split([]route{{path: "ocpi/versions", methods: get, opens: true, serve: f.versions, as: ocpi.HUB}})
	for _, v := range o.Versions {
		f.trees = append(f.trees, f.grow(v))
	}
	return f
}

// table is every path of the OCPI door below a version; opens says whether a
// registration token (token A) suffices.
func (f *Front) table(v ocpi.Version) []route {
	out := []route{{path: "/callbacks/{key}", methods: post, serve: f.callback, as: ocpi.HUB}}
	if v == ocpi.V211 {
		for _, role := range roles211 {
			out = append(out, f.standing(role, "/"+strings.ToLower(string(role)), "")...)
		}
		return out
	}
	out = append(out, f.standing(ocpi.HUB, "", "/{interface}")...)
	if informs(v) {
		out = append(out, route{path: "/hubclientinfo", methods: get, serve: f.clientInfo, as: ocpi.HUB})
	}
	return out
}

// standing is what the hub has in one role below a path.
func (f *Front) standing(as ocpi.Role, below, side string) []route {
	return []route{
		{path: below, methods: get, opens: true, serve: f.details, as: as},
		{path: below + "/credentials", methods: credentialsMethods, opens: true, serve: f.credentials, as: as, registers: true},
		{path: below + side + "/{module}/{path...}", serve: f.routed, as: as},
	}
}

var (
	get                = []string{http.MethodGet}
	post               = []string{http.MethodPost}
	credentialsMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
)

// ServeHTTP takes one request through the steps of the door.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := f.Now()
	ctx, end := f.Watcher.Begin(r)
	req := newRequest(ctx, r)
	var answer reply
	var err error
	defer func() { end(req.end(answer, err)) }()
	defer f.crowd.leave(req)
	if answer, err = f.answer(w, req); err != nil {
		answer = f.refusal(req, err)
		f.tell(req, err, began)
	}
	req.write(w, answer)
}

// nobody looks on.
type nobody struct{}

func (nobody) Begin(r *http.Request) (context.Context, func(End)) {
	return r.Context(), func(End) {}
}

// answer is the way of a request through the door: who are you, may you now,
// what do you want, can it be read, do it.
func (f *Front) answer(w http.ResponseWriter, req *request) (answer reply, err error) {
	defer f.recovered(req, &err)
	if err := f.crowd.enter(req); err != nil {
		return reply{}, err
	}
	if err := f.authenticate(req); err != nil {
		return reply{}, err
	}
	rt, err := f.match(req)
	if err != nil {
		return reply{}, err
	}
	if err := f.admit(req, rt); err != nil {
		return reply{}, err
	}
	if err := rt.faces(req.login.Platform); err != nil {
		return reply{}, err
	}
	if err := f.read(w, req); err != nil {
		return reply{}, err
	}
	return rt.serve(req)
}

// registration is POST or PUT of credentials.
type registration func(context.Context, parties.Login, ocpi.Version, parties.Credentials) (parties.Credentials, error)

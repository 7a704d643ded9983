package probe

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// Prober examines platforms. Registry and Caller are required; it is safe for
// concurrent use.
type Prober struct {
	// Self is the hub's own party.
	Self ocpi.PartyID
	// Offered is the version whose specification counts for a platform that has
	// none yet.
	Offered  ocpi.Version
	Registry routing.Registry
	Caller   routing.Caller
	Timeout  time.Duration    // of one call; default 30 s
	Now      func() time.Time // default time.Now
}

// Request says what to examine.
type Request struct {
	// VersionOnly leaves out the lists, and what needs them.
	VersionOnly bool
	// Module limits the lists to one module; empty is all that there are.
	Module ocpi.ModuleID
}

// Modules are those whose lists are looked at.
func Modules() []ocpi.ModuleID {
	return []ocpi.ModuleID{ocpi.Tokens, ocpi.Tariffs, ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.HubClientInfo}
}

// Check examines a platform and tells each line as soon as it is known. It
// returns when all is done. Errors are faults: NotFound, Invalid, and
// NotConnected when ctx ends before; what is wrong with the platform is in the
// lines.
func (p *Prober) Check(ctx context.Context, id string, req Request, tell func(Line)) error {
	platform, ok := p.Registry.Directory().Platform(id)
	switch {
	case !ok:
		return fault.New(fault.NotFound, "platform %s is not known: hubctl platforms list shows those that are", id)
	case req.Module != "" && !slices.Contains(Modules(), req.Module):
		return fault.New(fault.Invalid, "module: want one of %v, got %q", Modules(), req.Module)
	case req.Module != "" && req.VersionOnly:
		return fault.New(fault.Invalid, "module: goes not together with version_only")
	}
	tell = in(cmp.Or(platform.Version, p.Offered), tell)
	tell(judgePlatform(platform))
	if !platform.Registered() {
		return nil
	}
	token, encoding, err := p.Registry.Token(platform)
	if err != nil {
		return err
	}
	r := &round{Prober: p, request: req, platform: platform, token: token, encoding: encoding, trace: uuid.NewString(), tell: tell}
	r.walk(ctx)
	if ctx.Err() != nil {
		return fault.Wrap(fault.NotConnected, context.Cause(ctx), "the check was ended before it was done")
	}
	return nil
}

// round is one examination of one platform.
type round struct {
	*Prober
	request  Request
	platform *parties.Platform
	token    string
	encoding ocpi.TokenEncoding
	trace    string // the correlation id of all calls
	tell     func(Line)
	all      []Exchange // those that should have gone well
}

// walk goes through the steps; what one finds is told before the next begins.
func (r *round) walk(ctx context.Context) {
	endpoints := r.endpoints(ctx)
	if !r.request.VersionOnly {
		lists := r.lists(endpoints)
		if r.request.Module == "" {
			r.door(ctx, lists)
		}
		for _, l := range lists {
			r.list(ctx, l)
		}
	}
	if ctx.Err() == nil {
		r.tellAll(judgeSecurity(r.all, r.now()))
		r.tellAll(judgeAnswers(r.all))
	}
}

func (r *round) tellAll(lines []Line) {
	for _, l := range lines {
		r.tell(l)
	}
}

// endpoints looks at versions and details. Where these cannot be read, what was
// registered stands in.
func (r *round) endpoints(ctx context.Context) []endpoint {
	line, url := judgeVersions(r.get(ctx, target{url: r.platform.VersionsURL, module: ocpi.Versions}), r.platform.Version)
	r.tell(line)
	if url != "" && !r.registered(url) {
		r.tell(checkDetails.fail("the URL of the details is at "+shown(hostOf(url))+", where the platform did not register",
			"give the URL at the host of the versions"))
		url = ""
	}
	if url != "" {
		line, found := judgeDetails(r.get(ctx, target{url: url, module: ocpi.Versions}), r.platform.Version)
		r.tell(line)
		if len(found) > 0 {
			found = sided(found, r.platform)
			r.tellAll(judgeEndpoints(found, r.platform))
			return found
		}
	}
	var known []endpoint
	for _, e := range r.platform.Endpoints {
		known = append(known, endpoint{string(e.Module), string(e.Interface), e.URL})
	}
	return known
}

// registered says whether the platform registered with the host of a URL: the
// hub's token goes to no other.
func (r *round) registered(url string) bool {
	return sameHost(url, r.platform.VersionsURL) ||
		slices.ContainsFunc(r.platform.Endpoints, func(e ocpi.Endpoint) bool { return sameHost(url, e.URL) })
}

// lists finds the lists to look at: each Sender interface, asked of the first
// party that offers it.
func (r *round) lists(endpoints []endpoint) []list {
	var out []list
	for _, m := range Modules() {
		if r.request.Module != "" && r.request.Module != m {
			continue
		}
		i := slices.IndexFunc(endpoints, func(e endpoint) bool { return e.module() == m && e.side() != ocpi.Receiver })
		who := slices.IndexFunc(r.platform.Parties, func(q parties.Party) bool { return q.Role.Plays(m, ocpi.Sender) })
		switch {
		case i < 0 && r.request.Module == m:
			r.tell(checkList.of(m).fail("the platform offers no Sender interface of "+string(m), "offer it, and send PUT credentials"))
		case i < 0 || who < 0:
		case !r.registered(endpoints[i].URL):
			r.tell(checkList.of(m).fail("the list is at "+shown(hostOf(endpoints[i].URL))+", where the platform did not register",
				"have the partner send PUT credentials, or run hubctl platforms rotate"))
		default:
			l := list{version: r.platform.Version, module: m, url: endpoints[i].URL}
			if m.Functional() {
				l.party = r.platform.Parties[who].Party
			}
			out = append(out, l)
		}
	}
	return out
}

// target is what a call is made to.
type target struct {
	url    string
	module ocpi.ModuleID
	to     ocpi.PartyID
}

// get makes a call that should go well.
func (r *round) get(ctx context.Context, t target) Exchange {
	x := r.call(ctx, t, ocpi.FormatAuthorization(r.token, r.encoding))
	if ctx.Err() == nil {
		r.all = append(r.all, x)
	}
	return x
}

// call makes a call and writes down what came.
func (r *round) call(ctx context.Context, t target, authorization string) Exchange {
	x := Exchange{URL: t.url, Module: t.module, RequestID: uuid.NewString(), CorrelationID: r.trace, Asked: r.now()}
	if t.module.Functional() && !t.to.IsZero() {
		x.Routing = ocpi.Routing{To: t.to, From: r.Self}
	}
	call := peer.Call{
		Method: http.MethodGet, URL: t.url, Timeout: cmp.Or(r.Timeout, 30*time.Second), Authorization: authorization,
		Routing: x.Routing, RequestID: x.RequestID, CorrelationID: x.CorrelationID, Details: true, Bare: r.platform.Bare(),
		Platform: r.platform.ID, Module: t.module,
	}
	if call.Bare { // none of it goes out
		x.Routing, x.RequestID, x.CorrelationID = ocpi.Routing{}, "", ""
	}
	x.Reply, x.Err = r.Caller.Do(ctx, call)
	x.Came = r.now()
	return x
}

func (p *Prober) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// judgePlatform tells in what state the platform is for the hub.
func judgePlatform(p *parties.Platform) Line {
	switch {
	case !p.Registered() && p.Status == parties.Suspended:
		return checkPlatform.warn("it has signed off: there is nothing to call", "hubctl platforms rotate gives it a new token A")
	case !p.Registered():
		return checkPlatform.warn("it has not registered yet: there is nothing to call",
			"have the partner send POST credentials with its token A; hubctl platforms rotate gives a new one")
	case p.Status == parties.Offline:
		return checkPlatform.warn("it is OFFLINE: it did not answer the last still-alive checks", "see below what it answers now")
	case p.Status == parties.Suspended:
		return checkPlatform.warn("it is SUSPENDED: the hub sends it nothing but this check", "hubctl platforms resume ends that")
	}
	return checkPlatform.ok("%s, with %s", p.Status, count(len(p.Parties), "party"))
}

package ocpitest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// incoming is a call in hand.
type incoming struct {
	Call
	way      ocpi.Routing // the routing headers, where the version has them
	callback string       // the id of a response_url
	standing standing
	values   url.Values
	segments []string // of Below, decoded
	rule     *ocpi.Rule
	invalid  string // what is wrong with the routing headers
}

// ServeHTTP answers one call of the partner.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !p.door.enter() {
		panic(http.ErrAbortHandler)
	}
	defer p.door.inflight.Done()
	in, err := p.read(r)
	if err != nil {
		return // the client broke off
	}
	fault, healed := p.faults.take(&in.Call)
	if !fault.wait(r.Context()) {
		p.calls.add(in.Call)
		return
	}
	var out answer
	if !fault.spoils() || fault.TakesEffect {
		out = p.answer(in)
	}
	if fault.Hang || fault.Drop {
		p.withhold(r, in, fault, healed)
	}
	if fault.spoils() {
		out = fault.answer()
	}
	in.Status, in.Code = out.status, out.code
	p.calls.add(in.Call)
	p.headers(w.Header(), &in.Call, fault)
	if edit := p.scripted.get().Headers; edit != nil {
		edit(in.Call, w.Header())
	}
	p.write(w, in.Call, out)
}

// withhold ends a call without an answer. It is recorded before it hangs, so
// that one can wait for it.
func (p *Platform) withhold(r *http.Request, in *incoming, f Fault, healed <-chan struct{}) {
	p.calls.add(in.Call)
	if f.Hang {
		select {
		case <-healed:
		case <-r.Context().Done():
		}
	}
	panic(http.ErrAbortHandler)
}

// read takes a call apart.
func (p *Platform) read(r *http.Request) (*incoming, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	in := &incoming{Call: Call{
		At: p.opts.Now(), Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery,
		Header: r.Header, Body: body,
	}, values: r.URL.Query()}
	in.Routing, err = ocpi.ParseRouting(r.Header)
	p.locate(in)
	if in.Version != ocpi.V211 {
		in.way = in.Routing
		in.invalid = wrong(err)
	}
	in.standing, in.Token = p.link.standing(p.tokens(in))
	if p.opts.AnyToken && in.standing == stranger {
		in.standing = registered
	}
	return in, nil
}

func wrong(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// tokens returns what the Authorization header of a call may mean.
func (p *Platform) tokens(in *incoming) []string {
	found := ocpi.ParseAuthorization(in.Header.Get("Authorization"))
	if !p.opts.StrictEncoding || len(found) == 0 {
		return found
	}
	version := in.Version
	if version == "" {
		version = p.Version()
	}
	if p.spelling(version) == ocpi.TokenRaw {
		return found[:1]
	}
	return found[1:]
}

// locate finds out what a path names. The paths are
//
//	ocpi/versions                       ocpi/callback/{id}
//	ocpi/{version}                      ocpi/{version}/credentials
//	ocpi/{version}/sender/{module}/...  ocpi/{version}/receiver/{module}/...
//	ocpi/2.1.1/{module}/...
func (p *Platform) locate(in *incoming) {
	path, _ := strings.CutPrefix(in.Path, p.basePath())
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] != "ocpi" || len(parts) < 2 {
		return
	}
	switch {
	case parts[1] == "versions" && len(parts) == 2:
		in.Module = ocpi.Versions
	case parts[1] == "callback" && len(parts) == 3:
		in.callback, in.Interface = parts[2], ocpi.Sender
		in.Version, in.Module = p.callbacks.about(in.callback)
	default:
		in.Version = ocpi.Version(parts[1])
		p.locateModule(in, parts[2:])
	}
}

// locateModule finds out what comes after the version in a path.
func (p *Platform) locateModule(in *incoming, parts []string) {
	switch {
	case len(parts) == 0:
		in.Module = ocpi.Versions
		return
	case parts[0] == string(ocpi.Credentials):
		in.Module = ocpi.Credentials
		return
	case in.Version == ocpi.V211:
		in.Interface = p.side(ocpi.ModuleID(parts[0]))
	case len(parts) == 1:
		return
	default:
		in.Interface = ocpi.Interface(strings.ToUpper(parts[0]))
		parts = parts[1:]
	}
	in.Module, in.Below = ocpi.ModuleID(parts[0]), strings.Join(parts[1:], "/")
}

// basePath returns the path of the platform's base URL.
func (p *Platform) basePath() string {
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	return p.door.prefix
}

// answer judges a call by its token and its address, and lets the module at
// it.
func (p *Platform) answer(in *incoming) answer {
	if p.opts.RedirectSlash {
		if target, ok := otherSlash(in); ok {
			return redirect(in, target)
		}
	}
	switch {
	case p.opts.OpenVersions && in.Module == ocpi.Versions:
		return p.versions(in)
	case in.standing == stranger || in.standing == invited && in.Module != ocpi.Versions && in.Module != ocpi.Credentials:
		return refuse(http.StatusUnauthorized, ocpi.StatusClientError, "this token is not good here")
	case len(in.Body) > 0 && !json.Valid(in.Body):
		return refuse(http.StatusBadRequest, ocpi.StatusInvalidParameters, "the body is not JSON")
	case in.callback != "":
		return p.callbacks.take(in)
	}
	if in.Module == ocpi.Versions {
		return p.versions(in)
	}
	if in.Module == ocpi.Credentials {
		return p.credentials(in)
	}
	if !p.offers(ocpi.Address{Version: in.Version, Module: in.Module, Interface: in.Interface}) {
		return refuse(http.StatusNotFound, ocpi.StatusClientError, "no such module")
	}
	if in.Module == ocpi.HubClientInfo {
		return p.clientInfo(in)
	}
	return p.functional(in)
}

// otherSlash returns the form of a URL that is served: versions without a slash
// at the end, endpoints with one.
func otherSlash(in *incoming) (target string, other bool) {
	bare, slashed := strings.CutSuffix(in.Path, "/")
	endpoint := in.Module == ocpi.Credentials || in.callback == "" && in.Interface != "" && in.Below == ""
	switch {
	case in.Module == ocpi.Versions && slashed:
		return bare, true
	case endpoint && !slashed:
		return in.Path + "/", true
	}
	return "", false
}

// redirect sends the client to another form of the URL.
func redirect(in *incoming, target string) answer {
	out := refuse(http.StatusTemporaryRedirect, ocpi.StatusClientError, "the URL is written otherwise")
	if in.Query != "" {
		target += "?" + in.Query
	}
	out.set("Location", target)
	return out
}

// functional serves the functional modules: routing headers, then the module
// table, then the interface. Headers of 2.1.1 are none.
func (p *Platform) functional(in *incoming) answer {
	if in.invalid != "" {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, in.invalid)
	}
	if to := in.way.To; !to.IsZero() && !slices.ContainsFunc(p.opts.Parties, func(q Party) bool { return q.ID == to }) {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "OCPI-to "+to.String()+" is no party of this platform")
	}
	at := ocpi.Address{Version: in.Version, Module: in.Module, Interface: in.Interface}
	rule, segments, allow, why := ocpi.Match(at, in.Method, in.Below)
	switch why {
	case ocpi.NoModule, ocpi.NoPath:
		return refuse(http.StatusNotFound, ocpi.StatusClientError, "no such path")
	case ocpi.NoMethod:
		out := refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "no such method")
		out.set("Allow", strings.Join(allow, ", "))
		return out
	case ocpi.Matched:
	}
	in.rule, in.segments = rule, segments
	if in.Interface == ocpi.Sender {
		return p.send(in)
	}
	return p.receive(in)
}

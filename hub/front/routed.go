package front

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
)

// interfaces are the spellings of the two interfaces in the hub's paths.
var interfaces = map[string]ocpi.Interface{"sender": ocpi.Sender, "receiver": ocpi.Receiver}

// routed serves every functional module: it finds the row of the module table,
// makes a message of the request and has it routed.
func (f *Front) routed(req *request) (reply, error) {
	m, err := f.message(req)
	if err != nil {
		return reply{}, err
	}
	answer, err := f.Router.Route(req.context(), m)
	req.routed = true
	req.explain(answer)
	if err != nil {
		return reply{}, err
	}
	return fromAnswer(req, answer), nil
}

// message finds the rule of a request and makes the message.
func (f *Front) message(req *request) (*routing.Message, error) {
	at := ocpi.Address{Version: req.version(), Module: req.params.module, Interface: req.side()}
	path := ocpi.Specified(at, req.http.Method, req.params.path)
	rule, segments, allow, why := ocpi.Match(at, req.http.Method, path)
	if why == ocpi.NoModule && !req.bare() && f.carries(req, &at) {
		path = unclean(req.http, path)
		rule, allow, why = ocpi.MatchCustom(at, req.http.Method, path)
	}
	if why == ocpi.NoPath || why == ocpi.NoMethod {
		if opaque, found := ocpi.MatchOpaque(at, req.http.Method, path); found == ocpi.Matched {
			rule, segments, why = opaque, nil, found
		}
	}
	switch why {
	case ocpi.NoModule, ocpi.NoPath:
		return nil, fault.New(fault.NotFound, "no such path: the version details list the endpoints of the hub")
	case ocpi.NoMethod:
		return nil, noMethod(allow)
	case ocpi.Matched:
	}
	if len(req.body) == 0 && needsBody(rule) {
		return nil, fault.New(fault.Malformed, "the body is empty: send a JSON object")
	}
	req.rule = rule
	headers, err := f.routing(req)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s", err)
	}
	return &routing.Message{
		Rule: rule, Sender: req.login.Platform, Routing: headers,
		Path: path, Segments: segments, Query: req.http.URL.RawQuery,
		Body: req.body, RequestID: req.requestID, CorrelationID: req.correlationID,
	}, nil
}

// side is the interface that a request was sent to: that of its path or, in
// 2.1.1, that which the hub plays there.
func (q *request) side() ocpi.Interface {
	if q.at.as != ocpi.HUB {
		return q.at.as.Side(q.params.module)
	}
	return interfaces[q.params.side]
}

// routing tells between whom a request is to go. One of 2.1.1 names nobody: a
// list is that of all whom the hub stands for, and everything else goes by its
// content, or to the one party that the connection is for.
func (f *Front) routing(req *request) (ocpi.Routing, error) {
	switch {
	case !req.bare():
		return ocpi.ParseRouting(req.http.Header)
	case req.rule.List:
		return ocpi.Routing{To: f.Self.Party}, nil
	}
	return ocpi.Routing{To: req.login.Platform.As}, nil
}

// carries says whether a module is a custom one that the platform has agreed on
// with somebody (H-044); else it is not there. It corrects the spelling: module
// ids are in lower case.
func (f *Front) carries(req *request, at *ocpi.Address) bool {
	at.Module = ocpi.ModuleID(strings.ToLower(string(at.Module)))
	return slices.Contains(f.Registry.Directory().CustomModules(req.login.Platform, f.Now()), at.Module)
}

// unclean gives a path back the slash at its end: in a custom module it may mean
// something.
func unclean(r *http.Request, path string) string {
	if path != "" && strings.HasSuffix(r.URL.EscapedPath(), "/") {
		return path + "/"
	}
	return path
}

// needsBody says whether a message must have a body. The location references of
// an authorisation may be left out (H-154), to give a terminal back takes none
// (payments, POST Deactivate Terminal Method); what is opaque needs is not known.
func needsBody(rule *ocpi.Rule) bool {
	carries := len(rule.Objects) > 0 || rule.Callback == ocpi.CallbackBody
	return carries && !rule.Opaque && rule.Method != http.MethodGet && rule.Method != http.MethodDelete && rule.Open != ocpi.OpenToken
}

// callback takes an asynchronous result to the party that waits for it.
func (f *Front) callback(req *request) (reply, error) {
	if len(req.body) == 0 {
		return reply{}, fault.New(fault.Malformed, "the body is empty: send the result")
	}
	answer, err := f.Router.Deliver(req.context(), routing.Result{
		Key: req.params.key, Sender: req.login.Platform, Version: req.version(), Body: req.body,
		RequestID: req.requestID, CorrelationID: req.correlationID,
	})
	req.routed = !fault.Is(err, fault.NotFound) // of a URL that it does not know the router tells nothing
	req.explain(answer)
	if err != nil {
		return reply{}, err
	}
	return fromAnswer(req, answer), nil
}

func fromAnswer(req *request, a routing.Answer) reply {
	out := reply{status: a.HTTPStatus, body: a.Body, routing: a.Routing}
	if req.bare() {
		out = inManner(req.version(), a)
	}
	if a.Link+a.Location+a.TotalCount+a.Limit == "" {
		return out // as most have none of a list
	}
	out.header = http.Header{}
	for name, value := range map[string]string{
		"Link": a.Link, "Location": a.Location, ocpi.HeaderTotalCount: a.TotalCount, ocpi.HeaderLimit: a.Limit,
	} {
		if value != "" {
			out.header.Set(name, value)
		}
	}
	return out
}

package conformance

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

var nobody ocpi.PartyID // OCPI-to is left out

// authorize asks for a token whose owner the hub has to find.
func authorize(uid string, to ocpi.PartyID) ocpitest.Request {
	return ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Sender, Method: http.MethodPost, Path: uid + "/authorize", To: to}
}

// receiver is a call to the receiver interface for an object of the caller.
func receiver(m ocpi.ModuleID, method string, to, owner ocpi.PartyID, parts ...string) ocpitest.Request {
	return ocpitest.Request{Module: m, Interface: ocpi.Receiver, Method: method, From: owner, To: to, Path: path(owner, parts...)}
}

// quiet makes a platform accept commands and send no results by itself.
func quiet(p *ocpitest.Platform) {
	p.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
}

// result is the result of a command, sent to where the hub wants it.
func result(at, body string) ocpitest.Request {
	return ocpitest.Request{Module: ocpi.Commands, Method: http.MethodPost, URL: at, Body: []byte(body)}
}

// put pushes an object to a party: the path is that of the ids inside. Whom 2.1.1
// reaches does not follow from to: what can go to all does so, the rest goes to the
// party that its content names.
func put(m ocpi.ModuleID, to ocpi.PartyID, object string) ocpitest.Request {
	req := ocpitest.Request{
		Module: m, Interface: ocpi.Receiver, Method: http.MethodPut, From: ownerOf(object), To: to, Body: []byte(bare(object)),
	}
	if m == ocpi.CDRs {
		req.Method = http.MethodPost
		return req
	}
	name := "id"
	if m == ocpi.Tokens {
		name = "uid"
	}
	req.Path = path(ownerOf(object), field(object, name))
	return req
}

// patch changes a part of an object: parts are its id, and those below it.
func patch(m ocpi.ModuleID, to, owner ocpi.PartyID, body string, parts ...string) ocpitest.Request {
	return ocpitest.Request{
		Module: m, Interface: ocpi.Receiver, Method: http.MethodPatch, From: owner, To: to,
		Path: path(owner, parts...), Body: []byte(body),
	}
}

// path is the path of a client-owned object.
func path(owner ocpi.PartyID, parts ...string) string {
	out := owner.Country + "/" + owner.ID
	for _, p := range parts {
		out += "/" + url.PathEscape(p)
	}
	return out
}

// get asks the sender interface of a module.
func get(m ocpi.ModuleID, to ocpi.PartyID, path string, query ...string) ocpitest.Request {
	values, err := url.ParseQuery(strings.Join(query, "&"))
	if err != nil {
		panic(err)
	}
	return ocpitest.Request{Module: m, Interface: ocpi.Sender, Method: http.MethodGet, To: to, Path: path, Query: values}
}

// today limits a list to the objects of the test.
func (s *stage) today() string {
	return "date_from=" + s.at(0) + "&date_to=" + s.at(24*60)
}

// command is a command whose result comes back to a new URL of its sender.
func (s *stage) command(by *ocpitest.Platform, to ocpi.PartyID, name, members string) (ocpitest.Request, *ocpitest.Callback) {
	back := by.NewCallback(ocpi.Commands)
	return ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: http.MethodPost, Path: name, From: id(by), To: to,
		Body: []byte(`{"response_url":"` + back.URL + `",` + bare(members) + `}`),
	}, back
}

// unlock is the smallest command.
const unlock = `"location_id":"L1","evse_uid":"1","connector_id":"1"`

// unlocking is that command to a CPO in every version: in 2.1.1 the location tells
// whose it is, and so has to be known.
func (s *stage) unlocking(cpo *ocpitest.Platform) string {
	s.Helper()
	if spoken() != ocpi.V211 {
		return unlock
	}
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	return strings.Replace(unlock, "L1", seen(cpo, id(cpo), s.id("L1")), 1)
}

// push sends an object of a platform to all.
func (s *stage) push(by *ocpitest.Platform, m ocpi.ModuleID, body []byte) ocpitest.Reply {
	s.Helper()
	reply, err := by.Push(s.soon(), m, by.Hub(), body)
	if err != nil || !reply.OK() {
		s.Fatalf("a push of %s: %v, %v", m, err, reply.Err())
	}
	return reply
}

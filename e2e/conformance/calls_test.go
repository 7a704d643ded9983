package conformance

// The calls that tests make, and those that they wait for.

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// names finds the calls whose path or body hold a text.
func names(text string) func(ocpitest.Call) bool {
	return func(c ocpitest.Call) bool {
		plain, _ := url.PathUnescape(c.Path) // empty if it is none
		return strings.Contains(plain, text) || strings.Contains(string(c.Body), text)
	}
}

// patience bounds each wait; nothing takes that long unless it fails.
const patience = time.Minute

func (s *stage) soon() context.Context {
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	s.Cleanup(cancel)
	return ctx
}

// send makes a call that must be answered in an envelope.
func (s *stage) send(by *ocpitest.Platform, req ocpitest.Request) ocpitest.Reply {
	s.Helper()
	reply, err := by.Do(s.soon(), req)
	if err != nil {
		s.Fatal(err)
	}
	return reply
}

// ok makes a call that must succeed.
func (s *stage) ok(by *ocpitest.Platform, req ocpitest.Request) ocpitest.Reply {
	s.Helper()
	reply := s.send(by, req)
	if err := reply.Err(); err != nil {
		s.Fatal(err)
	}
	return reply
}

// want makes a call and compares the statuses of its answer.
func (s *stage) want(by *ocpitest.Platform, req ocpitest.Request, status int, code ocpi.StatusCode) ocpitest.Reply {
	s.Helper()
	reply := s.send(by, req)
	if by.Version() == ocpi.V211 {
		status, code = said211(status, code)
	}
	if reply.Status != status || reply.Code() != code {
		s.Errorf("%s %s %s is answered HTTP %d with %d %q, want HTTP %d with %d",
			req.Method, req.Module, req.Path, reply.Status, reply.Code(), reply.Envelope.StatusMessage, status, code)
	}
	return reply
}

// said211 is how 2.1.1 says a status: it knows neither 2004 nor the 4xxx.
func said211(status int, code ocpi.StatusCode) (int, ocpi.StatusCode) {
	switch {
	case code == 2004 || code == 4001:
		return 404, 2000
	case code >= 4000:
		return status, 3000
	}
	return status, code
}

// refused makes a call that must be refused, and not reach a platform.
func (s *stage) refused(by *ocpitest.Platform, req ocpitest.Request, status int, code ocpi.StatusCode, at *ocpitest.Platform) ocpitest.Reply {
	s.Helper()
	reply := s.want(by, req, status, code)
	if calls := at.Calls(of(reply)); len(calls) > 0 {
		s.Errorf("it was forwarded: %v", calls)
	}
	return reply
}

// of finds the calls that a message became.
func of(reply ocpitest.Reply) func(ocpitest.Call) bool {
	if reply.Request.Version == ocpi.V211 {
		return like(reply)
	}
	return func(c ocpitest.Call) bool { return c.CorrelationID() == reply.CorrelationID }
}

// like finds the calls that a message of 2.1.1 became. It has no id: what it is
// about tells, and that they come later.
func like(reply ocpitest.Reply) func(ocpitest.Call) bool {
	req := reply.Request
	about := names(string(req.Body)) // a result
	parts := strings.Split(req.Path, "/")
	switch {
	case req.Interface == ocpi.Receiver && len(parts) > 2: // what is there has an owner
		owner, name := names(parts[0]+"/"+parts[1]+"/"), names(unescaped(parts[len(parts)-1]))
		about = func(c ocpitest.Call) bool { return owner(c) && name(c) }
	case req.Path != "":
		about = names(unescaped(req.Path))
	case req.Module == ocpi.CDRs && req.Method == http.MethodPost:
		about = names(field(string(req.Body), "id"))
	case req.Method == http.MethodGet: // of a URL that the hub gave
		about = func(ocpitest.Call) bool { return true }
	}
	return func(c ocpitest.Call) bool {
		return c.Module == req.Module && c.Method == req.Method && !c.At.Before(reply.Sent) && about(c)
	}
}

func unescaped(path string) string {
	out, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return out
}

// came is the call that a message to one party became, by the time of its answer.
// In 2.1.1, where it may have gone to all, it comes later.
func (s *stage) came(at *ocpitest.Platform, reply ocpitest.Reply) ocpitest.Call {
	s.Helper()
	if spoken() == ocpi.V211 {
		return s.wait(at, "the message", of(reply))
	}
	calls := at.Calls(of(reply))
	if len(calls) == 0 {
		s.Fatalf("it did not come to %s", at.Name())
	}
	return calls[0]
}

// to finds the calls to a party.
func to(party ocpi.PartyID) func(ocpitest.Call) bool {
	return func(c ocpitest.Call) bool { return c.Routing.To == party }
}

// wait returns the first call that fits all conditions.
func (s *stage) wait(at *ocpitest.Platform, what string, conditions ...func(ocpitest.Call) bool) ocpitest.Call {
	s.Helper()
	call, err := at.WaitFor(s.soon(), func(c ocpitest.Call) bool {
		for _, fits := range conditions {
			if !fits(c) {
				return false
			}
		}
		return true
	})
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
	return call
}

// until waits until something holds, asked after each call to a platform.
func (s *stage) until(at *ocpitest.Platform, what string, holds func() bool) {
	s.Helper()
	if err := at.Until(s.soon(), holds); err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

// eventually asks again and again until something holds that no call tells of.
func (s *stage) eventually(what string, holds func() bool) {
	s.Helper()
	for ctx := s.soon(); !holds(); {
		select {
		case <-ctx.Done():
			s.Fatalf("%s: not within %s", what, patience)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// check reports what does not hold.
func (s *stage) check(holds bool, format string, args ...any) {
	s.Helper()
	if !holds {
		s.Errorf(format, args...)
	}
}

// plainReply is an answer as it came, whatever it is.
type plainReply struct {
	status int
	header http.Header
	body   []byte
}

// raw makes a call by hand, with exactly these headers.
func (s *stage) raw(method, url string, header http.Header, body string) plainReply {
	s.Helper()
	req, err := http.NewRequestWithContext(s.soon(), method, url, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return plainReply{resp.StatusCode, resp.Header, read}
}

func (r plainReply) envelope() ocpi.Envelope {
	e, _ := ocpi.ParseEnvelope(r.body) // zero if it is none
	return e
}

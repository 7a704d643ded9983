package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// stage is a test at a hub, with platforms of its own.
type stage struct {
	*testing.T
	site   *site
	number int64
	day    time.Time // the objects of the test are of this day, those of others are not
}

// newStage begins a test at the hub with no special settings.
func newStage(t *testing.T) *stage { return newStageAt(t, plain) }

// newStageAt begins a test at one of the hubs. Where the tests do not start the
// hub, only the plain one is there.
func newStageAt(t *testing.T, hub func() (*site, error)) *stage {
	t.Helper()
	t.Parallel()
	at, err := hub()
	if err != nil {
		t.Fatal(err)
	}
	n := serial.Add(1)
	return &stage{T: t, site: at, number: n, day: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n%18000))}
}

// special begins a test at a hub with settings that it needs.
func special(t *testing.T, hub func() (*site, error), what string) *stage {
	t.Helper()
	if *hubURL != "" {
		cannotRun(t, "a hub with "+what)
	}
	return newStageAt(t, hub)
}

// operator is the operator's API of the hub.
func (s *stage) operator() *harness.Operator {
	s.Helper()
	if s.site.operator == nil {
		cannotRun(s.T, "an operator")
	}
	return s.site.operator
}

// party is a party that nobody else uses.
func (s *stage) party() ocpi.PartyID {
	n := parties.Add(1)
	word := strconv.FormatInt(46656+n%46656, 36)
	return ocpi.NewPartyID([]string{"DE", "NL", "BE", "FR", "AT"}[n%5], word[1:])
}

// id makes an id that is the test's own.
func (s *stage) id(name string) string { return fmt.Sprintf("%s-%d", name, s.number) }

// at is a time of the test's day, as OCPI writes it.
func (s *stage) at(minute int) string {
	return s.day.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339)
}

// options describe a platform with one new party in each of the roles.
func (s *stage) options(roles ...ocpi.Role) ocpitest.Options {
	o := ocpitest.Options{Name: fmt.Sprintf("%s of %s", roles, s.Name()), Listen: net.JoinHostPort(*listen, "0"), Versions: []ocpi.Version{spoken()}}
	for _, role := range roles {
		o.Parties = append(o.Parties, ocpitest.Party{Role: role, ID: s.party()})
	}
	return o
}

// in describes a platform that speaks another version than that of the round.
func (s *stage) in(v ocpi.Version, role ocpi.Role) ocpitest.Options {
	o := s.options(role)
	o.Versions = []ocpi.Version{v}
	o.Name = string(v) + " " + o.Name
	return o
}

// inAll are registered platforms of one party, one for each version.
func (s *stage) inAll(role ocpi.Role) (out []*ocpitest.Platform) {
	s.Helper()
	for _, v := range ocpi.KnownVersions() {
		out = append(out, s.join(s.in(v, role)))
	}
	return out
}

// sample makes objects of a platform, of a minute of the test's day.
func (s *stage) sample(p *ocpitest.Platform, minute int) ocpitest.Sample {
	out := p.SampleOf(id(p))
	out.At = s.day.Add(time.Duration(minute) * time.Minute)
	return out
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

// seen is the id by which a platform knows an object of a party: in 2.1.1 it
// names the owner.
func seen(by *ocpitest.Platform, owner ocpi.PartyID, name string) string {
	if by.Version() == ocpi.V211 {
		return owner.String() + "*" + name
	}
	return name
}

// names finds the calls whose path or body hold a text.
func names(text string) func(ocpitest.Call) bool {
	return func(c ocpitest.Call) bool {
		plain, _ := url.PathUnescape(c.Path) // empty if it is none
		return strings.Contains(plain, text) || strings.Contains(string(c.Body), text)
	}
}

// cpo, emsp are registered platforms of one party.
func (s *stage) cpo() *ocpitest.Platform  { s.Helper(); return s.join(s.options(ocpi.CPO)) }
func (s *stage) emsp() *ocpitest.Platform { s.Helper(); return s.join(s.options(ocpi.EMSP)) }

// pair is a CPO and an eMSP.
func (s *stage) pair() (cpo, emsp *ocpitest.Platform) { s.Helper(); return s.cpo(), s.emsp() }

// run starts a platform that is not registered.
func (s *stage) run(o ocpitest.Options) *ocpitest.Platform {
	s.Helper()
	if *public != "" {
		l, err := net.Listen("tcp", o.Listen)
		if err != nil {
			s.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		_ = l.Close()
		o.Listen, o.PublicURL = net.JoinHostPort(*listen, port), "http://"+net.JoinHostPort(*public, port)
	}
	return ocpitest.Run(s.T, o)
}

// join starts a platform and registers it.
func (s *stage) join(o ocpitest.Options) *ocpitest.Platform {
	s.Helper()
	p := s.run(o)
	versionsURL, tokenA := s.site.invite(s.T, o.Name, o.Parties...)
	s.register(p, versionsURL, tokenA)
	return p
}

// register registers a platform for the length of the test.
func (s *stage) register(p *ocpitest.Platform, versionsURL, tokenA string) {
	s.Helper()
	if err := p.Register(s.soon(), versionsURL, tokenA); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = p.Unregister(ctx) // it may have gone already
	})
}

// connect has the hub register itself at a platform.
func (s *stage) connect(p *ocpitest.Platform) (*adminv1.Platform, error) {
	s.Helper()
	resp, err := s.operator().Platforms.Connect(s.soon(), &adminv1.PlatformsConnectRequest{
		Name: p.Name(), VersionsUrl: p.VersionsURL(), Token: p.Invite(),
	})
	return resp.GetPlatform(), err
}

// platformID is how the operator calls a platform.
func (s *stage) platformID(p *ocpitest.Platform) string {
	s.Helper()
	resp, err := s.operator().Parties.List(s.soon(), &adminv1.PartiesListRequest{})
	if err != nil {
		s.Fatal(err)
	}
	for _, q := range resp.GetParties() {
		if ocpi.NewPartyID(q.GetCountryCode(), q.GetPartyId()) == id(p) && q.GetRole() == string(p.Parties()[0].Role) {
			return q.GetPlatformId()
		}
	}
	s.Fatalf("the operator does not know %s", id(p))
	return ""
}

// suspend has the operator suspend a platform.
func (s *stage) suspend(p *ocpitest.Platform) {
	s.Helper()
	req := &adminv1.PlatformsSuspendRequest{PlatformId: s.platformID(p)}
	if _, err := s.operator().Platforms.Suspend(s.soon(), req); err != nil {
		s.Fatal(err)
	}
}

// id is the first party of a platform.
func id(p *ocpitest.Platform) ocpi.PartyID { return p.Parties()[0].ID }

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
	if reply.Status != status || reply.Code() != code {
		s.Errorf("%s %s %s is answered HTTP %d with %d %q, want HTTP %d with %d",
			req.Method, req.Module, req.Path, reply.Status, reply.Code(), reply.Envelope.StatusMessage, status, code)
	}
	return reply
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
	return func(c ocpitest.Call) bool { return c.CorrelationID() == reply.CorrelationID }
}

// came is the call that a message became at a platform, by the time of its
// answer.
func (s *stage) came(at *ocpitest.Platform, reply ocpitest.Reply) ocpitest.Call {
	s.Helper()
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

// partner is what a platform knows of the hub.
func (s *stage) partner(p *ocpitest.Platform) ocpitest.Partner {
	s.Helper()
	partner, err := p.Partner()
	if err != nil {
		s.Fatal(err)
	}
	return partner
}

// hubHost is the host of the hub's URLs.
func (s *stage) hubHost() string {
	u, err := url.Parse(s.site.versionsURL)
	if err != nil {
		s.Fatal(err)
	}
	return u.Host
}

// stub answers the calls to one endpoint of a platform in place of it; got are
// the calls. It makes the edit of endpoints for Options.
func (s *stage) stub(m ocpi.ModuleID, i ocpi.Interface, answer func(r *http.Request, body []byte) (int, http.Header, string)) (func([]ocpi.Endpoint) []ocpi.Endpoint, *atomic.Int64) {
	s.Helper()
	var calls atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		status, header, out := answer(r, body)
		maps.Copy(w.Header(), header)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.Copy(w, bytes.NewReader([]byte(out)))
	}))
	l, err := net.Listen("tcp", net.JoinHostPort(*listen, "0"))
	if err != nil {
		s.Fatal(err)
	}
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	s.Cleanup(server.Close)
	at := server.URL
	if *public != "" {
		_, port, _ := net.SplitHostPort(l.Addr().String())
		at = "http://" + net.JoinHostPort(*public, port)
	}
	return func(all []ocpi.Endpoint) []ocpi.Endpoint {
		out := append([]ocpi.Endpoint{}, all...)
		for n := range out {
			if out[n].Module == m && out[n].Interface == i {
				out[n].URL = at + "/stub"
			}
		}
		return out
	}, &calls
}

// without leaves modules out of the endpoints of a platform.
func without(modules ...ocpi.ModuleID) func([]ocpi.Endpoint) []ocpi.Endpoint {
	return func(all []ocpi.Endpoint) (out []ocpi.Endpoint) {
		for _, e := range all {
			left := false
			for _, m := range modules {
				left = left || e.Module == m
			}
			if !left {
				out = append(out, e)
			}
		}
		return out
	}
}

// refail makes a platform do this wrong, and nothing else. Faults that count
// down are not for these tests: the broadcasts of others would use them up.
func refail(p *ocpitest.Platform, f ocpitest.Fault) {
	p.Heal()
	p.Fail(f)
}

// since says whether the second that a CPO gave for the result of a command is
// over.
func (s *stage) since(c ocpitest.Call) bool { return time.Since(c.At) > time.Second }

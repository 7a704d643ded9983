package parties_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/memstore"
)

const (
	hubURL      = "https://hub.example/ocpi/versions"
	theirURL    = "https://cpo.example/ocpi/versions"
	detailsURL  = "https://cpo.example/ocpi/2.2.1"
	credsURL    = "https://cpo.example/ocpi/2.2.1/credentials"
	tokenB      = "token-B-of-the-cpo"
	grace       = time.Minute
	newestToken = "token-B2-of-the-cpo"
)

var (
	abcCPO  = claim(ocpi.CPO, "DE", "ABC")
	abcEMSP = claim(ocpi.EMSP, "DE", "ABC")
	defCPO  = claim(ocpi.CPO, "DE", "DEF")
	hubID   = ocpi.NewPartyID("NL", "HUB")
)

func claim(role ocpi.Role, country, id string) parties.Claim {
	return parties.Claim{Role: role, Party: ocpi.NewPartyID(country, id)}
}

func role(c parties.Claim) parties.CredentialsRole {
	return parties.CredentialsRole{
		Role: c.Role, CountryCode: c.Party.Country, PartyID: c.Party.ID,
		BusinessDetails: []byte(`{"name":"` + c.Party.ID + `"}`),
	}
}

func credentials(token string, claims ...parties.Claim) parties.Credentials {
	c := parties.Credentials{Token: token, URL: theirURL}
	for _, one := range claims {
		c.Roles = append(c.Roles, role(one))
	}
	return c
}

// partner is a platform that speaks to the hub by the Partner port.
type partner struct {
	mu       sync.Mutex
	versions []parties.VersionLink
	details  parties.Details
	down     error  // what its versions and details endpoints answer
	asked    func() // called when its details are read; may be nil
	answer   func(context.Context, parties.RegisterCall) (parties.Credentials, error)
	calls    []string // method, URL and token of each call
	sent     []parties.RegisterCall
}

func newPartner() *partner {
	return &partner{
		versions: []parties.VersionLink{{Version: "2.2.1", URL: detailsURL}, {Version: "7.0", URL: "https://cpo.example/7"}},
		details: parties.Details{Endpoints: []ocpi.Endpoint{
			{Module: ocpi.Credentials, Interface: ocpi.Receiver, URL: credsURL},
			{Module: ocpi.Locations, Interface: ocpi.Sender, URL: "https://cpo.example/ocpi/2.2.1/locations"},
			{Module: "nltnm-tokens", Interface: ocpi.Sender, URL: "https://cpo.example/x"},
		}, Encoding: ocpi.TokenRaw},
	}
}

func (p *partner) note(method, url, token string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, method+" "+url+" "+token)
	return p.down
}

// took returns the calls since the last time.
func (p *partner) took() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

func (p *partner) Versions(_ context.Context, url, token string) ([]parties.VersionLink, error) {
	return p.versions, p.note(http.MethodGet, url, token)
}

func (p *partner) Details(_ context.Context, link parties.VersionLink, token string) (parties.Details, error) {
	if p.asked != nil {
		p.asked()
	}
	return p.details, p.note(http.MethodGet, link.URL, token)
}

func (p *partner) Register(ctx context.Context, call parties.RegisterCall) (parties.Credentials, error) {
	_ = p.note(call.Method, call.URL, call.Token)
	p.sent = append(p.sent, call)
	if p.answer == nil {
		return credentials(tokenB, abcCPO), nil
	}
	return p.answer(ctx, call)
}

// clock is a time that tests set forward.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// hub is a registry with a partner, a store and a clock in the test's hands.
type hub struct {
	*parties.Registry
	t       *testing.T
	partner *partner
	clock   *clock
	store   parties.Store
	joined  []string
}

func newHub(t *testing.T) *hub { return newHubOn(t, memstore.New()) }

func newHubOn(t *testing.T, store parties.Store) *hub {
	t.Helper()
	h := &hub{
		t: t, partner: newPartner(), store: store,
		clock: &clock{at: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)},
	}
	var err error
	h.Registry, err = parties.Open(t.Context(), parties.Options{
		Store: store, Sealer: newSealer(t), Partner: h.partner, Now: h.clock.now, Grace: grace,
		Self: parties.Self{Party: hubID, Name: "Test Hub", VersionsURL: hubURL, Versions: []ocpi.Version{"2.3.0", "2.2.1", "2.1.1"}},
		Joined: func(_ context.Context, p *parties.Platform) error {
			h.joined = append(h.joined, p.ID)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func newSealer(t *testing.T) *parties.KeySealer {
	t.Helper()
	s, err := parties.NewSealer([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *hub) invite(claims ...parties.Claim) (id, tokenA string) {
	h.t.Helper()
	p, tokenA, err := h.Invite(h.t.Context(), "platform", claims)
	if err != nil {
		h.t.Fatal(err)
	}
	return p.ID, tokenA
}

func (h *hub) knows(token string) bool {
	_, ok := h.Directory().Authenticate([]string{token}, h.clock.now())
	return ok
}

func (h *hub) login(token string) parties.Login {
	h.t.Helper()
	l, ok := h.Directory().Authenticate([]string{token}, h.clock.now())
	if !ok {
		h.t.Fatalf("token is not known")
	}
	return l
}

func (h *hub) platform(id string) *parties.Platform {
	h.t.Helper()
	p, ok := h.Directory().Platform(id)
	if !ok {
		h.t.Fatalf("platform %s is not known", id)
	}
	return p
}

func (h *hub) post(token string, c parties.Credentials) (parties.Credentials, error) {
	return h.Register(h.t.Context(), h.login(token), ocpi.V221, c)
}

func (h *hub) put(token string, c parties.Credentials) (parties.Credentials, error) {
	return h.Update(h.t.Context(), h.login(token), ocpi.V221, c)
}

// register invites a platform and takes it through the handshake; it returns
// the id and token C.
func (h *hub) register(claims ...parties.Claim) (id, tokenC string) {
	h.t.Helper()
	id, tokenA := h.invite()
	answer, err := h.post(tokenA, credentials(tokenB, claims...))
	if err != nil {
		h.t.Fatalf("register: %v", err)
	}
	h.partner.took()
	return id, answer.Token
}

// statuses lists the members as "ROLE:CC*PID STATUS".
func statuses(d *parties.Directory) []string {
	var out []string
	for _, m := range d.Members() {
		out = append(out, m.String()+" "+string(m.Status))
	}
	slices.Sort(out)
	return out
}

func wantFault(t *testing.T, err error, kind fault.Kind) *fault.Error {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != kind {
		t.Fatalf("got error %v, want a fault of kind %d", err, kind)
	}
	return f
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/ocpihub/ocpihub/ocpi"
)

// crowd plays any number of platforms at one address, as cheaply as it can: it
// gives a fixed answer to everything. Platform n has its versions at
// /n/versions.
type crowd struct {
	addr   string
	server *fasthttp.Server
	roles  func(n int) []role

	mu     sync.Mutex
	tokens map[int]string // what the hub gave to each

	arrived atomic.Int64
	// onArrival is told of each functional request; hanging says which
	// platforms answer none.
	onArrival atomic.Pointer[func(n int, body []byte)]
	hanging   atomic.Pointer[func(n int) bool]
	over      chan struct{}
}

type role struct {
	Role    ocpi.Role `json:"role"`
	Country string    `json:"country_code"`
	Party   string    `json:"party_id"`
}

// party names the nth party of a kind.
func party(country string, n int) ocpi.PartyID {
	id := strings.ToUpper(strconv.FormatInt(int64(n), 36))
	return ocpi.NewPartyID(country, strings.Repeat("0", max(0, 3-len(id)))+id)
}

func roleOf(r ocpi.Role, p ocpi.PartyID) role { return role{r, p.Country, p.ID} }

func newCrowd(roles func(n int) []role) (*crowd, error) {
	c := &crowd{roles: roles, tokens: map[int]string{}, over: make(chan struct{})}
	// Every platform has a host of its own, 127.0.*.*, as out in the world.
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", "0.0.0.0:0")
	if err != nil {
		return nil, err
	}
	c.addr = hostOf(l.Addr().String(), 0)
	c.server = &fasthttp.Server{Handler: c.answer, NoDefaultServerHeader: true, Concurrency: 1 << 20, MaxRequestBodySize: 16 << 20}
	go func() { _ = c.server.Serve(l) }()
	return c, nil
}

func (c *crowd) close() {
	close(c.over)
	_ = c.server.Shutdown()
}

// hostOf is the address of platform n, given that of any.
func hostOf(addr string, n int) string {
	_, port, _ := net.SplitHostPort(addr)
	return fmt.Sprintf("127.0.%d.%d:%s", n/250, n%250+1, port)
}

func (c *crowd) base(n int) string { return fmt.Sprintf("http://%s/%d", hostOf(c.addr, n), n) }

func (c *crowd) versionsURL(n int) string { return c.base(n) + "/versions" }

// token is what platform n uses towards the hub.
func (c *crowd) token(n int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tokens[n]
}

func (c *crowd) answer(ctx *fasthttp.RequestCtx) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(string(ctx.Path()), "/"), "/")
	n, _ := strconv.Atoi(first) // what nginx sends has no number, and is functional
	ctx.SetContentType("application/json")
	switch rest {
	case "versions":
		write(ctx, fmt.Appendf(nil, `[{"version":"2.2.1","url":%q}]`, c.base(n)+"/details"))
	case "details":
		write(ctx, c.details(n))
	case "credentials":
		c.register(ctx, n)
	default:
		c.functional(ctx, n)
	}
}

func (c *crowd) functional(ctx *fasthttp.RequestCtx, n int) {
	c.arrived.Add(1)
	if told := c.onArrival.Load(); told != nil {
		(*told)(n, ctx.PostBody())
	}
	if hangs := c.hanging.Load(); hangs != nil && (*hangs)(n) {
		<-c.over
	}
	path := ctx.Path()
	switch {
	case bytes.HasSuffix(path, []byte("/authorize")):
		write(ctx, authorization)
	case ctx.IsGet():
		write(ctx, aToken)
	default:
		write(ctx, nil)
	}
}

var (
	aToken        = []byte(`{"country_code":"DE","party_id":"000","uid":"012345678","type":"RFID","contract_id":"DE8ACC12E46L89","visual_number":"DF000-2001-8999-1","issuer":"TheNewMotion","group_id":"DF000-2001-8999","valid":true,"whitelist":"ALWAYS","last_updated":"2015-06-29T22:39:09Z"}`)
	authorization = []byte(`{"allowed":"ALLOWED","token":` + string(aToken) + `,"authorization_reference":"REF-1"}`)
)

// write writes an envelope around data, which may be empty.
func write(ctx *fasthttp.RequestCtx, data []byte) {
	body := make([]byte, 0, len(data)+100)
	body = append(body, '{')
	if len(data) > 0 {
		body = append(append(append(body, `"data":`...), data...), ',')
	}
	body = append(body, `"status_code":1000,"timestamp":"`...)
	body = time.Now().UTC().AppendFormat(body, time.RFC3339)
	ctx.SetBody(append(body, `"}`...))
}

func succeeded(body []byte) bool { return bytes.Contains(body, []byte(`"status_code":1000`)) }

var crowdModules = []ocpi.ModuleID{
	ocpi.Locations, ocpi.Sessions, ocpi.CDRs, ocpi.Tariffs, ocpi.Tokens, ocpi.Commands,
}

func (c *crowd) details(n int) []byte {
	type endpoint struct {
		Identifier ocpi.ModuleID  `json:"identifier"`
		Role       ocpi.Interface `json:"role"`
		URL        string         `json:"url"`
	}
	base := c.base(n)
	list := []endpoint{{ocpi.Credentials, ocpi.Sender, base + "/credentials"}}
	for _, m := range crowdModules {
		for _, i := range []ocpi.Interface{ocpi.Sender, ocpi.Receiver} {
			list = append(list, endpoint{m, i, fmt.Sprintf("%s/%s/%s", base, strings.ToLower(string(i)), m)})
		}
	}
	raw, _ := json.Marshal(map[string]any{"version": "2.2.1", "endpoints": list}) // strings only: it cannot fail
	return raw
}

// register takes the hub's credentials and gives those of platform n.
func (c *crowd) register(ctx *fasthttp.RequestCtx, n int) {
	if ctx.IsPost() || ctx.IsPut() {
		c.mu.Lock()
		c.tokens[n] = ocpi.FindString(ctx.PostBody(), "token")
		c.mu.Unlock()
	}
	type named struct {
		role
		Business map[string]string `json:"business_details"`
	}
	var roles []named
	for _, r := range c.roles(n) {
		roles = append(roles, named{r, map[string]string{"name": r.Party}})
	}
	raw, _ := json.Marshal(map[string]any{ // strings only: it cannot fail
		"token": fmt.Sprintf("the-hub-at-%d", n), "url": c.versionsURL(n), "roles": roles,
	})
	write(ctx, raw)
}

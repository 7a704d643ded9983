package ocpitest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
)

// command answers a command or a message about a charging profile, and sends
// its result afterwards (commands and charging profiles, Receiver).
func (p *Platform) command(in *incoming) answer {
	c := Command{
		Module: in.Module, Method: in.Method, Name: in.segments[0],
		Version: in.Version, To: in.way.To, From: in.way.From, Body: in.Body,
		ResponseURL: ocpi.FindString(in.Body, "response_url"),
	}
	if in.rule.Callback == ocpi.CallbackQuery {
		c.ResponseURL = in.values.Get("response_url")
	}
	if c.ResponseURL == "" {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "response_url is missing")
	}
	if c.To.IsZero() {
		c.To = p.addressee(in)
	}
	out := p.scripted.get().outcome(c)
	if out.Response == "ACCEPTED" && !out.NoResult {
		p.spawn(func(ctx context.Context) { p.sendResults(ctx, c, out) })
	}
	answered := map[string]any{"result": out.Response}
	if in.Version != ocpi.V211 {
		answered["timeout"] = out.Timeout
	}
	return done(mustJSON(answered))
}

// sendResults sends the results of a command. Nobody repeats one that is not
// taken (H-170).
func (p *Platform) sendResults(ctx context.Context, c Command, out Outcome) {
	if out.Delay > 0 && !pause(ctx, out.Delay) {
		return
	}
	for _, result := range []string{out.Result, out.Again} {
		if result == "" {
			continue
		}
		_, _ = p.Do(ctx, Request{
			URL: c.ResponseURL, Version: c.Version, Module: c.Module, Method: http.MethodPost,
			From: c.To, To: c.From, Body: resultBody(c, result),
		})
	}
}

// resultBody writes a CommandResult, which 2.1.1 calls CommandResponse once
// more, or the result about a charging profile.
func resultBody(c Command, result string) []byte {
	out := map[string]any{"result": result}
	if c.Module == ocpi.ChargingProfiles && c.Method == http.MethodGet && result == "ACCEPTED" {
		out["profile"] = map[string]any{
			"start_date_time":  "2024-01-01T00:00:00Z",
			"charging_profile": map[string]any{"charging_rate_unit": "W"},
		}
	}
	return mustJSON(out)
}

// Callback is a response URL of the platform: it gets the results of one
// command.
type Callback struct {
	URL     string
	version ocpi.Version
	module  ocpi.ModuleID
	results chan Call
}

// maxResults bounds the results that wait to be read.
const maxResults = 16

// NewCallback makes a response URL for a command, or for a message about a
// charging profile.
func (p *Platform) NewCallback(m ocpi.ModuleID) *Callback {
	id := rand.Text()
	c := &Callback{URL: p.url("callback/" + id), version: p.Version(), module: m, results: make(chan Call, maxResults)}
	p.callbacks.mu.Lock()
	defer p.callbacks.mu.Unlock()
	if p.callbacks.open == nil {
		p.callbacks.open = map[string]*Callback{}
	}
	p.callbacks.open[id] = c
	return c
}

// Wait returns the next result.
func (c *Callback) Wait(ctx context.Context) (Call, error) {
	select {
	case call := <-c.results:
		return call, nil
	case <-ctx.Done():
		return Call{}, context.Cause(ctx)
	}
}

// callbacks are the response URLs of the platform.
type callbacks struct {
	mu   sync.Mutex
	open map[string]*Callback
}

func (l *callbacks) find(id string) *Callback {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[id]
}

// about returns for which version and module a response URL is.
func (l *callbacks) about(id string) (ocpi.Version, ocpi.ModuleID) {
	if c := l.find(id); c != nil {
		return c.version, c.module
	}
	return "", ocpi.Commands
}

// take hands a result to who waits for it.
func (l *callbacks) take(in *incoming) answer {
	c := l.find(in.callback)
	if c == nil {
		return notFound()
	}
	if in.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "use POST")
	}
	call := in.Call
	call.Status, call.Code = http.StatusOK, ocpi.StatusOK
	select {
	case c.results <- call:
		return done(nil)
	default:
		return refuse(http.StatusOK, ocpi.StatusServerError, "too many results")
	}
}

// Order is a command that the platform sends.
type Order struct {
	// Name is the command, for example START_SESSION.
	Name string
	// From and To are as in Request.
	From, To ocpi.PartyID
	// Body is the command; its response_url is set here.
	Body []byte
}

// Command sends a command. Result is the result of the answer, a
// CommandResponseType; the final one comes to the callback.
func (p *Platform) Command(ctx context.Context, o Order) (result string, later *Callback, err error) {
	later = p.NewCallback(ocpi.Commands)
	reply, err := p.Do(ctx, Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: http.MethodPost, Path: escape(o.Name),
		From: o.From, To: o.To, Body: ocpi.SetMember(o.Body, "response_url", ocpi.Quote(later.URL)),
	})
	if err == nil {
		err = reply.Err()
	}
	return ocpi.FindString(reply.Envelope.Data, "result"), later, err
}

// Result reads the result in the body of a call to a response URL.
func (c Call) Result() string { return ocpi.FindString(json.RawMessage(c.Body), "result") }

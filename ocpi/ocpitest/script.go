package ocpitest

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Script says how a platform decides what OCPI leaves to it. The zero Script
// accepts: tokens that the platform offers and that are valid, all commands,
// charging profiles and preferences.
type Script struct {
	// Authorize decides on a token; nil goes by the tokens on offer.
	Authorize func(Authorization) Verdict
	// Command decides on a command or a charging profile; nil accepts. It
	// runs before the answer to the command.
	Command func(Command) Outcome
	// Preferences answers charging preferences; empty is ACCEPTED.
	Preferences string
	// Paging is how lists are paged.
	Paging Paging
	// Headers edits the headers of each answer.
	Headers func(Call, http.Header)
	// Habits edit each answer as a whole, one after the other. What they do is
	// not seen in the Status and Code of Calls.
	Habits []Habit
}

// Authorization asks whether a driver may charge.
type Authorization struct {
	Version ocpi.Version
	// Type is empty in 2.1.1.
	UID, Type string
	To, From  ocpi.PartyID
	// Token is the token that the platform offers under this uid, or nil.
	Token json.RawMessage
	// Body is the LocationReferences, or empty.
	Body []byte
}

// Verdict is the answer to an Authorization.
type Verdict struct {
	// Allowed is an AllowedType; empty is ALLOWED.
	Allowed string
	// Reference is the authorization_reference, if any.
	Reference string
	// Unknown answers 404 with 2004, or in 2.1.1, which has no such code, with
	// 2000; Code another status code.
	Unknown bool
	Code    ocpi.StatusCode
	Message string
}

// info writes an AuthorizationInfo. The token that it must hold, in 2.1.1 it
// holds none, is made up if the platform has none.
func (v Verdict) info(ask Authorization) []byte {
	token := ask.Token
	if token == nil && ask.Version != ocpi.V211 {
		token = mustJSON(map[string]any{
			"country_code": ask.To.Country, "party_id": ask.To.ID, "uid": ask.UID, "type": ask.Type,
			"contract_id": ask.To.Country + "-" + ask.To.ID + "-" + ask.UID, "issuer": ask.To.String(),
			"valid": true, "whitelist": "NEVER", "last_updated": "2024-01-01T00:00:00Z",
		})
	}
	setDefault(&v.Allowed, "ALLOWED")
	out := map[string]any{"allowed": v.Allowed}
	if ask.Version != ocpi.V211 {
		out["token"] = token
	}
	if v.Reference != "" {
		out["authorization_reference"] = v.Reference
	}
	if isObject(ask.Body) && v.Allowed == "ALLOWED" {
		out["location"] = json.RawMessage(ask.Body)
	}
	return mustJSON(out)
}

// authorize decides on a token.
func (s Script) authorize(ask Authorization) Verdict {
	if s.Authorize != nil {
		return s.Authorize(ask)
	}
	if ask.Token == nil {
		return Verdict{Unknown: true}
	}
	if valid, _ := ocpi.Find(ask.Token, "valid"); string(valid.Value) == "false" {
		return Verdict{Allowed: "BLOCKED"}
	}
	return Verdict{Allowed: "ALLOWED"}
}

// Command is a command that the platform received, or a message about the
// charging profile of a session.
type Command struct {
	Version ocpi.Version
	Module  ocpi.ModuleID
	Method  string
	// Name is the command, for example START_SESSION, or the session id of a
	// charging profile.
	Name        string
	To, From    ocpi.PartyID
	ResponseURL string
	Body        []byte
}

// Outcome is what becomes of a command.
type Outcome struct {
	// Response is the result of the answer, a CommandResponseType; empty is
	// ACCEPTED. Timeout in seconds goes along; 0 is 30.
	Response string
	Timeout  int
	// Result is what is sent to the response URL of an accepted command;
	// empty is ACCEPTED.
	Result string
	// NoResult sends none, Delay sends it later.
	NoResult bool
	Delay    time.Duration
	// Again is sent as another result right after the first, if not empty.
	Again string
}

func (s Script) outcome(c Command) Outcome {
	var out Outcome
	if s.Command != nil {
		out = s.Command(c)
	}
	setDefault(&out.Response, "ACCEPTED")
	setDefault(&out.Result, "ACCEPTED")
	setDefault(&out.Timeout, 30)
	return out
}

// scripted holds the script, which can change at any time.
type scripted struct {
	mu     sync.Mutex
	script Script
}

func (s *scripted) get() Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.script
}

// Follow makes the platform follow a script from now on.
func (p *Platform) Follow(s Script) {
	p.scripted.mu.Lock()
	defer p.scripted.mu.Unlock()
	p.scripted.script = s
}

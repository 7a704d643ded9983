// Package record writes platforms and agreements as JSON, for all stores that
// keep them outside the process. Names and meanings of members are part of what
// is stored: add members, never change one.
package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// platform is a platform as it is written.
type platform struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Status        string     `json:"status"`
	Claims        []claimed  `json:"claims,omitempty"`
	Parties       []party    `json:"parties,omitempty"`
	Expected      []party    `json:"expected,omitempty"`
	Former        []claimed  `json:"former,omitempty"`
	Version       string     `json:"version,omitempty"`
	VersionsURL   string     `json:"versions_url,omitempty"`
	Endpoints     []endpoint `json:"endpoints,omitempty"`
	Keys          []key      `json:"keys,omitempty"`
	SealedToken   []byte     `json:"sealed_token,omitempty"`
	TokenEncoding string     `json:"token_encoding,omitempty"`
	Spent         []byte     `json:"spent_sha256,omitempty"`
	OldFields     bool       `json:"old_fields,omitempty"`
	Pinned        string     `json:"pinned,omitempty"`
	As            partyID    `json:"as,omitzero"`
	Shown         string     `json:"shown,omitempty"`
	Untellable    bool       `json:"untellable,omitempty"`
	SealedOffer   []byte     `json:"sealed_offer,omitempty"`
	Paused        bool       `json:"paused,omitempty"`
	PausedModules []string   `json:"paused_modules,omitempty"`
	Removed       bool       `json:"removed,omitempty"`
	Created       time.Time  `json:"created"`
	Updated       time.Time  `json:"updated"`
	LastSeen      time.Time  `json:"last_seen,omitzero"`
	Revision      uint64     `json:"revision"`
}

type claimed struct {
	Role    string `json:"role"`
	Country string `json:"country_code"`
	ID      string `json:"party_id"`
}

type party struct {
	claimed
	BusinessDetails []byte `json:"business_details,omitempty"`
}

type endpoint struct {
	Module    string `json:"module"`
	Interface string `json:"interface"`
	URL       string `json:"url"`
}

type key struct {
	Hash  []byte    `json:"sha256"`
	Use   string    `json:"use"`
	Until time.Time `json:"until,omitzero"`
}

// EncodePlatform writes a platform.
func EncodePlatform(p *parties.Platform) ([]byte, error) {
	return json.Marshal(platform{
		ID: p.ID, Name: p.Name, Status: string(p.Status),
		Claims: each(p.Claims, fromClaim), Parties: each(p.Parties, fromParty), Expected: each(p.Expected, fromParty), Former: each(p.Former, fromClaim),
		Version: string(p.Version), VersionsURL: p.VersionsURL, Endpoints: each(p.Endpoints, fromEndpoint),
		Keys: each(p.Keys, fromKey), SealedToken: p.SealedToken, TokenEncoding: string(p.TokenEncoding),
		Spent: fromHash(p.Spent), OldFields: p.OldFields,
		Pinned: string(p.Pinned), As: partyID(p.As), Shown: p.Shown, Untellable: p.Untellable, SealedOffer: p.SealedOffer,
		Paused: p.Paused.All, PausedModules: each(p.Paused.Modules, func(m ocpi.ModuleID) string { return string(m) }),
		Removed: p.Removed, Created: p.Created, Updated: p.Updated, LastSeen: p.LastSeen, Revision: p.Revision,
	})
}

// DecodePlatform reads a platform.
func DecodePlatform(raw []byte) (*parties.Platform, error) {
	var r platform
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("the stored record cannot be read: %w", err)
	}
	return &parties.Platform{
		ID: r.ID, Name: r.Name, Status: parties.Status(r.Status),
		Claims: each(r.Claims, claimed.toClaim), Parties: each(r.Parties, party.toParty), Expected: each(r.Expected, party.toParty), Former: each(r.Former, claimed.toClaim),
		Version: ocpi.Version(r.Version), VersionsURL: r.VersionsURL, Endpoints: each(r.Endpoints, endpoint.toEndpoint),
		Keys: each(r.Keys, key.toKey), SealedToken: r.SealedToken, TokenEncoding: ocpi.TokenEncoding(r.TokenEncoding),
		Spent: toHash(r.Spent), OldFields: r.OldFields,
		Pinned: ocpi.Version(r.Pinned), As: ocpi.PartyID(r.As), Shown: r.Shown, Untellable: r.Untellable, SealedOffer: r.SealedOffer,
		Paused:  parties.Pause{All: r.Paused, Modules: each(r.PausedModules, func(m string) ocpi.ModuleID { return ocpi.ModuleID(m) })},
		Removed: r.Removed, Created: r.Created, Updated: r.Updated, LastSeen: r.LastSeen, Revision: r.Revision,
	}, nil
}

func each[A, B any](list []A, convert func(A) B) []B {
	if list == nil {
		return nil
	}
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = convert(a)
	}
	return out
}

func fromClaim(c parties.Claim) claimed {
	return claimed{Role: string(c.Role), Country: c.Party.Country, ID: c.Party.ID}
}

func (c claimed) toClaim() parties.Claim {
	return parties.Claim{Role: ocpi.Role(c.Role), Party: ocpi.NewPartyID(c.Country, c.ID)}
}

func fromParty(p parties.Party) party {
	return party{claimed: fromClaim(p.Claim), BusinessDetails: p.BusinessDetails}
}

func (p party) toParty() parties.Party {
	return parties.Party{Claim: p.toClaim(), BusinessDetails: p.BusinessDetails}
}

func fromEndpoint(e ocpi.Endpoint) endpoint {
	return endpoint{Module: string(e.Module), Interface: string(e.Interface), URL: e.URL}
}

func (e endpoint) toEndpoint() ocpi.Endpoint {
	return ocpi.Endpoint{Module: ocpi.ModuleID(e.Module), Interface: ocpi.Interface(e.Interface), URL: e.URL}
}

// fromHash writes no hash as nothing.
func fromHash(h parties.TokenHash) []byte {
	if h == (parties.TokenHash{}) {
		return nil
	}
	return h[:]
}

func toHash(raw []byte) (h parties.TokenHash) {
	copy(h[:], raw)
	return h
}

func fromKey(k parties.Key) key { return key{Hash: k.Hash[:], Use: string(k.Use), Until: k.Until} }

func (k key) toKey() parties.Key {
	return parties.Key{Hash: toHash(k.Hash), Use: parties.KeyUse(k.Use), Until: k.Until}
}

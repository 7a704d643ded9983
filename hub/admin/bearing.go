package admin

import (
	"fmt"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// bearing is what a change of a platform touches: what an operator wants to
// know before it is made, and to be told after.
type bearing struct {
	before, after *parties.Platform
	parties       int
	pending       int64                // deliveries that wait for the platform
	agreements    []*parties.Agreement // of its parties, in force now
}

func (s *platforms) bearing(before, after *parties.Platform) bearing {
	ids := map[ocpi.PartyID]bool{}
	for _, c := range before.SpeaksFor() {
		ids[c.Party] = true
	}
	b := bearing{before: before, after: after, parties: len(ids)}
	for _, d := range s.deliveries.Deliveries() {
		if d.Platform == after.ID {
			b.pending = int64(d.Pending)
		}
	}
	for _, a := range s.registry.Directory().Agreements() {
		if a.InForce(s.now()) && (ids[a.CPO] || ids[a.EMSP]) {
			b.agreements = append(b.agreements, a)
		}
	}
	return b
}

// suspended says what a suspension brings about; nothing when it was one.
func suspended(b bearing) string {
	if b.before.Status == b.after.Status {
		return ""
	}
	return b.say("suspended", "deliveries kept", "agreements that stay but pass nothing")
}

// resumed says what the end of a suspension brings about.
func resumed(b bearing) string {
	if b.before.Status == b.after.Status {
		return ""
	}
	return b.say(string(b.after.Status), "deliveries that go out", "agreements that count again")
}

// pinned says what comes of a pin: a platform goes on in the version that it speaks
// until the credentials are renewed.
func pinned(b bearing) string {
	now, was := b.after.Pinned, b.before.Pinned
	if now == was {
		return ""
	}
	if now == "" {
		return fmt.Sprintf("pinned no more, was to OCPI %s: it may speak the highest version that both have", was)
	}
	out := fmt.Sprintf("pinned to OCPI %s, was %s", now, orWords(string(was), "none"))
	if b.after.Registered() && b.after.Version != now {
		out += fmt.Sprintf("; it speaks %s until its credentials are renewed: hubctl platforms rotate %s moves it", b.after.Version, b.after.ID)
	}
	return out
}

// removed says what the end of a connection brings about. Agreements are
// between parties, and outlive the platform.
func removed(b bearing) string {
	return b.say("removed for good, its tokens dead, its parties free for another platform", "deliveries dropped",
		"agreements that stay, and pass nothing until a platform registers the party")
}

// maxNamed bounds the agreements that are named one by one.
const maxNamed = 5

func (b bearing) say(what, deliveries, agreements string) string {
	out := fmt.Sprintf("%s, was %s (%s)", what, b.before.Status, many(b.parties, "party", "parties"))
	if b.pending > 0 {
		out += fmt.Sprintf("; %s: %d", deliveries, b.pending)
	}
	if len(b.agreements) == 0 {
		return out
	}
	var ids []string
	for _, a := range b.agreements[:min(len(b.agreements), maxNamed)] {
		ids = append(ids, a.ID)
	}
	if len(b.agreements) > maxNamed {
		ids = append(ids, "...")
	}
	return out + fmt.Sprintf("; %s: %d (%s)", agreements, len(b.agreements), strings.Join(ids, ", "))
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// invited says what an invitation allows.
func (s *platforms) invited(p *parties.Platform) string {
	claims := make([]string, len(p.Claims))
	for i, c := range p.Claims {
		claims[i] = c.String()
	}
	out := fmt.Sprintf("%s is invited to register %s", p.Name, orWords(strings.Join(claims, " "), "any party that is free"))
	if !p.As.IsZero() {
		return out + ", in OCPI 2.1.1, for " + p.As.String() + " alone"
	}
	if offered := s.offered(p); p.Pinned != "" {
		out += ", in OCPI " + string(p.Pinned)
	} else if len(offered) < len(s.versions) {
		out += fmt.Sprintf(", in OCPI %s; for 2.1.1 name the one party that it is, ROLE:CC*PID", orWords(strings.Join(offered, ", "), "no version"))
	}
	return out
}

// connected says how the hub and a platform talk.
func connected(p *parties.Platform) string {
	as := ""
	if !p.As.IsZero() {
		as = " for " + p.As.String() + " alone"
	}
	out := fmt.Sprintf("%s is connected%s in version %s", p.Name, as, p.Version)
	return out + endpoints(p)
}

// rotated says how the tokens are renewed.
func rotated(p *parties.Platform) string {
	if !p.Registered() {
		return "a new token A, the old one is dead: the platform registers anew, and is PLANNED until then"
	}
	url, _ := p.Endpoint(ocpi.Credentials, ocpi.Receiver)
	return fmt.Sprintf("both tokens are renewed by PUT %s, in version %s", url, p.Version) + endpoints(p)
}

func endpoints(p *parties.Platform) string {
	if len(p.Endpoints) == 0 {
		return ""
	}
	words := make([]string, len(p.Endpoints))
	for i, e := range p.Endpoints {
		words[i] = fmt.Sprintf("%s %s %s", e.Module, e.Interface, e.URL)
	}
	return " with " + strings.Join(words, ", ")
}

func orWords(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

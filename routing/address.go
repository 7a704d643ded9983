package routing

import (
	"net/http"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// Way is how a message goes through the hub.
type Way string

// The ways of a message.
const (
	Direct    Way = "direct"    // to the party that OCPI-to names
	Broadcast Way = "broadcast" // to every party that is entitled to it
	Open      Way = "open"      // to the party that the content names
	GetAll    Way = "get_all"   // answered from the catalog
	Callback  Way = "callback"  // an asynchronous result on its way back
)

// Reason says by what a message was routed, or why it was not: a closed set
// for journal, metric and explanation.
type Reason string

// The reasons of a plan.
const (
	ByTo        Reason = "to_names_a_party"
	ByHub       Reason = "to_names_the_hub"
	ByNoTo      Reason = "no_to"
	BySelf      Reason = "to_names_the_sender" // GET of a list to oneself means the hub
	ByResponse  Reason = "response_url"
	ByContent   Reason = "content"
	ByHubsCopy  Reason = "hubs_copy"
	ByAskingAll Reason = "asked_every_emsp"
	// Several eMSPs gave the token to the hub: each of them is asked.
	ByAskingOwners Reason = "asked_every_owner"
	// The hub answered for an eMSP that could not be reached.
	ByStandIn Reason = "stand_in"
	// ByGuard: the push waits for the operator, as one of a mass removal.
	ByGuard Reason = "held"
)

// Speaker is a party in the role in which it sends a message.
type Speaker struct {
	Party ocpi.PartyID
	Role  ocpi.Role
}

// Plan is where a message shall go.
type Plan struct {
	Way    Way
	From   Speaker
	To     ocpi.PartyID // set on the way Direct, and on Open once found
	Reason Reason
}

// Address decides from headers and module table which way a message goes. It
// is a pure function. Faults are of kind Invalid.
func Address(m *Message, hub ocpi.PartyID) (Plan, error) {
	from, err := speaker(m)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{From: from, To: m.Routing.To, Reason: ByTo}
	switch {
	case m.Rule.List && m.Routing.To == from.Party:
		plan.To, plan.Reason = hub, BySelf
	case m.Routing.To == hub:
		plan.Reason = ByHub
	case m.Routing.To.IsZero():
		plan.Reason = ByNoTo
	}
	plan.Way, err = way(m.Rule, plan, hub)
	return plan, err
}

// way tells the four routing modes apart (transport and format, Message Routing).
func way(rule *ocpi.Rule, plan Plan, hub ocpi.PartyID) (Way, error) {
	toHub, toNobody := plan.To == hub, plan.To.IsZero()
	switch {
	case rule.Open == ocpi.OpenCDR:
		return Open, nil // the id in the URL is the hub's own, whoever OCPI-to names
	case !toHub && !toNobody:
		return Direct, nil
	case named(rule):
		return "", fault.New(fault.Invalid, "this message on %s needs OCPI-to: name the one party that it is for", rule.Module)
	case rule.List && toHub:
		return GetAll, nil
	case rule.List:
		return "", fault.New(fault.Invalid, "GET of a list needs OCPI-to: name a party, or the hub (%s) for the objects of all", hub)
	case rule.Broadcast:
		return broadcastWay(rule, plan.From)
	case toHub && rule.Interface == ocpi.Receiver && rule.Method == http.MethodGet && rule.Owned():
		return "", fault.New(fault.Invalid, "GET on a receiver interface cannot be sent to all: name one party in OCPI-to")
	}
	return Open, nil
}

// named says whether a message must name the party that it is for: the hub knows
// of no other way to find it, and it is for nobody else.
func named(rule *ocpi.Rule) bool {
	switch rule.Module {
	case ocpi.Payments: // whose terminals these are only the two parties know (H-213)
		return true
	case ocpi.InvoiceReconciliation: // a bill is for one party (H-215); lists are of the hub's own copies
		return !rule.List
	case ocpi.Bookings: // the hub keeps booking locations, and no bookings: they hold what opens a gate
		return rule.Opaque || rule.List && rule.Path == ""
	default:
		return rule.Opaque
	}
}

func broadcastWay(rule *ocpi.Rule, from Speaker) (Way, error) {
	if !ocpi.MayBroadcast(from.Role, rule.Module) {
		return "", fault.New(fault.Invalid, "role %s may not send %s to all: name one party in OCPI-to", from.Role, rule.Module)
	}
	return Broadcast, nil
}

// speaker finds the party, and its role, that sends the message: OCPI-from, or
// the one party of the platform that can (H-072, H-073).
func speaker(m *Message) (Speaker, error) {
	if m.Routing.From.IsZero() {
		return onlySpeaker(m)
	}
	held := false
	for i := range m.Sender.Parties {
		if p := &m.Sender.Parties[i]; p.Party == m.Routing.From {
			held = true
			if speaks(p, m.Rule) {
				return Speaker{p.Party, p.Role}, nil
			}
		}
	}
	if !held {
		return Speaker{}, fault.New(fault.Invalid, "OCPI-from %s is not a party of this platform", m.Routing.From)
	}
	return Speaker{}, fault.New(fault.Invalid, "OCPI-from %s has no role that calls the %s interface of %s",
		m.Routing.From, m.Rule.Interface, m.Rule.Module)
}

func onlySpeaker(m *Message) (Speaker, error) {
	var found Speaker
	for i := range m.Sender.Parties {
		p := &m.Sender.Parties[i]
		if !speaks(p, m.Rule) || p.Party == found.Party {
			continue
		}
		if !found.Party.IsZero() {
			return Speaker{}, fault.New(fault.Invalid, "OCPI-from is missing, and this platform has several parties that fit: name one")
		}
		found = Speaker{p.Party, p.Role}
	}
	if found.Party.IsZero() {
		return Speaker{}, fault.New(fault.Invalid, "no party of this platform has a role that calls the %s interface of %s",
			m.Rule.Interface, m.Rule.Module)
	}
	return found, nil
}

func speaks(p *parties.Party, rule *ocpi.Rule) bool {
	return p.Role.Plays(rule.Module, rule.Interface.Other())
}

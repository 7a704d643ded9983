package watch

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

const (
	// leastTaken is how many objects must be taken away for a mass change.
	leastTaken = 10
	// maxTaken bounds the objects of one party that are remembered.
	maxTaken = 200_000
	// massWindows is within how many windows a mass change happens: its objects
	// come one by one.
	massWindows = 4
)

// taking is a way in which a party takes objects away.
type taking struct {
	party  ocpi.PartyID
	module ocpi.ModuleID
	what   string
}

// The ways in which objects are taken away, in the words of an alert.
const (
	evsesRemoved   = "EVSEs set to REMOVED"
	evsesOut       = "EVSEs set out of use"
	tariffsDeleted = "tariffs deleted"
	tokensInvalid  = "tokens made invalid"
)

// taken are the objects that a party took away, by a hash of their ids, and when.
type taken map[uint64]time.Time

// Object is an object that a party pushed.
type Object struct {
	Party  ocpi.PartyID
	Module ocpi.ModuleID
	Class  string // Location, EVSE or Token; others are not looked at
	ID     string // LOC1, LOC1/3256, or what names a token; it is not kept
	Body   []byte // not changed any more
}

// change is what an object says about itself: taken away in a way, or not.
type change struct {
	ID   uint64 `json:"id"`             // a hash of what names it
	What string `json:"what,omitempty"` // empty: it is in use
}

func hashOf(id string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(strings.ToLower(id)))
	return hash.Sum64()
}

// changesIn reads what an object says about the state of itself or its EVSEs.
func changesIn(o Object) (out []change) {
	switch {
	case o.Module == ocpi.Locations && o.Class == "EVSE":
		if status := ocpi.FindString(o.Body, "status"); status != "" {
			out = append(out, change{hashOf(o.ID), evseTaken(status)})
		}
	case o.Module == ocpi.Locations && o.Class == "Location":
		evses, _ := ocpi.Find(o.Body, "evses")
		for e := range ocpi.Elements(evses.Value) {
			out = append(out, change{hashOf(o.ID + "/" + ocpi.FindString(e, "uid")), evseTaken(ocpi.FindString(e, "status"))})
		}
	case o.Module == ocpi.Tokens && o.Class == "Token":
		out = tokenChange(o)
	}
	return out
}

// tokenChange reads whether a token is valid, where it says so.
func tokenChange(o Object) []change {
	valid, _ := ocpi.Find(o.Body, "valid")
	switch string(valid.Value) {
	case "true":
		return []change{{hashOf(o.ID), ""}}
	case "false":
		return []change{{hashOf(o.ID), tokensInvalid}}
	}
	return nil
}

// evseTaken says how an EVSE with this status is taken away.
func evseTaken(status string) string {
	switch strings.ToUpper(status) {
	case "REMOVED":
		return evsesRemoved
	case "INOPERATIVE", "OUTOFORDER", "UNKNOWN":
		return evsesOut
	}
	return ""
}

// takings lists the ways in which objects of a module are taken away.
func takings(m ocpi.ModuleID) []string {
	switch m {
	case ocpi.Locations:
		return []string{evsesRemoved, evsesOut}
	case ocpi.Tokens:
		return []string{tokensInvalid}
	case ocpi.Tariffs:
		return []string{tariffsDeleted}
	default:
		return nil
	}
}

// take notes a change of an object.
func (w *Watcher) take(party ocpi.PartyID, m ocpi.ModuleID, c change, at time.Time) {
	for _, what := range takings(m) {
		k := taking{party, m, what}
		switch set := w.taken[k]; {
		case what != c.What:
			delete(set, c.ID)
		case set == nil:
			w.taken[k] = taken{c.ID: at}
		case len(set) < maxTaken:
			set[c.ID] = at
		}
	}
}

// judge compares what was taken away with all that there is.
func (t taken) judge(k taking, stock int, least float64, firing bool) Judgement {
	all := stock
	if k.what == tariffsDeleted {
		all += len(t) // they are not in stock any more
	}
	share := float64(len(t)) / float64(max(all, len(t), 1))
	j := Judgement{Kind: MassChange, Severity: Warning, Subject: Subject{Party: k.party, Module: k.module, Name: k.what}}
	if k.what == evsesRemoved || k.what == tariffsDeleted {
		j.Severity = Critical
	}
	j.Bad = len(t) >= leastTaken && share >= least
	if firing {
		j.Bad = len(t) > 0 && share >= least/2
	}
	j.Value = fmt.Sprintf("%d of %d %s (%.0f %%)", len(t), max(all, len(t)), k.what, 100*share)
	j.Threshold = fmt.Sprintf("%.0f %%", 100*least)
	return j
}

// prune forgets what was taken away before a time.
func (t taken) prune(before time.Time) {
	for id, at := range t {
		if at.Before(before) {
			delete(t, id)
		}
	}
}

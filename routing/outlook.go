package routing

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// Outlook compares what two states of the registry allow between two parties.
type Outlook struct {
	Before, After *parties.Directory
	Sides         [2]ocpi.PartyID
	// At is the moment at which both are asked.
	At time.Time
	// Offered is the version to suppose of platforms that have none yet.
	Offered ocpi.Version
}

// Foreseen is one kind of message from one side to the other, how many there
// were, and whether each state lets it through.
type Foreseen struct {
	Module   ocpi.ModuleID
	From, To ocpi.PartyID
	Method   string
	// Route is the way of the message; with GetAll, To is the owner whose
	// objects the list holds, with Broadcast the receiver of a copy.
	Route         Way
	Messages      int
	Before, After bool
}

// Foresee counts the messages between the two sides among the records of the
// message log, and judges each kind by the functions that route. Copies of a
// push, objects in a list of all, and being asked about an unknown token count as
// messages between the two; results of commands go back whatever is agreed, and
// do not count, and neither do messages that never found a receiver. It is a
// pure function. The order is that of sides, module, method and route.
func (o Outlook) Foresee(entries []journal.Entry) []Foreseen {
	t := tally{Outlook: o, pushed: map[string]bool{}, verdicts: map[kind][2]bool{}, counts: map[Foreseen]int{}}
	for i := range entries {
		if e := &entries[i]; e.Attempt == 0 && Way(e.Route) == Broadcast {
			t.pushed[e.CorrelationID] = true
		}
	}
	for i := range entries {
		t.add(&entries[i], o.Sides[0], o.Sides[1])
		t.add(&entries[i], o.Sides[1], o.Sides[0])
	}
	return t.rows()
}

// tally counts messages by their kind.
type tally struct {
	Outlook
	pushed   map[string]bool // correlation ids of pushes that are among the records
	verdicts map[kind][2]bool
	counts   map[Foreseen]int // without Messages
}

// kind is what a verdict depends on.
type kind struct {
	from, to ocpi.PartyID
	way      Way
	all      bool // everybody is asked
	rule     *ocpi.Rule
}

// add counts a record, if it is of a message from one party that concerns the
// other.
func (t *tally) add(e *journal.Entry, from, to ocpi.PartyID) {
	if e.From != from || !e.Module.Functional() || !t.concerns(e, to) {
		return
	}
	m, err := t.recalled(e, to)
	if err != nil {
		return
	}
	k := kind{from: from, to: to, way: Way(e.Route), all: asksAll(e) && e.To != to, rule: m.Rule}
	if !k.fits(t.Before) {
		return
	}
	verdict, known := t.verdicts[k]
	if !known {
		verdict = [2]bool{k.allowed(t.Before, m, t.At), k.allowed(t.After, m, t.At)}
		t.verdicts[k] = verdict
	}
	t.counts[Foreseen{
		Module: e.Module, From: from, To: to, Method: e.Method, Route: k.way, Before: verdict[0], After: verdict[1],
	}]++
}

// concerns says whether a record stands for a message that a party gets, or may
// get. A push to all stands for its copies; a copy stands for itself where no push
// is recorded: what was pulled, or brought later.
func (t *tally) concerns(e *journal.Entry, to ocpi.PartyID) bool {
	switch Way(e.Route) {
	case Broadcast:
		return e.Attempt == 0 || e.Attempt == 1 && e.To == to && !t.pushed[e.CorrelationID]
	case GetAll:
		return e.Attempt == 0
	case Direct, Open:
		return e.Attempt == 0 && (e.To == to || asksAll(e))
	case Callback:
	}
	return false
}

// asksAll says whether a record is of an authorisation about which everybody was
// asked. Without an answer that counts, it names no receiver.
func asksAll(e *journal.Entry) bool {
	return Way(e.Route) == Open && e.Module == ocpi.Tokens && e.Method == http.MethodPost &&
		(e.To.IsZero() || Reason(e.Reason) == ByAskingAll)
}

// recalled makes the message of a record again. Of some paths the record holds
// too little to tell one from another of the same method: then the first counts.
func (o Outlook) recalled(e *journal.Entry, to ocpi.PartyID) (*Message, error) {
	q := Question{Offered: o.Offered, From: e.From, To: to, Module: e.Module, Method: e.Method, Path: e.Object}
	m, err := imagine(o.Before, q)
	if err != nil {
		q.Path = ""
		m, err = imagine(o.Before, q)
	}
	return m, err
}

// fits says whether the roles of the two let such a message be at all, whatever
// is agreed.
func (k kind) fits(dir *parties.Directory) bool {
	for _, from := range dir.MembersOf(k.from) {
		for _, to := range dir.MembersOf(k.to) {
			switch {
			case k.way == Broadcast && ocpi.Broadcasts(from.Role, to.Role, k.rule.Module):
				return true
			case k.way != Broadcast && suits(Speaker{k.from, from.Role}, parties.Home{Role: to.Role}, k.rule):
				return true
			}
		}
	}
	return false
}

// allowed asks one state of the registry.
func (k kind) allowed(dir *parties.Directory, m *Message, at time.Time) bool {
	if k.way == Broadcast {
		return k.receives(dir, at)
	}
	from, err := speaker(m)
	if err != nil {
		return false
	}
	switch {
	case k.way == GetAll:
		return dir.Lists(m.Sender, k.to, at) && mayRead(dir, from, k.to, k.rule, at)
	case k.all:
		return slices.Contains(askable(dir, from, k.rule, at), k.to)
	}
	return known(dir, from, k.to, k.rule, at)
}

// receives says whether a party gets a copy of what another pushes to all.
func (k kind) receives(dir *parties.Directory, at time.Time) bool {
	audience := Audience{Registry: still{dir}, Now: func() time.Time { return at }}
	for _, owner := range dir.MembersOf(k.from) {
		change := fanout.Change{Key: catalog.Key{Module: k.rule.Module, Owner: k.from}, Role: owner.Role}
		for _, home := range dir.Homes(k.to) {
			if slices.Contains(audience.Receivers(home.Platform.ID, change), k.to) {
				return true
			}
		}
	}
	return false
}

// rows lists what was counted.
func (t *tally) rows() []Foreseen {
	out := make([]Foreseen, 0, len(t.counts))
	for f, n := range t.counts {
		f.Messages = n
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Foreseen) int {
		return cmp.Or(
			cmp.Compare(slices.Index(t.Sides[:], a.From), slices.Index(t.Sides[:], b.From)),
			cmp.Compare(a.Module, b.Module), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Route, b.Route),
			cmp.Compare(truth(a.Before), truth(b.Before)), cmp.Compare(truth(a.After), truth(b.After)),
		)
	})
	return out
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// still is a registry that stays as it is, and calls nobody.
type still struct{ dir *parties.Directory }

// Directory implements Registry.
func (s still) Directory() *parties.Directory { return s.dir }

// Token implements Registry.
func (still) Token(*parties.Platform) (string, ocpi.TokenEncoding, error) {
	return "", "", fault.New(fault.Internal, "nobody is called")
}

package watch

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Message is a message of a party and what came of it.
type Message struct {
	At     time.Time
	Party  ocpi.PartyID
	Module ocpi.ModuleID
	// Refused: by the hub or by its receiver, for what the sender did.
	Refused bool
	// AtDoor: it came no further than the door. It counts as refused, but is no
	// sign that the party sends as usual.
	AtDoor bool
	// Deleted is the object that it deleted, the path below the endpoint; empty:
	// none.
	Deleted string
}

// Call is a call to a platform and what came of it.
type Call struct {
	At       time.Time
	Platform string
	Failed   bool
}

// Sight is what was seen of a platform at a call.
type Sight struct {
	Platform string
	Host     string
	// Skew is how far its clock is ahead, when Clock says that it was seen.
	Clock bool
	Skew  time.Duration
	// CertificateEnds is when its certificate ends; zero: none was seen.
	CertificateEnds time.Time
}

// event is something that waits to be looked at.
type event struct {
	sort    sort
	refused bool // or failed
	at      time.Time
	party   ocpi.PartyID
	module  ocpi.ModuleID
	name    string // a platform, or the path of what was deleted
	rest    any    // an Object, a Sight, or a change
	count   int    // how many it stands for; 0: one
}

type sort uint8

const (
	sortMessage sort = iota
	sortRefusal
	sortCall
	sortObject
	sortSight
)

// Message takes a message. Like the other methods that take something it never
// waits: when too much is waiting already, it is dropped.
func (w *Watcher) Message(m Message) {
	e := event{sort: sortMessage, refused: m.Refused, at: m.At, party: m.Party, module: m.Module, name: m.Deleted}
	if m.AtDoor {
		e.sort, e.refused = sortRefusal, true
	}
	w.hand(e)
}

// Call takes a call.
func (w *Watcher) Call(c Call) {
	w.hand(event{sort: sortCall, refused: c.Failed, at: c.At, name: c.Platform})
}

// Sight takes what was seen of a platform.
func (w *Watcher) Sight(s Sight) { w.hand(event{sort: sortSight, rest: s}) }

// Object takes what a party pushed, if it can tell of something taken away.
func (w *Watcher) Object(o Object) {
	if o.Class != "EVSE" && o.Class != "Location" && o.Class != "Token" {
		return
	}
	size := int64(len(o.Body))
	if w.bytes.Add(size) > maxWaitingBytes {
		w.bytes.Add(-size)
		w.dropped.Add(1)
		return
	}
	if !w.hand(event{sort: sortObject, rest: o}) {
		w.bytes.Add(-size)
	}
}

func (w *Watcher) hand(e event) bool {
	select {
	case w.queue <- e:
		return true
	default:
		w.dropped.Add(1)
		return false
	}
}

// Dropped counts what was not looked at since the start.
func (w *Watcher) Dropped() int64 { return w.dropped.Load() }

// handle looks at one event.
func (w *Watcher) handle(e event) {
	if o, is := e.rest.(Object); is {
		w.bytes.Add(-int64(len(o.Body)))
		w.handleObject(o)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.sort {
	case sortMessage:
		w.handleMessage(e)
	case sortRefusal:
		w.count(shareKey{Refusals, Subject{Party: e.party, Module: e.module}}, e)
	case sortCall:
		w.count(shareKey{Failures, Subject{Platform: e.name}}, e)
	case sortSight:
		if s, is := e.rest.(Sight); is {
			w.handleSight(s)
		}
	case sortObject: // of another replica; else above
		if c, is := e.rest.(change); is {
			w.take(e.party, e.module, c, e.at)
		}
	}
}

func (w *Watcher) handleMessage(e event) {
	if e.party.IsZero() {
		return
	}
	w.count(shareKey{Refusals, Subject{Party: e.party, Module: e.module}}, e)
	k := rhythmKey{e.party, e.module}
	r := w.rhythms[k]
	if r == nil {
		if len(w.rhythms) >= maxSubjects {
			w.dropped.Add(1)
			return
		}
		r = newRhythm(e.party, e.module, e.at, w.calendar)
		w.rhythms[k] = r
	}
	r.note(w.calendar, e.at, w.watched)
	r.Messages += int64(max(1, e.count)) - 1
	w.unsaved[k] = true
	if e.name != "" && e.module == ocpi.Tariffs && !e.refused {
		w.take(e.party, e.module, change{hashOf(e.name), tariffsDeleted}, e.at)
	}
}

// count counts a message or a call, failed or not.
func (w *Watcher) count(k shareKey, e event) {
	s := w.shares[k]
	if s == nil {
		if len(w.shares) >= maxSubjects {
			w.dropped.Add(1)
			return
		}
		s = &share{}
		w.shares[k] = s
	}
	s.turn(e.at, w.Window)
	for range max(1, e.count) {
		s.add(e.refused)
	}
	s.used = e.at
}

func (w *Watcher) handleObject(o Object) {
	changes := changesIn(o)
	if len(changes) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	for _, c := range changes {
		w.take(o.Party, o.Module, c, now)
	}
}

func (w *Watcher) handleSight(s Sight) {
	if s.Clock {
		k := w.skews[s.Platform]
		if k == nil {
			k = &skew{}
			w.skews[s.Platform] = k
		}
		k.note(s.Skew, w.ClockSkew)
	}
	if !s.CertificateEnds.IsZero() {
		subject := Subject{Platform: s.Platform, Name: s.Host}
		w.ends[subject] = End{Kind: Certificates, Subject: subject, At: s.CertificateEnds}
	}
}

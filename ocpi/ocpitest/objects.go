package ocpitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Key names an object. Ids are compared without regard to case.
type Key struct {
	Module ocpi.ModuleID
	Owner  ocpi.PartyID
	// ID is the id of the object: the uid of a token, the role of a client
	// info.
	ID string
	// Type is the type of a token, where the version knows it in URLs; empty is
	// RFID. Of payments and bookings it is the part of the module that the
	// object belongs to: Terminals, Confirmations, BookingLocations, or none
	// for a booking.
	Type string
}

// The parts of a module, by the word that stands for them in paths.
const (
	Terminals        = "terminals"
	Confirmations    = "financial-advice-confirmations"
	BookingLocations = "booking_locations"
)

func (k Key) normal() Key {
	k.ID, k.Type = strings.ToUpper(k.ID), strings.ToUpper(k.Type)
	if k.Module == ocpi.Tokens {
		setDefault(&k.Type, "RFID")
	}
	return k
}

// Object is the newest state of an object.
type Object struct {
	Key
	// Version is the one in which it was offered, or came last.
	Version ocpi.Version
	// To is the party of the platform to which the object was given; From is
	// who gave it last. Both are zero for what the platform offers itself.
	To, From ocpi.PartyID
	// Raw is the object: the bytes that came, with later changes applied.
	Raw json.RawMessage
	// Changes counts the messages that made it.
	Changes int
}

// LastUpdated returns the object's last_updated; zero if it has none.
func (o Object) LastUpdated() time.Time { return lastUpdated(o.Raw) }

func lastUpdated(raw []byte) time.Time {
	t, err := ocpi.ParseDateTime(ocpi.FindString(raw, "last_updated"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Regression is an object that was given to the platform in an older state
// than it had been before.
type Regression struct {
	Key
	To ocpi.PartyID
	// Part is the path to the EVSE, or empty for the object.
	Part           string
	Held, Received time.Time
}

// String tells a regression in one line.
func (r Regression) String() string {
	return fmt.Sprintf("%s %s/%s/%s to %s: held %s, received %s", r.Module, r.Owner, r.ID, r.Part, r.To,
		ocpi.FormatDateTime(r.Held), ocpi.FormatDateTime(r.Received))
}

// record is an object on a shelf. own is the newest last_updated of the object
// itself, without that of its parts.
type record struct {
	Object
	own time.Time
}

// shelf keeps objects, in the order in which they came.
type shelf struct {
	mu          sync.RWMutex
	copies      map[Key][]*record // one for each party that has the object
	order       map[ocpi.ModuleID][]*record
	regressions []Regression
}

func newShelf() *shelf {
	return &shelf{copies: map[Key][]*record{}, order: map[ocpi.ModuleID][]*record{}}
}

// change is one message that changes an object.
type change struct {
	version  ocpi.Version
	method   string
	key      Key
	parts    []string // ids of the EVSE and the connector, or of the calendar
	to, from ocpi.PartyID
	body     []byte
}

var errUnknownObject = errors.New("there is no such object to change: PUT it first")

// apply changes an object. created says that it is a new one.
func (s *shelf) apply(c change) (created bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(c.key, c.to)
	if c.method == http.MethodDelete {
		if r == nil {
			return false, errUnknownObject
		}
		s.remove(r)
		return false, nil
	}
	whole := c.method != http.MethodPatch && len(c.parts) == 0
	if r == nil && !whole {
		return false, errUnknownObject
	}
	if r == nil {
		r = &record{Object: Object{Key: c.key, To: c.to}}
		s.copies[c.key.normal()] = append(s.copies[c.key.normal()], r)
		s.order[c.key.Module] = append(s.order[c.key.Module], r)
		created = true
	}
	next, err := edited(c, r.Raw)
	if err != nil {
		return false, err
	}
	s.watch(r, c)
	r.Raw, r.From, r.Version = next, c.from, c.version
	r.Changes++
	return created, nil
}

// find returns the copy of one party, or for a zero party the one that came
// last.
func (s *shelf) find(key Key, to ocpi.PartyID) *record {
	copies := s.copies[key.normal()]
	for _, r := range slices.Backward(copies) {
		if r.To == to {
			return r
		}
	}
	return nil
}

func (s *shelf) remove(gone *record) {
	is := func(r *record) bool { return r == gone }
	key := gone.normal()
	s.copies[key] = slices.DeleteFunc(s.copies[key], is)
	s.order[gone.Module] = slices.DeleteFunc(s.order[gone.Module], is)
}

// watch notes when a state is older than what was there.
func (s *shelf) watch(r *record, c change) {
	if len(c.parts) == 0 {
		s.compare(r, "", r.own, lastUpdated(c.body))
		if t := lastUpdated(c.body); t.After(r.own) {
			r.own = t
		}
		for evse := range evses(c.body) {
			uid := ocpi.FindString(evse, "uid")
			s.compare(r, uid, lastUpdated(findEVSE(r.Raw, uid)), lastUpdated(evse))
		}
		return
	}
	part, received := c.parts[0], lastUpdated(c.body)
	s.compare(r, part, lastUpdated(findEVSE(r.Raw, part)), received)
}

func (s *shelf) compare(r *record, part string, held, received time.Time) {
	if !received.IsZero() && received.Before(held) {
		s.regressions = append(s.regressions, Regression{Key: r.Key, To: r.To, Part: part, Held: held, Received: received})
	}
}

// get returns the copy of one party; for a zero party any, the last first.
func (s *shelf) get(key Key, to ocpi.PartyID) (Object, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.find(key, to)
	if copies := s.copies[key.normal()]; r == nil && to.IsZero() && len(copies) > 0 {
		r = copies[len(copies)-1]
	}
	if r == nil {
		return Object{}, false
	}
	return r.Object, true
}

// all returns the objects of a module that fit, in the order in which they
// came; every module if it is empty.
func (s *shelf) all(m ocpi.ModuleID, fits func(Object) bool) []Object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Object
	for module, records := range s.order {
		if m != "" && m != module {
			continue
		}
		for _, r := range records {
			if fits == nil || fits(r.Object) {
				out = append(out, r.Object)
			}
		}
	}
	return out
}

// Object returns an object that the platform was given: the copy of the party
// to, or for a zero party any copy.
func (p *Platform) Object(key Key, to ocpi.PartyID) (Object, bool) { return p.held.get(key, to) }

// Objects returns what the platform was given of a module, or of all modules,
// in the order in which it came. A nil condition takes all.
func (p *Platform) Objects(m ocpi.ModuleID, fits func(Object) bool) []Object {
	return p.held.all(m, fits)
}

// Offered returns an object that the platform offers itself.
func (p *Platform) Offered(key Key) (Object, bool) { return p.own.get(key, ocpi.PartyID{}) }

// Offers returns what the platform offers of a module, or of all modules.
func (p *Platform) Offers(m ocpi.ModuleID) []Object { return p.own.all(m, nil) }

// Regressions returns where the platform was given an older state after a
// newer one, judged by last_updated.
func (p *Platform) Regressions() []Regression {
	p.held.mu.RLock()
	defer p.held.mu.RUnlock()
	return slices.Clone(p.held.regressions)
}

// Hold makes the platform have an object that nobody gave it, to see whether
// somebody notices.
func (p *Platform) Hold(key Key, to ocpi.PartyID, raw []byte) {
	_, _ = p.held.apply(change{version: p.Version(), method: http.MethodPut, key: key, to: to, body: raw}) // a whole object always fits
}

// ForgetObjects makes the platform forget what it was given.
func (p *Platform) ForgetObjects() {
	p.held.mu.Lock()
	defer p.held.mu.Unlock()
	clear(p.held.copies)
	clear(p.held.order)
	p.held.regressions = nil
}

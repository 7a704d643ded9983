package cast

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/ledger"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// good is an object that its owner pushes; one push at a time.
type good interface {
	// next makes the next change: the whole object if first is set.
	next(rng *rand.Rand, first bool) change
	base() *object
}

// change is one push of an object.
type change struct {
	req    ocpitest.Request
	states map[ledger.Cell]int // what its acknowledgement acknowledges
	// gone is the cell that is deleted.
	gone *ledger.Cell
}

// object is what all goods have.
type object struct {
	sync.Mutex
	ledger *ledger.Ledger
	owner  owned
	module ocpi.ModuleID
	id     string
	last   time.Time
	closed bool // it was deleted
	// clean: the last push was acknowledged at once, so that no copy of it is
	// still on its way.
	clean bool
}

func (o *object) base() *object { return o }

func (o *object) cell(part string) ledger.Cell {
	return ledger.Cell{Module: o.module, Owner: o.owner.ID, ID: o.id, Part: part}
}

// now is the last_updated of a change: later than that of the one before,
// whatever the clock does.
func (o *object) now() string {
	at := time.Now().UTC().Truncate(time.Millisecond)
	if !at.After(o.last) {
		at = o.last.Add(time.Millisecond)
	}
	o.last = at
	return ocpi.FormatDateTime(at)
}

func (o *object) request(method string, body any, parts ...string) ocpitest.Request {
	path := strings.Join(append([]string{o.owner.ID.Country, o.owner.ID.ID, o.id}, parts...), "/")
	req := ocpitest.Request{
		Module: o.module, Interface: ocpi.Receiver, Method: method, Path: path, From: o.owner.ID, To: hubParty,
		Header: oneConnection,
	}
	if body != nil {
		req.Body, _ = json.Marshal(body) // maps of strings and numbers
	}
	return req
}

// oneConnection makes each message go to a replica of its own.
var oneConnection = http.Header{"Connection": {"close"}}

// head are the members that name an object.
func (o *object) head(serial int, at string) map[string]any {
	return map[string]any{
		"country_code": o.owner.ID.Country, "party_id": o.owner.ID.ID, "serial": serial, "last_updated": at,
	}
}

// location is a location and its EVSEs.
type location struct {
	*object
	parts []evse
}

type evse struct {
	uid, at string
	serial  int
}

func (e evse) body() map[string]any {
	return map[string]any{
		"uid": e.uid, "status": statusOf(e.serial), "serial": e.serial, "last_updated": e.at,
		"connectors": []any{map[string]any{
			"id": "1", "standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE", "max_voltage": 230,
			"max_amperage": 32, "last_updated": "2026-01-01T00:00:00Z",
		}},
	}
}

func statusOf(serial int) string {
	return []string{"AVAILABLE", "CHARGING", "BLOCKED", "INOPERATIVE"}[serial%4]
}

func (l *location) next(rng *rand.Rand, first bool) change {
	switch n := rng.IntN(20); {
	case first || n == 0:
		return l.whole(first)
	case n == 1:
		at, serial := l.now(), l.ledger.Next(l.cell(""))
		body := map[string]any{"name": fmt.Sprint("N", serial), "serial": serial, "last_updated": at}
		return change{req: l.request(http.MethodPatch, body), states: map[ledger.Cell]int{l.cell(""): serial}}
	default:
		return l.one(&l.parts[rng.IntN(len(l.parts))], n < 4)
	}
}

// one changes an EVSE: all of it, or its status.
func (l *location) one(e *evse, whole bool) change {
	e.at, e.serial = l.now(), l.ledger.Next(l.cell(e.uid))
	states := map[ledger.Cell]int{l.cell(e.uid): e.serial}
	if whole {
		return change{req: l.request(http.MethodPut, e.body(), e.uid), states: states}
	}
	body := map[string]any{"status": statusOf(e.serial), "serial": e.serial, "last_updated": e.at}
	return change{req: l.request(http.MethodPatch, body, e.uid), states: states}
}

// whole puts the location with its EVSEs as they were last sent.
func (l *location) whole(first bool) change {
	serial, at := l.ledger.Next(l.cell("")), l.now()
	states := map[ledger.Cell]int{l.cell(""): serial}
	body := l.head(serial, at)
	var list []any
	for i := range l.parts {
		e := &l.parts[i]
		if first {
			e.at, e.serial = at, l.ledger.Next(l.cell(e.uid))
		}
		states[l.cell(e.uid)] = e.serial
		list = append(list, e.body())
	}
	maps.Copy(body, map[string]any{
		"id": l.id, "publish": true, "name": fmt.Sprint("N", serial), "address": "Dam 1", "city": "Amsterdam", "country": "NLD",
		"coordinates": map[string]any{"latitude": "52.370216", "longitude": "4.895168"}, "time_zone": "Europe/Amsterdam", "evses": list,
	})
	return change{req: l.request(http.MethodPut, body), states: states}
}

// tariff is a tariff; mortal ones are deleted in the end.
type tariff struct {
	*object
	mortal bool
}

func (t *tariff) next(rng *rand.Rand, first bool) change {
	cell := t.cell("")
	if t.mortal && t.clean && !first && rng.IntN(4) == 0 {
		t.closed = true
		t.ledger.Delete(cell, false)
		return change{req: t.request(http.MethodDelete, nil), gone: &cell}
	}
	serial, at := t.ledger.Next(cell), t.now()
	body := t.head(serial, at)
	body["id"], body["currency"] = t.id, "EUR"
	body["elements"] = []any{map[string]any{"price_components": []any{map[string]any{"type": "ENERGY", "price": 0.25, "step_size": 1}}}}
	return change{req: t.request(http.MethodPut, body), states: map[ledger.Cell]int{cell: serial}}
}

// token is a token of a driver.
type token struct{ *object }

func (t *token) next(rng *rand.Rand, first bool) change {
	cell := t.cell("")
	serial, at := t.ledger.Next(cell), t.now()
	states := map[ledger.Cell]int{cell: serial}
	if !first && rng.IntN(2) == 0 {
		body := map[string]any{"valid": serial%2 == 0, "serial": serial, "last_updated": at}
		return change{req: t.request(http.MethodPatch, body), states: states}
	}
	body := t.head(serial, at)
	maps.Copy(body, map[string]any{
		"uid": t.id, "type": "RFID", "contract_id": "C-" + t.id, "issuer": "I", "valid": true, "whitelist": "ALLOWED",
	})
	return change{req: t.request(http.MethodPut, body), states: states}
}

// stock makes the objects of all parties, in an order that is different for
// each seed.
func (c *Cast) stock() {
	bare := func(by owned, m ocpi.ModuleID, id string) *object {
		return &object{ledger: c.Ledger, owner: by, module: m, id: id}
	}
	for _, cpo := range c.parties(ocpi.CPO) {
		for n := range c.Locations {
			l := &location{object: bare(cpo, ocpi.Locations, fmt.Sprint("L", n))}
			for k := range evses {
				l.parts = append(l.parts, evse{uid: fmt.Sprintf("L%d-%d", n, k)})
			}
			c.goods = append(c.goods, l)
		}
		for n := range c.Tariffs {
			c.goods = append(c.goods, &tariff{object: bare(cpo, ocpi.Tariffs, fmt.Sprint("T", n)), mortal: n%4 == 0})
		}
	}
	for _, emsp := range c.parties(ocpi.EMSP) {
		for n := range c.Tokens {
			c.goods = append(c.goods, &token{bare(emsp, ocpi.Tokens, uidOf(emsp.ID, n))})
		}
	}
	rng := rand.New(rand.NewPCG(c.Seed, 2))
	rng.Shuffle(len(c.goods), func(i, k int) { c.goods[i], c.goods[k] = c.goods[k], c.goods[i] })
}

// uidOf names the nth token of an eMSP.
func uidOf(emsp ocpi.PartyID, n int) string { return fmt.Sprintf("%s%s-%d", emsp.Country, emsp.ID, n) }

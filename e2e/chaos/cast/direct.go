package cast

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/ledger"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// Directs are the messages that one party sends to another, and what must be
// left of them. It is safe for concurrent use.
type Directs struct {
	cast   *Cast
	serial atomic.Int64

	mu sync.Mutex
	// sent are sessions and CDRs by the eMSP that they are for.
	sent map[bill]*fate
	// results counts the results of commands that came.
	ordered, results int
}

// bill names a session or a CDR.
type bill struct {
	module ocpi.ModuleID
	by, to ocpi.PartyID
	id     string
}

type fate struct{ acked bool }

// NewDirects returns the direct messages of a cast; none is sent yet.
func (c *Cast) NewDirects() *Directs { return &Directs{cast: c, sent: map[bill]*fate{}} }

// Run sends so many direct messages a second until ctx ends.
func (d *Directs) Run(ctx context.Context, span time.Duration, perSecond float64) {
	bills, asks, orders := d.cast.pairs(ocpi.Sessions), d.cast.pairs(ocpi.Tokens), d.cast.pairs(ocpi.Commands)
	repeat(ctx, span, perSecond, func(float64) {
		switch n := rand.IntN(10); {
		case n < 4 && len(asks) > 0:
			d.authorize(ctx, asks[rand.IntN(len(asks))])
		case n < 6 && len(orders) > 0:
			d.order(ctx, orders[rand.IntN(len(orders))])
		case n < 8 && len(bills) > 0:
			d.bill(ctx, bills[rand.IntN(len(bills))], ocpi.Sessions)
		case len(bills) > 0:
			d.bill(ctx, bills[rand.IntN(len(bills))], ocpi.CDRs)
		}
	})
}

// authorize asks an eMSP about one of its tokens.
func (d *Directs) authorize(ctx context.Context, pair [2]owned) {
	cpo, emsp := pair[0], pair[1]
	reply, err := cpo.at.Do(context.WithoutCancel(ctx), ocpitest.Request{
		Module: ocpi.Tokens, Interface: ocpi.Sender, Method: http.MethodPost, Path: uidOf(emsp.ID, 0) + "/authorize",
		From: cpo.ID, To: emsp.ID, Header: oneConnection,
	})
	d.cast.Answers.note("direct", "authorize", reply, err)
}

// resultWithin is how long an eMSP waits for the result of a command, which may
// come through any replica. One that does not come is nobody's fault here.
const resultWithin = 2 * time.Second

// order sends a command and waits for its result.
func (d *Directs) order(ctx context.Context, pair [2]owned) {
	cpo, emsp := pair[0], pair[1]
	back := emsp.at.NewCallback(ocpi.Commands)
	body := map[string]any{
		"response_url": back.URL, "location_id": "L0", "marker": mark(emsp.ID, cpo.ID),
		"token": map[string]any{
			"country_code": emsp.ID.Country, "party_id": emsp.ID.ID, "uid": uidOf(emsp.ID, 0), "type": "RFID", "contract_id": "C",
			"issuer": "I", "valid": true, "whitelist": "ALLOWED", "last_updated": "2026-01-01T00:00:00Z",
		},
	}
	raw, _ := json.Marshal(body) // maps of strings
	reply, err := emsp.at.Do(context.WithoutCancel(ctx), ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: http.MethodPost, Path: "START_SESSION",
		From: emsp.ID, To: cpo.ID, Body: raw, Header: oneConnection,
	})
	if !d.cast.Answers.note("direct", "command", reply, err) {
		return
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), resultWithin)
	defer cancel()
	_, err = back.Wait(wait)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ordered++
	if err == nil {
		d.results++
	}
}

// mark says in a body who sent it to whom.
func mark(from, to ocpi.PartyID) string { return from.String() + ">" + to.String() }

// bill sends a session or a CDR, again when it got no answer, as senders do.
func (d *Directs) bill(ctx context.Context, pair [2]owned, m ocpi.ModuleID) {
	cpo, emsp := pair[0], pair[1]
	b := bill{m, cpo.ID, emsp.ID, fmt.Sprintf("%.1s%d", m, d.serial.Add(1))}
	f := &fate{}
	d.mu.Lock()
	d.sent[b] = f
	d.mu.Unlock()
	req := ocpitest.Request{
		Module: m, Interface: ocpi.Receiver, Method: http.MethodPost, From: cpo.ID, To: emsp.ID,
		Body: b.body(), Header: oneConnection,
	}
	if m == ocpi.Sessions {
		req.Method, req.Path = http.MethodPut, cpo.ID.Country+"/"+cpo.ID.ID+"/"+b.id
	}
	for range 1 + rand.IntN(3) {
		reply, err := cpo.at.Do(context.WithoutCancel(ctx), req)
		if d.cast.Answers.note("direct", strings.ToLower(string(m)), reply, err) {
			d.mu.Lock()
			f.acked = true
			d.mu.Unlock()
			return
		}
		select {
		case <-time.After(time.Duration(100+rand.IntN(400)) * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}

// body is the session or the CDR.
func (b bill) body() []byte {
	const at = "2026-01-01T10:00:00Z"
	out := map[string]any{
		"country_code": b.by.Country, "party_id": b.by.ID, "id": b.id, "start_date_time": at, "auth_method": "WHITELIST",
		"currency": "EUR", "last_updated": at, "marker": mark(b.by, b.to),
		"cdr_token": map[string]any{"country_code": b.to.Country, "party_id": b.to.ID, "uid": uidOf(b.to, 0), "type": "RFID", "contract_id": "C"},
	}
	more := map[string]any{"kwh": 1.5, "location_id": "L0", "evse_uid": "L0-0", "connector_id": "1", "status": "ACTIVE"}
	if b.module == ocpi.CDRs {
		more = map[string]any{
			"end_date_time": at, "total_cost": map[string]any{"excl_vat": 4}, "total_energy": 12.5, "total_time": 1,
			"charging_periods": []any{map[string]any{"start_date_time": at, "dimensions": []any{map[string]any{"type": "ENERGY", "volume": 12.5}}}},
			"cdr_location": map[string]any{
				"id": "L0", "address": "Dam 1", "city": "Amsterdam", "country": "NLD",
				"coordinates": map[string]any{"latitude": "52.370216", "longitude": "4.895168"}, "evse_uid": "L0-0", "evse_id": "DE*ABC*E1",
				"connector_id": "1", "connector_standard": "IEC_62196_T2", "connector_format": "SOCKET", "connector_power_type": "AC_3_PHASE",
			},
		}
	}
	maps.Copy(out, more)
	raw, _ := json.Marshal(out) // maps of strings and numbers
	return raw
}

// Compare says what is wrong with the sessions and CDRs that an eMSP is listed
// by the hub, and with those that it was sent.
func (d *Directs) Compare(m ocpi.ModuleID, reader ocpi.PartyID, listed []string, got func(by ocpi.PartyID, id string) bool) (ledger.Count, []ledger.Finding) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var count ledger.Count
	var out []ledger.Finding
	add := func(id, what string) {
		out = append(out, ledger.Finding{Who: reader.String(), Cell: ledger.Cell{Module: m, ID: id}, What: what})
	}
	times := map[string]int{}
	for _, id := range listed {
		times[id]++
	}
	for b, f := range d.sent {
		if b.module != m {
			continue
		}
		if what := f.wrong(b, reader, times[b.id], got); what != "" {
			add(b.id, what)
		}
		if b.to == reader {
			count.Cells++
		}
		if b.to == reader && f.acked {
			count.Exact++
		}
	}
	for id := range times {
		if !slices.ContainsFunc(d.ofModule(m), func(b bill) bool { return b.id == id }) {
			add(id, "was never sent")
		}
	}
	return count, out
}

// wrong says what is wrong with a bill that a reader is listed so many times.
func (f *fate) wrong(b bill, reader ocpi.PartyID, times int, got func(by ocpi.PartyID, id string) bool) string {
	switch {
	case b.to != reader && times > 0:
		return "is listed to somebody else than " + b.to.String()
	case b.to != reader:
		return ""
	case times > 1:
		return fmt.Sprintf("is listed %d times", times)
	case f.acked && times == 0:
		return "was acknowledged and is not listed"
	case f.acked && !got(b.by, b.id):
		return "was acknowledged and did not reach its receiver"
	}
	return ""
}

// ofModule are the bills of a module; the caller holds the lock.
func (d *Directs) ofModule(m ocpi.ModuleID) (out []bill) {
	for b := range d.sent {
		if b.module == m {
			out = append(out, b)
		}
	}
	return out
}

// Results says how many commands were accepted, and how many results came soon.
func (d *Directs) Results() (ordered, came int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ordered, d.results
}

// misled collects messages that came to somebody they were not meant for.
type misled struct {
	mu   sync.Mutex
	list []string
}

// script answers as usual and looks for whom each message was meant.
func (m *misled) script() ocpitest.Script {
	return ocpitest.Script{
		Authorize: func(a ocpitest.Authorization) ocpitest.Verdict {
			m.check(strings.HasPrefix(a.UID, a.To.Country+a.To.ID+"-"), "authorize %s came to %s", a.UID, a.To)
			return ocpitest.Verdict{}
		},
		Command: func(c ocpitest.Command) ocpitest.Outcome {
			meant := ocpi.FindString(c.Body, "marker")
			m.check(meant == mark(c.From, c.To), "a command %s came from %s to %s", meant, c.From, c.To)
			return ocpitest.Outcome{}
		},
	}
}

func (m *misled) check(right bool, format string, v ...any) {
	if right {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, fmt.Sprintf(format, v...))
}

// List is what came wrongly.
func (m *misled) List() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.list)
}

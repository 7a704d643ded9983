package ocpitest

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// receive serves the RECEIVER interfaces of the functional modules.
func (p *Platform) receive(in *incoming) answer {
	switch {
	case in.Module == ocpi.Commands || in.Module == ocpi.ChargingProfiles:
		return p.command(in)
	case in.Module == ocpi.Payments || in.Module == ocpi.InvoiceReconciliation && in.Method == http.MethodPost:
		return p.receiveLoose(in)
	case in.Module == ocpi.CDRs && in.Method == http.MethodPost:
		return p.takeCDR(in)
	case in.Module == ocpi.CDRs:
		return p.giveCDR(in)
	case in.Method == http.MethodGet:
		return p.giveBack(in)
	}
	return p.take(in)
}

// owned returns which object an owned path names, and which part of it.
func owned(in *incoming) (key Key, parts []string) {
	key = Key{Module: in.Module, Owner: ocpi.NewPartyID(in.segments[0], in.segments[1])}
	rest := in.segments[2:]
	switch {
	case in.Module == ocpi.Tokens && in.Version != ocpi.V211:
		key.Type = in.values.Get("type")
	case in.Module == ocpi.Bookings && len(rest) > 1:
		key.Type, rest = rest[0], rest[1:]
	}
	key.ID = rest[0]
	return key, rest[1:]
}

// take changes an object that the platform was given.
func (p *Platform) take(in *incoming) answer {
	if in.Method != http.MethodDelete && !isObject(in.Body) {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "want a JSON object")
	}
	if p.opts.Forget {
		return done(nil)
	}
	key, parts := owned(in)
	return p.keep(p.changeBy(in, key, parts...))
}

// changeBy is the change that a call makes to an object.
func (p *Platform) changeBy(in *incoming, key Key, parts ...string) change {
	return change{
		version: in.Version, method: in.Method, key: key, parts: parts,
		to: p.addressee(in), from: in.way.From, body: in.Body,
	}
}

// keep applies a change to the objects that the platform was given.
func (p *Platform) keep(c change) answer {
	created, err := p.held.apply(c)
	if err != nil && c.key.Module == ocpi.Locations {
		return refuse(http.StatusNotFound, ocpi.StatusUnknownLocation, err.Error())
	}
	return kept(created, err)
}

// kept answers a change that was made, or could not be.
func kept(created bool, err error) answer {
	if err != nil {
		return refuse(http.StatusNotFound, ocpi.StatusInvalidParameters, err.Error())
	}
	out := done(nil)
	if created {
		out.status = http.StatusCreated
	}
	return out
}

// addressee returns the party to which a message goes.
func (p *Platform) addressee(in *incoming) ocpi.PartyID {
	if !in.way.To.IsZero() {
		return in.way.To
	}
	to, _ := p.Sole(in.Module, in.Interface) // zero if it is not clear
	return to
}

func isObject(body []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(string(body[:min(len(body), 64)]), " \t\r\n"), "{")
}

// giveBack returns an object as the platform has it, or a part of it.
func (p *Platform) giveBack(in *incoming) answer {
	key, parts := owned(in)
	found, ok := p.held.get(key, p.addressee(in))
	if !ok {
		return notFound()
	}
	return part(found, parts)
}

func notFound() answer {
	return refuse(http.StatusNotFound, ocpi.StatusClientError, "no such object")
}

// part answers with an object, or with the part of it that the ids name.
func part(o Object, ids []string) answer {
	raw, levels := []byte(o.Raw), o.levels()
	for i, id := range ids {
		list, index := split(raw, levels[i], id)
		if index < 0 {
			return notFound()
		}
		raw = list[index]
	}
	return done(raw)
}

// cdrLinks are the URLs that the platform gave for CDRs.
type cdrLinks struct {
	mu   sync.Mutex
	keys map[string]Key // by the last segment of the URL
	ids  map[Key]string
}

// link returns the last segment of the URL of a CDR, the same one each time.
func (l *cdrLinks) link(key Key) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		l.keys, l.ids = map[string]Key{}, map[Key]string{}
	}
	id, known := l.ids[key.normal()]
	if !known {
		id = rand.Text()
		l.keys[id], l.ids[key.normal()] = key, id
	}
	return id
}

func (l *cdrLinks) find(id string) (Key, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key, ok := l.keys[id]
	return key, ok
}

// takeCDR keeps a CDR and answers where it can be got (cdrs, POST).
func (p *Platform) takeCDR(in *incoming) answer {
	if !isObject(in.Body) {
		return refuse(http.StatusOK, ocpi.StatusInvalidParameters, "want a CDR")
	}
	key := ownKey(ocpi.CDRs, in.Body)
	if !key.Owner.Valid() { // 2.1.1
		key.Owner = p.Hub()
	}
	out := done(nil)
	if !p.opts.Forget {
		out = p.keep(p.changeBy(in, key))
	}
	at := ocpi.Address{Version: in.Version, Module: in.Module, Interface: in.Interface}
	out.set("Location", p.url(pathOf(at)+"/"+p.cdrs.link(key)))
	return out
}

// giveCDR returns a CDR under the URL that the platform gave for it.
func (p *Platform) giveCDR(in *incoming) answer {
	key, ok := p.cdrs.find(in.segments[0])
	if !ok {
		return notFound()
	}
	found, ok := p.held.get(key, p.addressee(in))
	if !ok {
		return notFound()
	}
	return done(found.Raw)
}

// ClientInfo is what the hub told about a party (hub client info, ClientInfo).
type ClientInfo struct {
	Party       Party
	Status      string
	LastUpdated time.Time
}

// ClientInfos returns what the hub told about its parties, in the order in
// which it first told.
func (p *Platform) ClientInfos() []ClientInfo {
	var out []ClientInfo
	for _, o := range p.held.all(ocpi.HubClientInfo, nil) {
		out = append(out, ClientInfo{
			Party:       Party{ocpi.Role(ocpi.FindString(o.Raw, "role")), o.Owner},
			Status:      ocpi.FindString(o.Raw, "status"),
			LastUpdated: o.LastUpdated(),
		})
	}
	return out
}

// clientInfo serves the hub client info module as Receiver.
func (p *Platform) clientInfo(in *incoming) answer {
	country, id, ok := strings.Cut(strings.Trim(in.Below, "/"), "/")
	if !ok {
		return refuse(http.StatusNotFound, ocpi.StatusClientError, "no such path")
	}
	owner := ocpi.NewPartyID(country, id)
	switch in.Method {
	case http.MethodPut:
		key := Key{Module: ocpi.HubClientInfo, Owner: owner, ID: ocpi.FindString(in.Body, "role")}
		return p.keep(change{version: in.Version, method: in.Method, key: key, body: in.Body})
	case http.MethodGet:
		found := p.held.all(ocpi.HubClientInfo, func(o Object) bool { return o.Owner == owner })
		if len(found) == 0 {
			return notFound()
		}
		return done(found[0].Raw)
	}
	return refuse(http.StatusMethodNotAllowed, ocpi.StatusClientError, "use PUT or GET")
}

package ocpitest

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/ocpihub/ocpihub/ocpi"
)

var errNoDateFrom = errors.New("date_from is required")

// ownKey reads of an object what names it.
func ownKey(m ocpi.ModuleID, raw []byte) Key {
	key := Key{Module: m, Owner: ocpi.NewPartyID(ocpi.FindString(raw, "country_code"), ocpi.FindString(raw, "party_id"))}
	switch {
	case m == ocpi.Tokens:
		key.ID, key.Type = ocpi.FindString(raw, "uid"), ocpi.FindString(raw, "type")
		return key
	case m == ocpi.Payments && ocpi.FindString(raw, "capture_status_code") == "":
		// Of a terminal, the party is the one that it stands at.
		return Key{Module: m, ID: ocpi.FindString(raw, "terminal_id"), Type: Terminals}
	case m == ocpi.Payments:
		key = Key{Module: m, Type: Confirmations}
	case m == ocpi.Bookings && ocpi.FindString(raw, "request_id") == "":
		key.Type = BookingLocations
	}
	key.ID = ocpi.FindString(raw, "id")
	return key
}

// KeyOf reads of an object of the platform's own what names it. An object of
// 2.1.1 does not name its owner: it is the party that the platform is there.
func (p *Platform) KeyOf(m ocpi.ModuleID, raw []byte) Key { return p.asSpoken(ownKey(m, raw)) }

// asSpoken fills in and leaves out what keys of 2.1.1 do not have.
func (p *Platform) asSpoken(key Key) Key {
	if p.Version() != ocpi.V211 {
		return key
	}
	if !key.Owner.Valid() {
		key.Owner = p.first().ID
	}
	if key.Module == ocpi.Tokens {
		key.Type = ""
	}
	return key
}

// Offer puts an object among those that the platform offers in its lists, or
// replaces it. It is in the version that the platform speaks. It tells nobody.
func (p *Platform) Offer(m ocpi.ModuleID, raw []byte) {
	_, _ = p.own.apply(change{version: p.Version(), method: http.MethodPut, key: p.KeyOf(m, raw), body: raw}) // a whole object always fits
}

// Push offers an object and sends it to a party, or to the hub for all; a zero
// to leaves the way to the hub. CDRs and what belongs to payments are posted, all
// else is put.
func (p *Platform) Push(ctx context.Context, m ocpi.ModuleID, to ocpi.PartyID, raw []byte) (Reply, error) {
	p.Offer(m, raw)
	key := p.KeyOf(m, raw)
	req := Request{Module: m, Interface: ocpi.Receiver, Method: http.MethodPost, From: key.Owner, To: to, Body: raw}
	switch m {
	case ocpi.CDRs:
	case ocpi.Payments:
		req.Path = key.Type
	default:
		req.Method, req.Path, req.Query = http.MethodPut, ownedPath(key), key.query()
	}
	return p.Do(ctx, req)
}

func ownedPath(key Key, parts ...string) string {
	path := []string{key.Owner.Country, key.Owner.ID}
	if key.Module == ocpi.Bookings && key.Type != "" {
		path = append(path, key.Type)
	}
	return escape(append(append(path, key.ID), parts...)...)
}

// query returns the type of a token, where it is not the one that is meant
// without.
func (k Key) query() url.Values {
	if k.Module != ocpi.Tokens || k.Type == "" || k.Type == "RFID" {
		return nil
	}
	return url.Values{"type": {k.Type}}
}

// Change is a change of a part of an object.
type Change struct {
	Key
	// Parts are the ids of the EVSE, and of the connector, or that of the
	// calendar; none for the whole object.
	Parts []string
	// To is as in Push.
	To   ocpi.PartyID
	Body []byte
}

// Patch changes some fields of an object that the platform offers, and sends
// the change.
func (p *Platform) Patch(ctx context.Context, c Change) (Reply, error) {
	return p.alter(ctx, http.MethodPatch, c)
}

// Put replaces a part of an object that the platform offers, and sends the
// change.
func (p *Platform) Put(ctx context.Context, c Change) (Reply, error) {
	return p.alter(ctx, http.MethodPut, c)
}

// Delete takes an object away, a tariff, and tells so.
func (p *Platform) Delete(ctx context.Context, key Key, to ocpi.PartyID) (Reply, error) {
	return p.alter(ctx, http.MethodDelete, Change{Key: key, To: to})
}

// alter sends a change also of an object that the platform does not offer: a
// test may want to see what becomes of it.
func (p *Platform) alter(ctx context.Context, method string, c Change) (Reply, error) {
	c.Key = p.asSpoken(c.Key)
	_, _ = p.own.apply(change{version: p.Version(), method: method, key: c.Key, parts: c.Parts, body: c.Body})
	return p.Do(ctx, Request{
		Module: c.Module, Interface: ocpi.Receiver, Method: method,
		Path: ownedPath(c.Key, c.Parts...), Query: c.query(),
		From: c.Owner, To: c.To, Body: c.Body,
	})
}

// Authorize asks whether a driver may charge. A zero to leaves the way to the
// hub; body is a LocationReferences or empty.
func (p *Platform) Authorize(ctx context.Context, uid string, from, to ocpi.PartyID, body []byte) (Reply, error) {
	return p.Do(ctx, Request{
		Module: ocpi.Tokens, Interface: ocpi.Sender, Method: http.MethodPost,
		Path: escape(uid, "authorize"), From: from, To: to, Body: body,
	})
}

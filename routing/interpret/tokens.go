package interpret

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// TokenOf finds the token of a contract that a party was given, be it for all.
// Several tokens of one issuer are told apart by nothing: it is always the same
// of them, one of type RFID if there is one. Tokens of several issuers are not
// guessed at.
func (i *Interpreter) TokenOf(ctx context.Context, contract string, reader ocpi.PartyID) (bridge.CdrToken, bool, error) {
	token, err := i.tokenOf(ctx, contract, reader, ocpi.PartyID{})
	if err != nil {
		return bridge.CdrToken{}, false, unavailable(err)
	}
	if token == nil {
		return bridge.CdrToken{}, false, nil
	}
	return *token, true, nil
}

// tokenOf returns nil when there is no such token, or no one issuer. Of a given
// issuer it is its own.
func (i *Interpreter) tokenOf(ctx context.Context, contract string, reader, issuer ocpi.PartyID) (*bridge.CdrToken, error) {
	held, err := i.Catalog.Contract(ctx, contract, reader)
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(o catalog.Object) bool { return issuer.Valid() && o.Key.Owner != issuer })
	if len(held) == 0 || slices.ContainsFunc(held, func(o catalog.Object) bool { return o.Key.Owner != held[0].Key.Owner }) {
		return nil, nil
	}
	o := slices.MinFunc(held, compareTokens)
	uid, kind := catalog.SplitTokenID(o.Key.ID)
	return &bridge.CdrToken{
		Party: o.Key.Owner,
		UID:   cmp.Or(ocpi.FindString(o.Body, "uid"), uid),
		Type:  cmp.Or(ocpi.FindString(o.Body, "type"), kind),
	}, nil
}

// compareTokens puts tokens of type RFID first, which is what sessions without a
// token mostly began with.
func compareTokens(a, b catalog.Object) int {
	uidA, kindA := catalog.SplitTokenID(a.Key.ID)
	uidB, kindB := catalog.SplitTokenID(b.Key.ID)
	order := func(kind string) int {
		if strings.EqualFold(kind, "RFID") {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(order(kindA), order(kindB)),
		cmp.Compare(strings.ToLower(uidA), strings.ToLower(uidB)), cmp.Compare(strings.ToLower(kindA), strings.ToLower(kindB)))
}

// token is that of a contract, as the owner of the session was given it.
func (l *lookup) token(contract string) (bridge.CdrToken, bool) {
	token, known := l.tokens[contract]
	if !known && l.err == nil {
		var err error
		if token, err = l.of.tokenOf(l.ctx, contract, l.Owner, l.EMSP); err != nil {
			l.fail(err)
		}
		l.tokens[contract] = token
	}
	if token == nil {
		return bridge.CdrToken{}, false
	}
	return *token, true
}

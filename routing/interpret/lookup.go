package interpret

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// lookup is what one translation asks the catalog. The bridge knows no errors:
// the first is kept, and ends the translation.
type lookup struct {
	Talk
	ctx    context.Context //nolint:containedctx // lives as long as one translation
	of     *Interpreter
	err    error
	asked  map[catalog.Key]*catalog.Object // what was asked for before; nil: it is not held
	tokens map[string]*bridge.CdrToken
}

func (i *Interpreter) lookup(ctx context.Context, t Talk) *lookup {
	return &lookup{Talk: t, ctx: ctx, of: i, asked: map[catalog.Key]*catalog.Object{}, tokens: map[string]*bridge.CdrToken{}}
}

// surroundings is what the bridge may ask.
func (l *lookup) surroundings() bridge.Surroundings {
	s := l.of.Choices
	s.Owner, s.EMSP, s.Now, s.AskedToken = l.Owner, l.EMSP, l.of.Now(), l.Asked
	s.Token, s.Location, s.Tariff, s.Reservation = l.token, l.location, l.tariff, l.reservation
	s.IDs = l.idsInside()
	if l.To == ocpi.V211 {
		s.IDs = l.idsOutside()
	}
	return s
}

// fail keeps the first error.
func (l *lookup) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// object is an object of the owner as the hub holds it: the one that a party of
// the talk was sent for itself, else the one for everyone.
func (l *lookup) object(m ocpi.ModuleID, id string) *catalog.Object {
	name := catalog.Key{Module: m, Owner: l.Owner, ID: strings.ToLower(id)}
	if o, known := l.asked[name]; known || l.err != nil {
		return o
	}
	k := catalog.Key{Module: m, Owner: l.Owner, ID: id}
	for _, k.Audience = range l.audiences() {
		o, err := l.of.Catalog.Get(l.ctx, k, catalog.Part{})
		switch {
		case errors.Is(err, catalog.ErrUnknown):
			continue
		case err != nil:
			l.fail(err)
			return nil
		}
		l.asked[name] = &o
		return &o
	}
	l.asked[name] = nil
	return nil
}

// audiences are those whose copies count, the narrowest first.
func (l *lookup) audiences() (out []ocpi.PartyID) {
	for _, p := range []ocpi.PartyID{l.Reader, l.EMSP, l.Writer} {
		if !p.IsZero() && p != l.Owner && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return append(out, catalog.Everyone)
}

func (l *lookup) location(id string) (bridge.Stored, bool) {
	o := l.object(ocpi.Locations, id)
	if o == nil {
		return bridge.Stored{}, false
	}
	return bridge.Stored{Version: o.Version, Body: o.Body}, true
}

func (l *lookup) tariff(id string) (bridge.TariffFacts, bool) {
	o := l.object(ocpi.Tariffs, id)
	if o == nil {
		return bridge.TariffFacts{}, false
	}
	facts := bridge.TariffFacts{Type: ocpi.FindString(o.Body, "type")}
	var startErr, endErr error
	if start := ocpi.FindString(o.Body, "start_date_time"); start != "" {
		facts.Start, startErr = ocpi.ParseDateTime(start)
	}
	if end := ocpi.FindString(o.Body, "end_date_time"); end != "" {
		facts.End, endErr = ocpi.ParseDateTime(end)
	}
	if cmp.Or(startErr, endErr) != nil {
		facts.Type = unreadable
	}
	return facts, true
}

// unreadable is the type of a tariff of which nobody can tell when it holds: one
// that no connector has.
const unreadable = "unreadable"

// reservation is the number that stands for an id, always the same for one pair
// of eMSP and CPO: a fingerprint, of as many bits as every reader of 2.1.1 takes.
// An id that is a number stands for itself only where the CPO sees one eMSP: of
// several that count from 1, one would change the reservations of the others.
func (l *lookup) reservation(id string) (int, bool) {
	if number, ok := bridge.OwnNumber(id); ok && l.PlainTo {
		return number, true
	}
	sum := sha256.Sum256([]byte(l.EMSP.String() + "\x00" + l.Owner.String() + "\x00" + strings.ToUpper(id)))
	return int(binary.BigEndian.Uint32(sum[:]) &^ (1 << 31)), true
}

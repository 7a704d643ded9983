// Package interpret translates what parties of different OCPI versions send each
// other. It asks the catalog for what the translation of package bridge has to
// know from outside: tokens by their contract, locations, tariffs, and the ids
// by which a party of 2.1.1 knows objects of many owners.
package interpret

import (
	"context"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Talk says what is to be carried, and between whom.
type Talk struct {
	Class    bridge.Class
	From, To ocpi.Version
	// Owner is whose object it is. Of a command, of LocationReferences and of an
	// AuthorizationInfo it is the CPO, whose locations and sessions they name.
	// Objects of 2.1.1 do not say it; else a zero Owner is read from the body.
	Owner ocpi.PartyID
	// EMSP issued the tokens inside sessions, CDRs and commands. Zero: the party
	// of the token in the body where that says one; of a session or CDR else the
	// Reader.
	EMSP ocpi.PartyID
	// Reader gets the result: what it was sent for itself counts, and objects of
	// its own keep their ids.
	Reader ocpi.PartyID
	// Writer wrote the body. Zero: the eMSP for commands and AuthorizationInfo,
	// else the Owner. It matters where another than the owner answers from what
	// it was sent, and for paths.
	Writer ocpi.PartyID
	// ID is the id of the object as its owner first wrote it, where that is known
	// (catalog.Object.Key): it spares a question.
	ID string
	// Asked is the token that an AuthorizationInfo answers about.
	Asked *bridge.Stored
	// Partial says that the body is that of a PATCH.
	Partial bool
	// PlainFrom and PlainTo say that ids stay as they are on the writer's and on
	// the reader's connection of 2.1.1: the hub stands for one party there.
	PlainFrom, PlainTo bool
}

// Options is what an Interpreter needs.
type Options struct {
	Catalog Catalog
	Now     func() time.Time // nil: time.Now
	// Choices are the time zone, the timeout of commands, and what else can be
	// chosen. All else in it is ignored.
	Choices bridge.Surroundings
	// Observe hears of every translation; nil: nobody does. It must be quick and
	// safe for concurrent use.
	Observe func(Talk, bridge.Result)
}

// Interpreter translates. It is safe for concurrent use. Make one with New.
type Interpreter struct {
	Options
	found fingerprints
}

// New returns an Interpreter.
func New(o Options) *Interpreter {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Interpreter{Options: o}
}

// Quiet translates the same way, for a look at what would come of it: no observer
// hears of that.
func (i *Interpreter) Quiet() *Interpreter {
	return New(Options{Catalog: i.Catalog, Now: i.Now, Choices: i.Choices})
}

// Needed says whether anything has to be done between two versions. Two
// connections of 2.1.1 know the objects of others by other ids.
func (i *Interpreter) Needed(from, to ocpi.Version) bool { return from != to || from == ocpi.V211 }

// Carry translates an object. Where nothing has to change the body is the very
// one. Errors are faults of kind Unavailable when the catalog does not answer;
// others mean that body is no object of the class.
func (i *Interpreter) Carry(ctx context.Context, t Talk, body []byte) (bridge.Result, error) {
	if !i.Needed(t.From, t.To) {
		return bridge.Result{Body: body}, nil
	}
	t.complete(body)
	l := i.lookup(ctx, t)
	result, err := l.carry(body)
	if l.err != nil {
		return bridge.Result{}, unavailable(l.err)
	}
	if err == nil && i.Observe != nil {
		i.Observe(t, result)
	}
	return result, err
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the hub cannot look up what a translation needs: try again")
}

func (l *lookup) carry(body []byte) (bridge.Result, error) {
	switch {
	case l.From == l.To:
		return bridge.Rename(l.Class, body, l.Owner, l.names())
	case l.Partial:
		return bridge.Patch(l.Class, l.From, l.To, body, l.surroundings())
	}
	return bridge.Translate(l.Class, l.From, l.To, body, l.surroundings())
}

// complete fills in what the body or the class tells.
func (t *Talk) complete(body []byte) {
	if t.Owner.IsZero() && t.From != ocpi.V211 {
		t.Owner = partyIn(body)
	}
	if t.EMSP.IsZero() {
		t.EMSP = t.issuer(body)
	}
	if t.Writer.IsZero() {
		t.Writer = t.Owner
		switch t.Class {
		case bridge.StartSession, bridge.StopSession, bridge.ReserveNow, bridge.UnlockConnector, bridge.CancelReservation, bridge.AuthorizationInfo:
			t.Writer = t.EMSP
		default:
		}
	}
}

// issuer is the eMSP that the body tells of, or that the class makes likely.
func (t *Talk) issuer(body []byte) ocpi.PartyID {
	switch t.Class {
	case bridge.Session, bridge.CDR:
		if p := partyIn(ocpi.FindObject(body, "cdr_token")); p.Valid() {
			return p
		}
		return t.Reader
	case bridge.StartSession, bridge.ReserveNow, bridge.AuthorizationInfo:
		if p := partyIn(ocpi.FindObject(body, "token")); p.Valid() {
			return p
		}
		return t.Writer
	default:
		return t.Writer
	}
}

// partyIn is the party that an object names; not Valid where it names none.
func partyIn(object []byte) ocpi.PartyID {
	return ocpi.NewPartyID(ocpi.FindString(object, "country_code"), ocpi.FindString(object, "party_id"))
}

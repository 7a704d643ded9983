package bridge

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/ocpihub/ocpihub/ocpi"
)

// IDs names objects of many owners to one 2.1.1 party, which knows no owners.
// A name must be the same in push and pull, for ever, be no other object's, and
// lead back.
type IDs interface {
	// Outside is the id of an object of a module towards the party.
	Outside(m ocpi.ModuleID, owner ocpi.PartyID, id string) string
	// Inside is the id by which its owner knows the object; false when there is
	// none.
	Inside(m ocpi.ModuleID, outside string) (owner ocpi.PartyID, id string, ok bool)
}

// Prefixed puts the owner before the id: CC*PID*id, as [OutsideID] says. Search
// finds ids of an owner that were too long to be written out; without it those
// do not lead back.
type Prefixed struct {
	Search func(m ocpi.ModuleID, owner ocpi.PartyID, is func(id string) bool) (id string, ok bool)
}

// Outside is OutsideID.
func (Prefixed) Outside(m ocpi.ModuleID, owner ocpi.PartyID, id string) string {
	return OutsideID(owner, id, MostOutside(m))
}

// Inside is InsideID, and the search where the id cannot be read.
func (p Prefixed) Inside(m ocpi.ModuleID, outside string) (ocpi.PartyID, string, bool) {
	owner, id, ok := InsideID(outside)
	if ok || owner.IsZero() || p.Search == nil {
		return owner, id, ok
	}
	id, ok = p.Search(m, owner, func(id string) bool { return StandsFor(outside, owner, id) })
	return owner, id, ok
}

// What follows the party id tells how the id is written. All marks may stand in
// a URL as they are.
const (
	markPlain  = '*' // the id itself
	markUUID   = '~' // a UUID in small letters, as 26 characters
	markCapped = '_' // a UUID in capitals
	markDigest = '.' // the fingerprint of an id that is too long
)

// OutsideID writes an id with its owner: NL*ABC*id. The limits of 2.1.1 (39
// characters for a location, 36 elsewhere) leave 29 to 32 of the 36 that an id
// may have. A longer id is written shorter when it is a UUID, as nearly all such
// ids are: NL*ABC~ and its 16 bytes in base32, 26 characters. Of any other 128
// bits of its SHA-256 stand for it, NL*ABC. and 26 characters: what that means is
// found by comparing with the owner's ids, see [StandsFor]. Only with a party id
// of more than six characters, which the specification does not have, that is
// more than 36.
//
// The owner is written in capitals and the id as it is spelled: strings of 2.1.1
// are compared with regard to case, CiStrings of later versions are not. Who
// calls it must always pass the spelling that the hub saw first, else one object
// has two names. Nothing is lost when the party changes the case, as some do: all
// ids are read without regard to it.
func OutsideID(owner ocpi.PartyID, id string, most int) string {
	if plain := owner.String() + string(markPlain) + id; utf8.RuneCountInString(plain) <= most {
		return plain
	}
	if bytes, mark := uuid(id); mark != 0 {
		return owner.String() + string(mark) + pack(bytes)
	}
	sum := sha256.Sum256([]byte(strings.ToUpper(id)))
	return owner.String() + string(markDigest) + pack(sum[:16])
}

// InsideID reads what OutsideID wrote. Of a fingerprint it tells the owner only.
func InsideID(outside string) (owner ocpi.PartyID, id string, ok bool) {
	country, rest, found := strings.Cut(outside, "*")
	end := strings.IndexAny(rest, string([]rune{markPlain, markUUID, markCapped, markDigest}))
	if !found || end < 0 {
		return ocpi.PartyID{}, "", false
	}
	owner, id = ocpi.NewPartyID(country, rest[:end]), rest[end+1:]
	if !owner.Valid() {
		return ocpi.PartyID{}, "", false
	}
	switch rest[end] {
	case markPlain:
		return owner, id, id != ""
	case markUUID:
		id, ok = unpack(id)
		return owner, id, ok
	case markCapped:
		id, ok = unpack(id)
		return owner, strings.ToUpper(id), ok
	}
	return owner, "", false
}

// StandsFor says whether an id written by OutsideID is that of an object. With
// it a table of the ids of an owner can be made again at any time.
func StandsFor(outside string, owner ocpi.PartyID, id string) bool {
	return strings.EqualFold(OutsideID(owner, id, 0), outside) || strings.EqualFold(owner.String()+string(markPlain)+id, outside)
}

// uuid are the bytes of a UUID and the mark for its case; the mark is 0 for
// anything else, a mix of cases included.
func uuid(id string) (bytes []byte, mark rune) {
	mark = markUUID
	if id != strings.ToLower(id) {
		mark = markCapped
		if id != strings.ToUpper(id) {
			return nil, 0
		}
	}
	digits := strings.ReplaceAll(id, "-", "")
	bytes, err := hex.DecodeString(digits)
	if err != nil || len(bytes) != 16 || dashed(strings.ToLower(digits)) != strings.ToLower(id) {
		return nil, 0
	}
	return bytes, mark
}

func dashed(digits string) string {
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

var packing = base32.StdEncoding.WithPadding(base32.NoPadding)

func pack(bytes []byte) string { return strings.ToLower(packing.EncodeToString(bytes)) }

func unpack(packed string) (id string, ok bool) {
	bytes, err := packing.DecodeString(strings.ToUpper(packed))
	if err != nil || len(bytes) != 16 || !strings.EqualFold(pack(bytes), packed) {
		return "", false
	}
	return dashed(hex.EncodeToString(bytes)), true
}

// outside writes the id of an object of the owner for a party that sees many.
func outside(name string, m ocpi.ModuleID) step {
	return func(t *walk, n *node) {
		if v := n.get(name); t.s.IDs != nil && v.isString() {
			t.replace(n, name, t.outsideID(m, v))
		}
	}
}

// outsideID is such an id.
func (t *walk) outsideID(m ocpi.ModuleID, id *node) *node {
	return id.as(quoted(t.s.IDs.Outside(m, t.owner, id.str())))
}

// inside reads the id that such a party sends.
func inside(name string, m ocpi.ModuleID) step {
	return func(t *walk, n *node) {
		v := n.get(name)
		if t.s.IDs == nil || !v.isString() {
			return
		}
		if _, id, ok := t.s.IDs.Inside(m, v.str()); ok {
			t.replace(n, name, v.as(quoted(id)))
			return
		}
		t.withhold(UnknownID)
	}
}

// The lengths of ids in 2.1.1, and in 2.2.1.
const (
	mostLocation211 = 39
	mostID211       = 36
	mostID221       = 36
)

// MostOutside is how many characters the id of an object of a module may have in
// 2.1.1.
func MostOutside(m ocpi.ModuleID) int {
	if m == ocpi.Locations {
		return mostLocation211
	}
	return mostID211
}

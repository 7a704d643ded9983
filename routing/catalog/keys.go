package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// The spaces of the keys, which are their first bytes. Parts of a key end with a zero byte; ids
// are in small letters, for they are CiStrings. The audience of what is for
// everyone is empty, so that it comes first and in one stretch.
//
//	h audience module owner id        -> head: all of a Record but the frame
//	f audience module owner id        -> frame
//	e audience module owner id uid    -> an EVSE with its place in the list
//	o audience module owner sequence  -> entry, in order of creation
//	c audience module owner           -> count of a shelf
//	i module id owner audience        -> holding: who has an id
//	k contract owner audience id      -> the id of a token of the contract
//	s module owner                    -> the last sequence that was given
//	t ticket                          -> change in transit
//	n                                 -> the last ticket that was given
//	x name                            -> when an index was complete
const (
	InHeads     = 'h'
	InFrames    = 'f'
	InEVSEs     = 'e'
	InOrder     = 'o'
	InCounts    = 'c'
	InIDs       = 'i'
	InContracts = 'k'
	InSequences = 's'
	InTransit   = 't'
	InTickets   = 'n'
	InMarks     = 'x'
)

func key(space byte, parts ...string) []byte {
	size := 1
	for _, p := range parts {
		size += len(p) + 1
	}
	out := append(make([]byte, 0, size+8), space) // 8 for a sequence behind it
	for _, p := range parts {
		out = append(append(out, p...), 0)
	}
	return out
}

// Name is a key taken apart, for tables that keep the spaces apart. Its texts
// are as they are in the key.
type Name struct {
	Space                                byte
	Audience, Module, Owner, ID, EVSEUID string
	Contract                             string
	Number                               uint64 // the sequence or the ticket
	Parts                                int    // how many texts there are: a prefix of a key has fewer
}

// ParseName takes a key apart, or a prefix of one that ends behind a text.
func ParseName(k []byte) Name {
	n := Name{Space: k[0]}
	rest := k[1:]
	for _, text := range n.texts() {
		part, behind, found := bytes.Cut(rest, []byte{0})
		if !found {
			return n
		}
		*text, rest = string(part), behind
		n.Parts++
	}
	if len(rest) == 8 {
		n.Number = binary.BigEndian.Uint64(rest)
	}
	return n
}

// texts are those that the keys of a space have, in their order.
func (n *Name) texts() []*string {
	switch n.Space {
	case InHeads, InFrames:
		return []*string{&n.Audience, &n.Module, &n.Owner, &n.ID}
	case InEVSEs:
		return []*string{&n.Audience, &n.Module, &n.Owner, &n.ID, &n.EVSEUID}
	case InOrder, InCounts:
		return []*string{&n.Audience, &n.Module, &n.Owner}
	case InIDs:
		return []*string{&n.Module, &n.ID, &n.Owner, &n.Audience}
	case InContracts:
		return []*string{&n.Contract, &n.Owner, &n.Audience, &n.ID}
	case InSequences:
		return []*string{&n.Module, &n.Owner}
	case InMarks:
		return []*string{&n.Module}
	}
	return nil
}

// Name names the head of an object.
func (k Key) Name() Name { return ParseName(k.object(InHeads)) }

// EVSEName names an EVSE of a location.
func (k Key) EVSEName(uid string) Name { return ParseName(k.evse(uid)) }

// Key is the key of the object that a name belongs to, with the id as it was
// first written.
func (n Name) Key(id string) Key {
	return Key{ocpi.ModuleID(n.Module), partyOf(n.Owner), partyOf(n.Audience), id}
}

// fields cuts a key into its parts.
func fields(k []byte) []string {
	return strings.Split(strings.TrimSuffix(string(k[1:]), "\x00"), "\x00")
}

// maxKeyID bounds an id in a key. The specification says 36 characters; what is
// longer than this is kept by its hash.
const maxKeyID = 512

// fold makes ids that differ in case alone the same (H-203), and fit for a key:
// they come from outside, so zero bytes are kept out.
func fold(id string) string {
	id = strings.ReplaceAll(strings.ToLower(id), "\x00", "\x01")
	if len(id) > maxKeyID {
		hash := sha256.Sum256([]byte(id))
		return "#" + hex.EncodeToString(hash[:])
	}
	return id
}

func partyText(p ocpi.PartyID) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

// partyOf undoes partyText; of no text it is the zero party, Everyone.
func partyOf(text string) ocpi.PartyID {
	country, id, _ := strings.Cut(text, "*")
	return ocpi.PartyID{Country: country, ID: id}
}

// shelf names the objects of one owner for one audience.
type shelf struct {
	module   ocpi.ModuleID
	owner    ocpi.PartyID
	audience ocpi.PartyID
}

func (k Key) shelf() shelf { return shelf{k.Module, k.Owner, k.Audience} }

func (s shelf) key(space byte) []byte {
	return key(space, partyText(s.audience), string(s.module), partyText(s.owner))
}

func (s shelf) order(seq uint64) []byte { return binary.BigEndian.AppendUint64(s.key(InOrder), seq) }

func (s shelf) sequence() []byte { return key(InSequences, string(s.module), partyText(s.owner)) }

func (s shelf) object(id string) Key { return Key{s.module, s.owner, s.audience, id} }

// object is the key of an object in one of the spaces.
func (k Key) object(space byte) []byte {
	return key(space, partyText(k.Audience), string(k.Module), partyText(k.Owner), fold(k.ID))
}

func (k Key) evse(uid string) []byte { return append(append(k.object(InEVSEs), fold(uid)...), 0) }

func (k Key) holding() []byte {
	return key(InIDs, string(k.Module), fold(k.ID), partyText(k.Owner), partyText(k.Audience))
}

// twin is the object with the same id for another audience.
func (k Key) twin(audience ocpi.PartyID) Key {
	k.Audience = audience
	return k
}

package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// The key space, by its first byte. Parts of a key end with a zero byte; ids
// are in small letters, for they are CiStrings. The audience of what is for
// everyone is empty, so that it comes first and in one stretch.
//
//	h audience module owner id        -> head: all of a Record but the frame
//	f audience module owner id        -> frame
//	e audience module owner id uid    -> an EVSE with its place in the list
//	o audience module owner sequence  -> entry, in order of creation
//	c audience module owner           -> count of a shelf
//	i module id owner audience        -> holding: who has an id
//	s module owner                    -> the last sequence that was given
//	t ticket                          -> change in transit
//	n                                 -> the last ticket that was given
const (
	inHeads     = 'h'
	inFrames    = 'f'
	inEVSEs     = 'e'
	inOrder     = 'o'
	inCounts    = 'c'
	inIDs       = 'i'
	inSequences = 's'
	inTransit   = 't'
	inTickets   = 'n'
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

func (s shelf) order(seq uint64) []byte { return binary.BigEndian.AppendUint64(s.key(inOrder), seq) }

func (s shelf) sequence() []byte { return key(inSequences, string(s.module), partyText(s.owner)) }

func (s shelf) object(id string) Key { return Key{s.module, s.owner, s.audience, id} }

// object is the key of an object in one of the spaces.
func (k Key) object(space byte) []byte {
	return key(space, partyText(k.Audience), string(k.Module), partyText(k.Owner), fold(k.ID))
}

func (k Key) evse(uid string) []byte { return append(append(k.object(inEVSEs), fold(uid)...), 0) }

func (k Key) holding() []byte {
	return key(inIDs, string(k.Module), fold(k.ID), partyText(k.Owner), partyText(k.Audience))
}

// twin is the object with the same id for another audience.
func (k Key) twin(audience ocpi.PartyID) Key {
	k.Audience = audience
	return k
}

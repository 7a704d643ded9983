package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// The key space, by its first byte. Parts of a key end with a zero byte; ids
// are in small letters, for they are CiStrings.
//
//	h module owner audience id        -> head: all of a Record but the frame
//	f module owner audience id        -> frame
//	e module owner audience id uid    -> place and body of an EVSE
//	o module owner audience sequence  -> id, in order of creation
//	i module id owner audience        -> nothing; who holds an id
//	c module owner audience           -> number of objects, last sequence
const (
	inHeads  = 'h'
	inFrames = 'f'
	inEVSEs  = 'e'
	inOrder  = 'o'
	inIDs    = 'i'
	inCounts = 'c'
)

func key(space byte, parts ...string) []byte {
	out := []byte{space}
	for _, p := range parts {
		out = append(append(out, clean(p)...), 0)
	}
	return out
}

// clean keeps zero bytes out of the parts of keys: ids come from outside.
func clean(part string) string { return strings.ReplaceAll(part, "\x00", "\x01") }

// maxKeyID bounds an id in a key. The specification says 36 characters; what is
// longer than this is kept by its hash.
const maxKeyID = 512

// fold makes ids that differ in case alone the same (H-203).
func fold(id string) string {
	id = strings.ToLower(id)
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

func partyOf(text string) ocpi.PartyID {
	country, id, _ := strings.Cut(text, "*")
	return ocpi.PartyID{Country: country, ID: id}
}

// object is the key of an object in one of the spaces.
func (k Key) object(space byte) []byte {
	return key(space, string(k.Module), partyText(k.Owner), partyText(k.Audience), fold(k.ID))
}

func (k Key) evse(uid string) []byte { return append(k.object(inEVSEs), key(0, fold(uid))[1:]...) }

func (k Key) holder() []byte {
	return key(inIDs, string(k.Module), fold(k.ID), partyText(k.Owner), partyText(k.Audience))
}

// shelf names the objects of one owner for one audience.
type shelf struct {
	module   ocpi.ModuleID
	owner    ocpi.PartyID
	audience ocpi.PartyID
}

func (k Key) shelf() shelf { return shelf{k.Module, k.Owner, k.Audience} }

func (s shelf) key(space byte) []byte {
	return key(space, string(s.module), partyText(s.owner), partyText(s.audience))
}

func (s shelf) order(seq uint64) []byte { return binary.BigEndian.AppendUint64(s.key(inOrder), seq) }

func (s shelf) object(id string) Key { return Key{s.module, s.owner, s.audience, id} }

// fields cuts a key into its parts.
func fields(k []byte) []string {
	return strings.Split(strings.TrimSuffix(string(k[1:]), "\x00"), "\x00")
}

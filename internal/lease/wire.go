package lease

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A key of the bucket is that of a member or of a lease:
//
//	member.<id>   {"session":3,"version":"1.4.0","since":"…","serves":["shard.0",…]}
//	lease.<name>  {"holder":"<id>/3"}, or {"heir":"<id>"} when it is free
//
// A member with session 0 is a grave: of a session that has ended.
const (
	memberKey = "member."
	leaseKey  = "lease."
)

// member is the session of a replica, as it is stored.
type member struct {
	Session int       `json:"session"`
	Version string    `json:"version,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Serves  []string  `json:"serves,omitempty"`
	Leaving bool      `json:"leaving,omitempty"`
}

// tenure is who holds a lease, as it is stored.
type tenure struct {
	Holder sessionID `json:"holder,omitempty"`
	Heir   string    `json:"heir,omitempty"`
}

// sessionID names one session of one replica: <id>/<number>.
type sessionID string

func newSessionID(id string, n int) sessionID { return sessionID(id + "/" + strconv.Itoa(n)) }

// split returns the replica and the number of a session.
func (s sessionID) split() (id string, n int) {
	id, number, _ := strings.Cut(string(s), "/")
	n, _ = strconv.Atoi(number)
	return id, n
}

// encode writes what cannot fail to be written.
func encode(v any) []byte {
	raw, _ := json.Marshal(v)
	return raw
}

// group is what leases are spread by: what comes before the first dot.
func group(name string) string {
	before, _, _ := strings.Cut(name, ".")
	return before
}

// keyOf makes a part of a key of an id: the letters, digits and signs that every
// bucket takes.
func keyOf(id string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, id)
}

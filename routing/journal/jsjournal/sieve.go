package jsjournal

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/ocpihub/ocpihub/routing/journal"
)

// sieve finds the records that a selector takes among the lines of a batch. It
// looks at the text of a line first, which is many times quicker than to decode
// it.
type sieve struct {
	s     *journal.Selector
	texts [][]byte // each of which a line must hold
	ids   [][]byte // one of which it must hold; as many as the selector has
}

func newSieve(s *journal.Selector) *sieve {
	v := &sieve{s: s}
	if !s.Party.IsZero() {
		v.texts = append(v.texts, quoted(s.Party.String()))
	}
	if s.Module != "" {
		v.texts = append(v.texts, quoted(string(s.Module)))
	}
	if s.Status != 0 {
		v.texts = append(v.texts, strconv.AppendInt(nil, int64(s.Status), 10))
	}
	return v
}

// quoted is a text as encode writes it.
func quoted(text string) []byte {
	out, _ := json.Marshal(text) // a string always can be
	return out
}

// found is a record, and which of its batch it is.
type found struct {
	journal.Entry
	n int
}

// records returns the records of a batch that the selector takes, in their order
// or the newest first. What cannot be read is left out: it was not written by
// this hub.
func (v *sieve) records(raw []byte, backward bool) (out []found) {
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	for i := range lines {
		n := i
		if backward {
			n = len(lines) - 1 - i
		}
		if !v.mayTake(lines[n]) {
			continue
		}
		if e, err := decode(lines[n]); err == nil && v.s.Takes(&e) {
			out = append(out, found{e, n})
		}
	}
	return out
}

func (v *sieve) mayTake(l []byte) bool {
	for _, text := range v.texts {
		if !bytes.Contains(l, text) {
			return false
		}
	}
	ids := v.s.IDs()
	for _, id := range ids[len(v.ids):] {
		v.ids = append(v.ids, quoted(id))
	}
	for _, id := range v.ids {
		if bytes.Contains(l, id) {
			return true
		}
	}
	return len(ids) == 0
}

package journal

import (
	"bytes"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Body is what is kept of the body of a request or an answer.
type Body struct {
	// JSON is the body with what names a driver masked (ocpi.Bodies); empty when
	// nothing of it is kept: there was none, it was no JSON, nobody knows what is
	// secret in it, or it was dropped.
	JSON []byte
	// Bytes is how long the body was; 0: there was none.
	Bytes int
	// Cut says that JSON is its beginning only.
	Cut bool
}

const (
	// maxBody bounds what is kept of one body, in bytes.
	maxBody = 16 << 10
	// maxWaiting bounds the bodies that wait to be written, in bytes.
	maxWaiting = 32 << 20
)

// noted is a record on its way to the log, with the bodies that are yet to be
// masked.
type noted struct {
	Entry
	bodies *ocpi.Bodies
}

// beginnings copies as much of the bodies as is kept, and notes their lengths.
func beginnings(e *Entry, b ocpi.Bodies) *ocpi.Bodies {
	e.Request.Bytes, e.Answer.Bytes = len(b.Request), len(b.Answer)
	if !b.Kept() || len(b.Request)+len(b.Answer) == 0 {
		return nil
	}
	b.Request = bytes.Clone(b.Request[:min(len(b.Request), maxBody)])
	b.Answer = bytes.Clone(b.Answer[:min(len(b.Answer), maxBody)])
	return &b
}

func weight(b *ocpi.Bodies) int64 { return int64(len(b.Request) + len(b.Answer)) }

// masked puts the bodies of a record into it as they may be kept.
func (n *noted) masked() Entry {
	if n.bodies == nil {
		return n.Entry
	}
	request, answer := n.bodies.Mask()
	n.Request.JSON, n.Request.Cut = request.JSON, request.Cut
	n.Answer.JSON, n.Answer.Cut = answer.JSON, answer.Cut
	return n.Entry
}

// withoutBodies is the record alone.
func withoutBodies(e Entry) Entry {
	e.Request, e.Answer = Body{}, Body{}
	return e
}

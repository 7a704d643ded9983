package journal

import (
	"context"
	"errors"
	"time"
)

// ErrBodies says that records were kept, but not their bodies.
var ErrBodies = errors.New("the bodies are not kept")

// Log keeps records. All methods are safe for concurrent use. Implementations:
// Memory, jsjournal; journaltest judges them.
type Log interface {
	// Append adds records, the oldest first. ErrBodies says that they are kept
	// without their bodies; any other error leaves open whether they are kept.
	Append(ctx context.Context, entries []Entry) error

	// Read calls each with the records that s takes, those that were added last
	// first, until each says no, or records are reached that are older than
	// s.Since. It holds only a bounded part of the log in memory. Records have
	// bodies only if s.Bodies.
	Read(ctx context.Context, s *Selector, each func(Entry) bool) error

	// Follow calls each with the records that s takes as they are added, from
	// those that were added at since on, until ctx ends, which is no error, each
	// fails or the log cannot be read. They have no bodies.
	Follow(ctx context.Context, since time.Time, s *Selector, each func(Entry) error) error
}

package access

import (
	"context"
	"errors"
	"time"
)

// Store keeps the named tokens. All methods are safe for concurrent use.
// Implementations: Memory, boltaccess; accesstest judges them.
type Store interface {
	Reader
	Writer
}

// Reader reads what is stored.
type Reader interface {
	// Load returns every token, in no order, and the epoch of that state. The
	// slice belongs to the caller.
	Load(ctx context.Context) (tokens []Token, epoch uint64, err error)

	// Epoch returns the number of Adds and Removes so far. It is asked every
	// second and should cost next to nothing.
	Epoch(ctx context.Context) (uint64, error)
}

// Writer changes what is stored, each call in one atomic and durable step.
type Writer interface {
	// Add writes a new token and raises the epoch. One whose name is there
	// gives ErrTaken.
	Add(ctx context.Context, t Token) error

	// Remove deletes the token with a name and raises the epoch; ErrUnknown
	// when there is none.
	Remove(ctx context.Context, name string) error

	// Use notes when tokens were last used. An earlier time than the stored one
	// changes nothing, a token that is not there is passed over. The epoch
	// stays.
	Use(ctx context.Context, used map[Hash]time.Time) error
}

// ErrTaken reports that a token has this name.
var ErrTaken = errors.New("there is a token with this name")

// ErrUnknown reports that no token has this name.
var ErrUnknown = errors.New("there is no token with this name")

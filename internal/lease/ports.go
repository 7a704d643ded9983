package lease

import (
	"context"
	"errors"
)

// ErrChanged is what Bucket.Put returns for a key that has changed meanwhile.
var ErrChanged = errors.New("the key has changed meanwhile")

// Bucket is the place that all replicas see. All methods are safe for concurrent
// use. Implementations: Memory, natslease; leasetest judges them.
type Bucket interface {
	// Put writes a key if its newest revision is still last; 0 means that it must
	// not be there. It returns the new revision, higher than all before it in the
	// bucket. ErrChanged means that it was not written; after any other error it
	// may have been, or may be later. It must end soon after its context does.
	Put(ctx context.Context, key string, value []byte, last uint64) (revision uint64, err error)
	// Drop takes a key away if it has not changed since this revision. Those who
	// watch need not be told. What fails is harmless: it is done again later.
	Drop(ctx context.Context, key string, revision uint64) error
	// Watch calls each with every key there is, then once with the zero Entry,
	// then with the changes in the order of their revisions; of several changes of
	// one key it may leave out all but the last. It returns when ctx ends, or with
	// an error when it cannot go on; it may also fall silent without one.
	Watch(ctx context.Context, each func(Entry)) error
	// New says whether the bucket was made by who opened it here: then nobody can
	// hold anything from before.
	New() bool
}

// Entry is a key as it was written.
type Entry struct {
	Key      string
	Value    []byte
	Revision uint64
}

// Package parties knows who is connected to the hub: platforms, their parties,
// the credentials tokens of both sides, and whether they can be reached.
//
// The Registry is the only writer. It keeps every platform in a Store and
// publishes each new state as a Directory, an immutable snapshot that the rest
// of the hub reads without locks and without asking the store:
//
//	invite, handshake, suspend ... -> Registry -> Store.Save (compare and set)
//	                                      |
//	Directory <- atomic pointer <- reload <- Store.Watch and an epoch poll
//
// What it guarantees: a change is visible to its maker when the call returns,
// and to every other process on the same store within two seconds; a party has
// one home for each role; of the tokens that platforms use towards the hub
// only a hash is kept, and those that the hub uses are sealed.
//
// It does not speak HTTP (see Partner), does not know where it is stored (see
// Store), and does not route messages.
package parties

// Package access says who may call the admin API: the root token of the hub,
// and tokens that have a name, a role and perhaps an end.
//
//	token -> Keyring.Authenticate -> Caller -> Role.Covers(what the call needs)
//
// Of a named token only the SHA-256 is kept. Every replica of the hub reads the
// tokens from a snapshot in memory: one that was revoked opens nothing within
// two seconds, and what was opened with it ends. The root token comes from a
// file of the operator's and not from here; it can neither be listed nor
// revoked.
package access

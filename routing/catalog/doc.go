// Package catalog keeps the newest state of the objects that parties own:
// locations, tariffs, tokens, sessions, CDRs. It is no mailbox: of each object
// there is one state, for everyone or for one party.
//
// What a PUT, PATCH or DELETE makes of what is stored is decided here, in pure
// functions on bytes (update.go, merge.go, record.go, elements.go). How objects
// lie in an ordered table is decided here too (keys.go, codec.go, shelves.go):
// an engine brings the Table and decides nothing. Bytes stay as they came; only
// a member that changes is rewritten.
package catalog

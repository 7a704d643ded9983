// Package probe examines the platform of a partner: read-only calls, and what
// they tell about how it speaks OCPI, with what to mend and where the
// specification says so.
//
//	hubctl platforms check
//	   -> Prober: versions, details, token, unknown path, list by list
//	   -> Exchange: each call and what came of it
//	   -> judgements: pure functions from exchanges to lines
//
// A line says FAIL where the specification is broken in a way that costs
// messages, or will with some partner; WARN where the hub lives with it or
// trouble is ahead; OK where nothing is to be mended.
//
// What it guarantees: it sends GET only, changes nothing at either side, never
// sends the token to a host that the platform did not register, ends whatever
// the platform answers, and tells neither tokens nor more of a body than a
// short masked piece.
package probe

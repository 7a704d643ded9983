// Package ocpitest is a whole counterparty platform of OCPI 2.1.1, 2.2.1 and
// 2.3.0, in as many of them as Options.Versions says, scripted by whoever runs
// it: by the tests of the hub, by its demo and by ocpi-sim. It speaks over real
// HTTP, on both sides of every module that fits the roles of its parties.
//
// A Platform serves its versions, its credentials and its modules, keeps the
// newest state of every object that it is given, records every call, and makes
// calls of its own as a client that knows nothing of its partner but the URL
// of the versions endpoint. What it does wrong, it does on order: see Fault
// and Script.
//
//	cpo, err := ocpitest.New(ocpitest.Options{
//		Name:    "Cedar Charging",
//		Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("NL", "CDR")}},
//	})
//	err = cpo.Register(ctx, versionsURL, tokenA)
//	reply, err := cpo.Push(ctx, ocpi.Locations, cpo.Hub(), location)
//
// In 2.1.1 it is one party, the first of its Parties, and everything follows
// from the connection: no roles, no routing headers, no message ids, a raw token.
// Sample makes objects of each version.
//
// It is lenient in what it takes: it does not validate objects, so that what
// arrived can be compared with what was sent, byte by byte.
package ocpitest

// Package journal is the message log: one record for each message of a party
// and one for each attempt of the hub to bring it to a receiver. It is kept
// beside the way of the messages: noting a record never waits and never fails;
// what cannot be kept is dropped and counted.
//
// A record holds no token, no driver's token uid and no contract id. Bodies come
// with it only if the operator wants them: their beginnings, copied when they are
// noted and masked (ocpi.Bodies) when they are written.
//
// It is not part of what the hub promises to keep: a crash may cost the last
// half second.
//
// Journal gathers records and writes them in batches to a Log, at least twice a
// second. Log is the port; Memory is its twin for tests, jsjournal the adapter.
package journal

// Package rediscatalog keeps the catalog in Redis, for any number of hubs that
// run over it at once. It is a catalog.Table: what a change makes of what is
// held is decided in package catalog.
//
// Everything of one owner has the owner as its hash tag, so that one script can
// touch it all, also in a Redis Cluster:
//
//	{owner}:o:audience:module:id   hash: the record of an object in the field
//	                               "\0", each EVSE in a field of its own
//	{owner}:order:audience:module  ordered set: sequence, entry of a list
//	{owner}:ids:module             ordered set: id, audience, holding
//	{owner}:contracts              ordered set: contract, audience, id of a token
//	{owner}:since:module           ordered set: when stored, id; for everyone
//	{owner}:for:module             the same of what is for one party
//	{owner}:small                  hash: sequences, counts, marks, last ticket
//	{owner}:transit                hash: ticket, change
//	{catalog}:small                hash: when an index was complete
//	{catalog}:shelves              ordered set: audience, module, owner
//	{catalog}:owners               ordered set: module, owner
//	{catalog}:numbers              hash: owner, its number in tickets
//	{catalog}:numbered             hash: the same turned round
//
// Scores are 0: the order is that of the bytes. A change reads what it needs in
// one go, decides, and is written by one script that compares: each record, and
// the order of each owner's module, carries the mark of the write that made it,
// and when a mark is not the one that was read, nothing is written and all is
// decided anew. A script that runs twice knows its own mark.
//
// What is under {catalog} tells which owners there are. It is written before
// the first row that it leads to, and nothing is taken out: it may tell of too
// much, never of too little.
package rediscatalog

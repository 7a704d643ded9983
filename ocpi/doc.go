// Package ocpi holds the words of the Open Charge Point Interface: parties and
// roles, versions and modules, routing and message-id headers, credentials
// tokens, the answer envelope, status codes, paging, DateTime, and, as data,
// the classes and the rules of the modules of each version. It is the leaf that
// the rest of the hub speaks: it imports the standard library only, does no
// input or output and reads no clock.
package ocpi

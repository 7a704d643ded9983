// Package pull reads the lists that platforms offer on their Sender interfaces,
// so that who does not push is heard all the same (transport and format, Pull
// and Push).
//
//	connected, come back, time is up, hubctl sync
//	   -> Puller: which lists -> course: page by page -> Page: sound objects
//	   -> Intake (routing.Router.Take): what a push of the object would do
//
// A list is one module of one party. It is read from the newest last_updated
// that the hub has seen in it, a little earlier to be sure; what is unchanged
// goes no further, so that reading too much costs nobody but the hub.
//
// What it guarantees: a platform is pulled by one at a time, and never called
// at another host than that of its endpoint; a list ends whatever the platform
// answers; a broken object costs its page nothing; a change that was stored but
// perhaps not published is published by the next pull.
//
// It does not notice what vanished from a list: OCPI tells that by the state of
// an object, or by DELETE.
package pull

package ocpi

// Plays says whether a party of role r can stand on one interface of a module:
// locations, sessions, CDRs, tariffs and bookings are sent by those who run
// charge points, payments by those who run terminals, all else by those who
// serve drivers, and the receiver is the other side (terminology, typical
// implementations). Invoices are sent by either side (H-215). On modules that
// the specification does not list, every role can stand on both interfaces.
func (r Role) Plays(m ModuleID, i Interface) bool {
	switch m {
	case Locations, Sessions, CDRs, Tariffs, Bookings:
		if i == Sender {
			return r.Operates()
		}
		return r.Serves()
	case Tokens, Commands, ChargingProfiles:
		if i == Sender {
			return r.Serves()
		}
		return r.Operates()
	case Payments:
		if i == Sender {
			return r.listed() == PTP || r.listed() == OTHER
		}
		return r.Operates()
	case InvoiceReconciliation, Versions, Credentials, HubClientInfo:
	}
	return true
}

// Other returns the interface that faces i: who calls a receiver is a sender.
func (i Interface) Other() Interface {
	if i == Sender {
		return Receiver
	}
	return Sender
}

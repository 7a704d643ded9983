package ocpi

// Plays says whether a party of role r can stand on one interface of a module:
// locations, sessions, CDRs and tariffs are sent by those who run charge
// points, all else by those who serve drivers, and the receiver is the other
// side (terminology, typical implementations). On modules that the
// specification does not list, every role can stand on both interfaces.
func (r Role) Plays(m ModuleID, i Interface) bool {
	switch m {
	case Locations, Sessions, CDRs, Tariffs:
		if i == Sender {
			return r.Operates()
		}
		return r.Serves()
	case Tokens, Commands, ChargingProfiles:
		if i == Sender {
			return r.Serves()
		}
		return r.Operates()
	case Versions, Credentials, HubClientInfo:
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

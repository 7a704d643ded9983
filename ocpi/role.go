package ocpi

import "slices"

// Role is the part that a party plays in the network (types, Role enum).
// Roles outside the list are carried, not refused.
type Role string

// The roles of OCPI 2.2.1, and PTP of the payments extension. In 2.3.0 there is
// no HUB any more, and in 2.1.1 no role at all: see Values.
const (
	CPO   Role = "CPO"
	EMSP  Role = "EMSP"
	HUB   Role = "HUB"
	NAP   Role = "NAP"
	NSP   Role = "NSP"
	OTHER Role = "OTHER"
	SCSP  Role = "SCSP"
	PTP   Role = "PTP"
)

// Operates says whether the role stands on the side of those who run charge
// points. A NAP stands on both sides.
func (r Role) Operates() bool { return r == CPO || r == NAP }

// Serves says whether the role stands on the side of those who serve drivers.
// Roles that the specification does not list count as OTHER.
func (r Role) Serves() bool { return r != CPO && r != HUB }

// Fits says whether a party of role from may address a party of role to: one
// must run charge points and the other serve drivers.
func Fits(from, to Role) bool {
	return from.Operates() && to.Serves() || from.Serves() && to.Operates()
}

// BroadcastTo returns the roles that receive a broadcast push of module m sent
// by a party of role r (transport and format, Broadcast Push; H-101, H-102).
// Empty means that r may not broadcast m.
func BroadcastTo(r Role, m ModuleID) []Role {
	return slices.Clone(broadcastTo[broadcaster{r.listed(), m}])
}

// MayBroadcast says whether a broadcast of module m by role r reaches anybody
// (H-101, H-102).
func MayBroadcast(r Role, m ModuleID) bool {
	return len(broadcastTo[broadcaster{r.listed(), m}]) > 0
}

// Broadcasts says whether a broadcast of module m by role from reaches role to.
func Broadcasts(from, to Role, m ModuleID) bool {
	return slices.Contains(broadcastTo[broadcaster{from.listed(), m}], to.listed())
}

// listed returns the role of the specification that r is treated as: roles
// outside the list are like OTHER (H-212).
func (r Role) listed() Role {
	switch r {
	case CPO, EMSP, HUB, NAP, NSP, OTHER, SCSP, PTP:
		return r
	}
	return OTHER
}

type broadcaster struct {
	role   Role
	module ModuleID
}

// broadcastTo holds the opposite roles of Broadcast Push. NAP and PTP are not
// in the text: they follow the table of typical roles (H-102).
var broadcastTo = map[broadcaster][]Role{
	{CPO, Locations}: {EMSP, NSP, OTHER, NAP, PTP},
	{CPO, Tariffs}:   {EMSP, NSP, OTHER, NAP, PTP},
	{NAP, Locations}: {EMSP, NSP},
	{NAP, Tariffs}:   {EMSP, NSP},
	{CPO, Bookings}:  {EMSP, NSP, OTHER},
	{EMSP, Tokens}:   {CPO},
	{OTHER, Tokens}:  {CPO},
}

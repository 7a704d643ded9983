package bridge

import (
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Credentials and client info: what of them is pure. Which
// parties a hub lists to whom is the hub's affair.

var credentialsTo230 = []step{hubPartyID}

var credentialsTo221 = []step{
	dropping("hub_party_id", HubPartyID),
	each("roles", knownRole, in("business_details", in("logo", imageCategory))),
}

// knownRole makes another role OTHER: 2.2.1 knows no PTP.
var knownRole = unlisted("role", values(ocpi.V221, "Role"), string(ocpi.OTHER), OtherRole)

var clientInfoTo221 = []step{knownRole}

var credentialsTo211 = []step{oneRole}

var credentialsFrom211 = []step{roles}

var clientInfoTo230 = []step{
	func(t *walk, n *node) {
		if n.get("role").str() == string(ocpi.HUB) {
			t.withhold(HubRole)
		}
	},
}

// hubPartyID tells who the hub is by a field of its own: 2.3.0 has no role HUB.
func hubPartyID(t *walk, n *node) {
	list := n.get("roles")
	for _, r := range list.elements() {
		if r.get("role").str() != string(ocpi.HUB) {
			continue
		}
		id := r.as(quoted(r.get("country_code").str() + r.get("party_id").str()))
		t.put(n, "url", "hub_party_id", id)
	}
	if !list.isArray() || list.empty() {
		return
	}
	t.keep(list, HubRoleGone, func(r *node) bool { return r.get("role").str() != string(ocpi.HUB) })
	if list.empty() {
		t.withhold(NoRoles)
	}
}

// partyFields are what credentials of 2.1.1 say of their party themselves.
var partyFields = []string{"business_details", "party_id", "country_code"}

// oneRole leaves the role that the connection stands for: 2.1.1 has one party.
func oneRole(t *walk, n *node) {
	list := n.get("roles")
	picked := t.role(list)
	if picked == nil {
		t.withhold(NoRoles)
		return
	}
	for _, r := range list.elements() {
		if r != picked {
			t.lose(r, OtherRoles)
		}
	}
	t.remove(n, "roles")
	for _, m := range picked.fields() {
		if name := unquote(m.quoted); slices.Contains(partyFields, name) {
			t.add(n, name, m.value)
		} else {
			t.lose(m.value, RoleGone)
		}
	}
}

// role picks the one of the connection, the only one when nothing is said.
func (t *walk) role(list *node) (picked *node) {
	for _, r := range list.elements() {
		party := ocpi.NewPartyID(r.get("country_code").str(), r.get("party_id").str())
		fits := t.s.Role == "" || strings.EqualFold(r.get("role").str(), string(t.s.Role))
		switch {
		case !r.isObject() || !fits || !t.s.Owner.IsZero() && party != t.s.Owner:
		case picked != nil:
			return nil
		default:
			picked = r
		}
	}
	return picked
}

// roles puts the one party of 2.1.1 into the list of later versions.
func roles(t *walk, n *node) {
	if t.s.Role == "" {
		t.withhold(NoRoles)
		return
	}
	role := madeObject()
	v := made(quoted(string(t.s.Role)))
	t.add(role, "role", v)
	t.note(v, RoleMade)
	for _, name := range partyFields {
		if part := n.get(name); part != nil {
			t.add(role, name, part)
			t.remove(n, name)
		}
	}
	t.add(n, "roles", madeArray(role))
}

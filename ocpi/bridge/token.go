package bridge

import "github.com/ocpihub/ocpihub/ocpi"

// Tokens and answers about them.

var tokenTo211 = []step{
	disowned,
	renaming("contract_id", "auth_id"),
	unlisted("type", tokenTypes211, "OTHER", TokenTypes),
	dropping("group_id", TokenExtras),
	dropping("default_profile_type", TokenExtras),
	dropping("energy_contract", TokenExtras),
	times("last_updated"),
}

var tokenFrom211 = []step{
	owned,
	renaming("auth_id", "contract_id"),
	anew,
}

var authorizationTo211 = []step{
	dropping("token", AnswerToken),
	dropping("authorization_reference", AuthorizationReference),
	in("location", referencesTo211...),
}

var authorizationFrom211 = []step{
	askedToken,
	in("location", referencesFrom211...),
}

var referencesTo211 = []step{outside("location_id", ocpi.Locations)}

var referencesFrom211 = []step{
	inside("location_id", ocpi.Locations),
	longIDs("location_id"),
	func(t *walk, n *node) {
		for _, uid := range n.get("evse_uids").elements() {
			t.longID(uid)
		}
	},
	dropping("connector_ids", ConnectorIDs),
}

// TokenType is the type of a token in a version: OTHER where that does not know
// it.
func TokenType(v ocpi.Version, kind string) string {
	if v == ocpi.V211 && !tokenTypes211[kind] || v == ocpi.V221 && !tokenTypes221[kind] {
		return "OTHER"
	}
	return kind
}

// askedToken adds the token of an answer. It is never made up: that would be a
// contract which nobody made.
func askedToken(t *walk, n *node) {
	asked := t.s.AskedToken
	if asked == nil {
		t.withhold(NoToken)
		return
	}
	token := t.read(*asked)
	if !token.isObject() {
		t.withhold(NoToken)
		return
	}
	t.ofEMSP(func() { t.carry(Token, token, asked.Version, t.later()) })
	t.put(n, "allowed", "token", token)
}

// later is the version for which something is looked up on the way from 2.1.1:
// where it goes in the end, so that nothing is lost in between.
func (t *walk) later() ocpi.Version {
	if t.to == ocpi.V230 {
		return ocpi.V230
	}
	return ocpi.V221
}

// ofEMSP does something whose objects are the eMSP's.
func (t *walk) ofEMSP(do func()) {
	s, owner := t.s, t.owner
	t.s.Owner, t.owner = s.EMSP, s.EMSP
	do()
	t.s, t.owner = s, owner
}

// asToken follows the rules of tokens in the token of a command.
func asToken(steps []step) step {
	return func(t *walk, n *node) {
		t.ofEMSP(func() { t.into(n.get("token"), steps) })
		if t.withheld != nil && t.withheld.Reason == NoOwner {
			t.withheld.Reason = NoEMSP
		}
	}
}

var tokenTo221 = []step{tokenTypeTo221}

var authorizationTo221 = []step{in("token", tokenTo221...)}

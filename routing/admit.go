package routing

import (
	"net/http"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
)

// maxFindings bounds how many faults of an object a refusal names.
const maxFindings = 10

// admit refuses pushes that must not travel: of objects that are not the
// sender's, that contradict their URL, or, where the hub enforces it, that break
// the specification. What the sender may send is looked at beside the way,
// refused or not.
func (r *Router) admit(m *Message, from Speaker) error {
	if err := rightful(m, from); err != nil {
		return err
	}
	r.inspect(m, from.Party)
	if err := foreignToken(m, from); err != nil && r.OwnTokens {
		return err
	}
	if !r.Enforce || !pushes(m.Rule) || m.Rule.Method == http.MethodDelete {
		return nil
	}
	return sound(m)
}

// rightful refuses pushes of objects that are not the sender's or contradict
// their URL. It is a pure function of the message.
func rightful(m *Message, from Speaker) error {
	if !pushes(m.Rule) {
		return nil
	}
	if m.Rule.Owned() {
		if owner := m.owner(); owner != from.Party {
			return fault.New(fault.ForeignOwner, "the URL names an object of %s, but the sender is %s", owner, from.Party)
		}
	}
	if m.Rule.Method == http.MethodDelete {
		return nil
	}
	if !strictjson.IsObject(m.Body) {
		return fault.New(fault.Invalid, "the body must be a JSON object: a %s", m.Rule.Object(len(m.Segments)))
	}
	if err := sameOwner(m, from); err != nil {
		return err
	}
	return sameID(m)
}

// pushes says whether messages of the rule carry an object of the sender's. CDRs
// and records of invoices are created by POST (H-214).
func pushes(rule *ocpi.Rule) bool {
	return rule.Push() || rule.Method == http.MethodPost && (rule.Module == ocpi.CDRs || rule.Module == ocpi.InvoiceReconciliation)
}

// foreignToken refuses a command with a token of another party: an eMSP uses
// its own only (H-178). It is a pure function of the message.
func foreignToken(m *Message, from Speaker) error {
	if m.Rule.Module != ocpi.Commands {
		return nil
	}
	token := ocpi.FindObject(m.Body, "token")
	owner := ocpi.NewPartyID(ocpi.FindString(token, "country_code"), ocpi.FindString(token, "party_id"))
	if !owner.Valid() || owner == from.Party {
		return nil
	}
	return fault.New(fault.Invalid, "/token is one of %s, but the sender is %s: an eMSP commands by its own tokens only", owner, from.Party)
}

// sameOwner compares the owner inside the object with the sender (H-137, H-139).
func sameOwner(m *Message, from Speaker) error {
	country, party := ocpi.FindString(m.Body, "country_code"), ocpi.FindString(m.Body, "party_id")
	if !isTopLevel(m) || country == "" || party == "" {
		return nil
	}
	if owner := ocpi.NewPartyID(country, party); owner != from.Party {
		return fault.New(fault.ForeignOwner, "the body names an object of %s, but the sender is %s", owner, from.Party)
	}
	return nil
}

// isTopLevel says whether the body is a whole object, not an EVSE, a connector or
// a calendar.
func isTopLevel(m *Message) bool { return len(m.Segments) <= m.Rule.IDAt()+1 }

// sameID compares the id in the body with that of the URL (H-138).
func sameID(m *Message) error {
	if !m.Rule.Owned() {
		return nil
	}
	name := "id"
	switch m.Rule.Object(len(m.Segments)) {
	case "EVSE", "Token":
		name = "uid"
	}
	want := m.Segments[len(m.Segments)-1]
	if got := ocpi.FindString(m.Body, name); got != "" && !strings.EqualFold(got, want) {
		return fault.New(fault.Invalid, "the URL names %q, but /%s of the body is %q", want, name, got)
	}
	if m.Rule.Module == ocpi.Tokens {
		return sameTokenType(m)
	}
	return nil
}

func sameTokenType(m *Message) error {
	inQuery, inBody := m.param("type"), ocpi.FindString(m.Body, "type")
	if inQuery != "" && inBody != "" && inQuery != inBody {
		return fault.New(fault.Invalid, "the query names token type %q, but /type of the body is %q", inQuery, inBody)
	}
	return nil
}

// sound refuses structural faults, naming each by JSON pointer. An object of
// another version is refused as such, with the field that gives it away: its
// sender has to change the endpoint, not the object. It is a pure function of the
// message.
func sound(m *Message) error {
	class, partial := m.Rule.Object(len(m.Segments)), m.Rule.Method == http.MethodPatch
	findings := ocpi.CheckObject(m.Rule.Version, class, m.Body, partial)
	if len(findings) == 0 {
		return nil
	}
	var list []string
	for i, f := range findings {
		if i == maxFindings {
			list = append(list, "and more")
			break
		}
		list = append(list, f.Pointer+" "+f.Problem)
	}
	faults := strings.Join(list, "; ")
	if field, of, foreign := ocpi.ForeignVersion(m.Rule.Version, class, m.Body, partial); foreign {
		return fault.New(fault.Invalid, "the %s is one of OCPI %s, by its field %s, but this endpoint is of %s: send it to one of OCPI %s, or mend what %s wants otherwise: %s",
			class, of, field, m.Rule.Version, of, m.Rule.Version, faults)
	}
	return fault.New(fault.Invalid, "the %s breaks the specification: %s", class, faults)
}

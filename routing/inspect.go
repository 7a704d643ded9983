package routing

import (
	"net/http"
	"strings"

	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/quality"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// inspect hands what a message carries to the inspector.
func (r *Router) inspect(m *Message, from ocpi.PartyID) {
	if o := objectOf(m, from); o.Class != "" && len(o.Body) > 0 {
		r.Inspect(o)
	}
}

// inspectStale tells the inspector that the hub holds a newer state.
func (r *Router) inspectStale(m *Message, from ocpi.PartyID) {
	o := objectOf(m, from)
	o.WentBack = true
	r.Inspect(o)
}

func objectOf(m *Message, from ocpi.PartyID) quality.Object {
	return quality.Object{
		Owner: from, Version: m.Rule.Version, Module: m.Rule.Module, Class: m.Rule.Object(len(m.Segments)), ID: shownID(m),
		Body: m.Body, Partial: m.Rule.Method == http.MethodPatch,
	}
}

// shownID is what an operator would look for: the path below the owner, or the
// id in the body where the path has none.
func shownID(m *Message) string {
	switch {
	case m.Rule.Owned():
		return strings.Join(m.Segments[2:], "/")
	case m.Rule.Module == ocpi.CDRs:
		return ocpi.FindString(m.Body, "id")
	case len(m.Segments) > 0:
		return m.Segments[0]
	}
	return ""
}

// inspectAnswer hands the object in an answer to the inspector: an answer is as
// good or as bad as a push.
func (r *Router) inspectAnswer(m *Message, v ocpi.Version, from ocpi.PartyID, data []byte) {
	if class := answerClass(m.Rule); class != "" && strictjson.IsObject(data) {
		r.Inspect(quality.Object{Owner: from, Version: v, Module: m.Rule.Module, Class: class, ID: shownID(m), Body: data})
	}
}

// answerClass is the class of the data in an answer, where that is an object of
// its own and not the copy of one that was pushed.
func answerClass(rule *ocpi.Rule) string {
	switch {
	case rule.Module == ocpi.Commands:
		return "CommandResponse"
	case rule.Module == ocpi.ChargingProfiles && rule.Interface == ocpi.Receiver:
		return "ChargingProfileResponse"
	case rule.Open == ocpi.OpenToken:
		return "AuthorizationInfo"
	}
	return ""
}

// inspectResult hands an asynchronous result to the inspector.
func (r *Router) inspectResult(t trail.Trail, res Result) {
	class := "CommandResult"
	if t.Module == ocpi.ChargingProfiles {
		class = "ChargingProfileResult"
		if ocpi.FindObject(res.Body, "profile") != nil {
			class = "ActiveChargingProfileResult"
		}
	}
	if strictjson.IsObject(res.Body) {
		r.Inspect(quality.Object{Owner: t.Answers.Party, Version: res.Version, Module: t.Module, Class: class, Body: res.Body})
	}
}

package routing

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// taken answers a push for all that was taken. Where the object is withheld from
// receivers of other versions its sender is told so in status_message: nobody
// else can tell it.
func (r *Router) taken(ctx context.Context, m *Message, from Speaker) Answer {
	answer := r.own(from.Party, nil)
	if told := r.withheldFrom(ctx, m, from); told != "" {
		answer.Body = ocpi.NewEnvelope(ocpi.StatusOK, told, r.Now()).Bytes()
	}
	return answer
}

// withheldFrom says from which versions of its receivers an object is withheld,
// and why; empty when it goes to all.
func (r *Router) withheldFrom(ctx context.Context, m *Message, from Speaker) string {
	if !mayBeWithheld(m) {
		return ""
	}
	var told []string
	for _, v := range r.otherVersions(m, from) {
		result, err := r.Interpreter.Carry(ctx, interpret.Talk{
			Class: interpret.Asked(m.Rule, m.Segments), From: m.Rule.Version, To: v, Owner: from.Party, Writer: from.Party,
		}, m.Body)
		if err == nil && result.Withheld != nil {
			why := result.Withheld.Reason
			told = append(told, fmt.Sprintf("not sent to parties that speak OCPI %s: %s (%s)", v, why.Why(), why))
			if why == bridge.NotPublished && r.hadPublished(ctx, m) {
				told = append(told, takenAway)
			}
		}
	}
	return strings.Join(told, "; ")
}

// hadPublished says whether a location that is not published was before.
func (r *Router) hadPublished(ctx context.Context, m *Message) bool {
	_, had, err := r.Interpreter.Published(ctx, objectKey(m, catalog.Everyone))
	return had && err == nil
}

// mayBeWithheld says whether it is worth a look: of locations it is those that
// are not published, of tariffs their prices tell.
func mayBeWithheld(m *Message) bool {
	switch {
	case m.Rule.Method != http.MethodPut || !isTopLevel(m):
		return false
	case m.Rule.Module == ocpi.Locations:
		publish, _ := ocpi.Find(m.Body, "publish")
		return string(publish.Value) == "false"
	}
	return m.Rule.Module == ocpi.Tariffs
}

// otherVersions are those of the platforms that get copies of a push, but for the
// sender's own.
func (r *Router) otherVersions(m *Message, from Speaker) (out []ocpi.Version) {
	for _, p := range r.Registry.Directory().Platforms() {
		if p.Version == m.Rule.Version || !p.Registered() || !p.StandsFor(from.Party) || slices.Contains(out, p.Version) {
			continue
		}
		if _, takes := p.Endpoint(m.Rule.Module, ocpi.Receiver); !takes {
			continue
		}
		for i := range p.Parties {
			if ocpi.Broadcasts(from.Role, p.Parties[i].Role, m.Rule.Module) && !slices.Contains(out, p.Version) {
				out = append(out, p.Version)
			}
		}
	}
	return out
}

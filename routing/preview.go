package routing

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// Translation is what of a message would be carried between the versions of its
// sender and of one receiver. Class is empty where it holds no object.
type Translation struct {
	Receiver ocpi.PartyID
	bridge.Crossing
	// Answer: it is the data of the answer, which goes the other way.
	Answer bool
	// Stored is the version in which the hub holds the object that the path names:
	// then Findings and Withheld are those of that object. Empty where the path
	// names none, or the hub does not hold it.
	Stored ocpi.Version
}

// preview tells what would be carried into the version of each receiver. Of many
// receivers of one version the first is looked at.
func (r *Router) preview(ctx context.Context, m *Message, plan Plan, to []Target) ([]Translation, error) {
	var out []Translation
	known := map[ocpi.Version]Translation{}
	for _, target := range to {
		v := target.Platform.Version
		if m.Rule.Module.Custom() || v == m.Rule.Version {
			continue
		}
		t, ok := known[v]
		if !ok {
			var err error
			if t, err = r.carried(ctx, m, plan, target); err != nil {
				return nil, err
			}
			known[v] = t
		}
		t.Receiver = target.Party
		out = append(out, t)
	}
	return out, nil
}

// carried tells what would be carried into the version of one receiver.
func (r *Router) carried(ctx context.Context, m *Message, plan Plan, target Target) (Translation, error) {
	var t Translation
	t.From, t.To = m.Rule.Version, target.Platform.Version
	t.Class = interpret.Asked(m.Rule, pathIDs(m))
	if m.Rule.Method == http.MethodGet {
		t.Class, _ = interpret.Answered(m.Rule, pathIDs(m))
		t.From, t.To, t.Answer = t.To, t.From, true
	}
	key, part, ok := whose(m, target)
	if t.Class == "" || !ok {
		return t, nil
	}
	held, err := r.heldFor(ctx, key, part, plan.To)
	if errors.Is(err, catalog.ErrUnknown) {
		return t, nil
	}
	if err != nil {
		return t, unavailable(err)
	}
	t.Stored = held.Version
	reader := target
	if t.Answer {
		reader = Target{Platform: m.Sender, Party: plan.From.Party}
	}
	return r.tried(ctx, t, held, reader)
}

// pathIDs are the ids in the path of a message or, where a question leaves the path
// open, as many as it has at least.
func pathIDs(m *Message) []string {
	if len(m.Segments) > 0 || m.Rule.Path == "" {
		return m.Segments
	}
	return make([]string, strings.Count(m.Rule.Path, "/")+1-strings.Count(m.Rule.Path, "["))
}

// whose names the object of the catalog that a message is about: its owner pushes
// it, or another asks the owner for it.
func whose(m *Message, target Target) (key catalog.Key, part catalog.Part, ok bool) {
	asked := m.Rule.Method == http.MethodGet
	if len(m.Segments) == 0 || m.id() == "" || m.Rule.Method == http.MethodDelete || asked == m.Rule.Owned() {
		return key, part, false
	}
	if asked {
		return catalog.Key{Module: m.Rule.Module, Owner: target.Party, ID: m.id()}, partOf(m), true
	}
	return objectKey(m, catalog.Everyone), partOf(m), m.Rule.Owned()
}

// heldFor is an object as it was sent to one party, or else to all.
func (r *Router) heldFor(ctx context.Context, key catalog.Key, part catalog.Part, to ocpi.PartyID) (catalog.Object, error) {
	if !to.IsZero() {
		key.Audience = to
		if held, err := r.Catalog.Get(ctx, key, part); !errors.Is(err, catalog.ErrUnknown) {
			return held, err
		}
	}
	key.Audience = catalog.Everyone
	return r.Catalog.Get(ctx, key, part)
}

// tried carries an object that the hub holds, for nobody to see.
func (r *Router) tried(ctx context.Context, t Translation, held catalog.Object, reader Target) (Translation, error) {
	quiet := r.Interpreter.Quiet()
	talk := interpret.HeldTalk(held, t.To, reader.Party)
	talk.Class, talk.PlainTo = t.Class, plain(reader.Platform)
	if !quiet.Needed(talk.From, talk.To) {
		return t, nil
	}
	hidden, err := quiet.Hidden(ctx, talk, held.Key.ID)
	if err != nil {
		return t, err
	}
	if hidden {
		t.Withheld = bridge.NotPublished
		return t, nil
	}
	result, err := quiet.Carry(ctx, talk, held.Body)
	if errors.Is(err, bridge.ErrNotJSON) {
		return t, nil // what is in store is no object: there is nothing to say of it
	}
	if err != nil {
		return t, err
	}
	did := result.Crossing(t.Class, t.From, t.To)
	t.Findings, t.Withheld = did.Findings, did.Withheld
	return t, nil
}

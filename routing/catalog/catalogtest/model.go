package catalogtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// model is a naive catalog: decoded objects in a list. It says what the rules
// mean; nothing in it is fast, durable or true to the byte.
type model struct {
	objects []*modelled
	places  int
}

// modelled is an object of the model.
type modelled struct {
	catalog.Key // the ID as it was first written
	place       int
	gone        bool
	doc         doc
}

type doc = map[string]any

func decode(body string) doc {
	var d doc
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		panic(err)
	}
	return d
}

func (m *model) find(k catalog.Key) *modelled {
	for _, o := range m.objects {
		if o.Module == k.Module && o.Owner == k.Owner && o.Audience == k.Audience && strings.EqualFold(o.ID, k.ID) {
			return o
		}
	}
	return nil
}

// apply changes the model; an empty outcome means ErrUnknown.
func (m *model) apply(k catalog.Key, part catalog.Part, op catalog.Op, body string) catalog.Outcome {
	o := m.find(k)
	switch {
	case op == catalog.Delete:
		return m.remove(o)
	case o == nil || o.gone:
		if op != catalog.Put || part != whole {
			return ""
		}
		m.create(k, decode(body))
		return catalog.Created
	}
	next := decode(body)
	if part != whole {
		return changePart(o.doc, part, op, next)
	}
	return settle(&o.doc, op, next, k.Module == ocpi.Sessions)
}

func (m *model) create(k catalog.Key, d doc) {
	tombstone := m.find(k)
	m.objects = slices.DeleteFunc(m.objects, func(o *modelled) bool { return o == tombstone })
	m.places++
	m.objects = append(m.objects, &modelled{Key: k, place: m.places, doc: d})
}

func (m *model) remove(o *modelled) catalog.Outcome {
	switch {
	case o == nil:
		return ""
	case o.gone:
		return catalog.Unchanged
	}
	o.gone = true
	for _, t := range m.objects {
		if o.Audience == catalog.Everyone && isTwin(o, t) && !t.gone {
			t.place = min(t.place, o.place)
		}
	}
	return catalog.Updated
}

func isTwin(a, b *modelled) bool {
	return a.Module == b.Module && a.Owner == b.Owner && strings.EqualFold(a.ID, b.ID)
}

// settle puts a newer state in the place of an older one.
func settle(stored *doc, op catalog.Op, next doc, session bool) catalog.Outcome {
	if older(next, *stored) {
		return catalog.Stale
	}
	after := next
	if op == catalog.Patch {
		after = maps.Clone(*stored)
		for name, value := range next {
			if session && name == "charging_periods" {
				value = appended(*stored, next)
			}
			if value != nil || name != "charging_periods" {
				after[name] = value
			}
		}
	}
	before := *stored
	*stored = after
	if cmp.Equal(before, after) {
		return catalog.Unchanged
	}
	return catalog.Updated
}

func appended(stored, next doc) any {
	was, _ := stored["charging_periods"].([]any)
	more, _ := next["charging_periods"].([]any)
	again := len(was) >= len(more) && cmp.Equal(was[len(was)-len(more):], more) &&
		next["last_updated"] != nil && next["last_updated"] == stored["last_updated"]
	if again || len(more) == 0 {
		return stored["charging_periods"]
	}
	return slices.Concat(was, more)
}

// older compares last_updated, which the generator writes in one form only.
func older(a, b doc) bool {
	x, ok := a["last_updated"].(string)
	y, there := b["last_updated"].(string)
	return ok && there && x < y
}

func changePart(location doc, part catalog.Part, op catalog.Op, next doc) catalog.Outcome {
	evses, _ := location["evses"].([]any)
	evse := member(evses, "uid", part.EVSE)
	var out catalog.Outcome
	switch {
	case part.Connector != "" && evse == nil:
		return ""
	case part.Connector != "":
		out = changeChild(evse, "connectors", "id", part.Connector, op, next)
		if older(evse, next) && (out == catalog.Created || out == catalog.Updated) {
			evse["last_updated"] = next["last_updated"]
		}
	default:
		out = changeChild(location, "evses", "uid", part.EVSE, op, next)
	}
	if older(location, next) && (out == catalog.Created || out == catalog.Updated) {
		location["last_updated"] = next["last_updated"]
	}
	return out
}

func member(list []any, name, id string) doc {
	for _, e := range list {
		if d, ok := e.(doc); ok && strings.EqualFold(d[name].(string), id) {
			return d
		}
	}
	return nil
}

func changeChild(parent doc, list, name, id string, op catalog.Op, next doc) catalog.Outcome {
	children, _ := parent[list].([]any)
	child := member(children, name, id)
	if child == nil {
		if op == catalog.Patch {
			return ""
		}
		parent[list] = append(children, next)
		return catalog.Created
	}
	after := maps.Clone(child)
	out := settle(&after, op, next, false)
	if out == catalog.Updated {
		clear(child)
		maps.Copy(child, after)
	}
	return out
}

// list returns what a reader sees, in order.
func (m *model) list(module ocpi.ModuleID, reader ocpi.PartyID) []*modelled {
	var out []*modelled
	for _, o := range m.objects {
		if o.gone || o.Module != module || o.Audience != catalog.Everyone && o.Audience != reader {
			continue
		}
		i := slices.IndexFunc(out, func(t *modelled) bool { return isTwin(o, t) })
		if i < 0 {
			line := *o
			out = append(out, &line)
			continue
		}
		place := min(out[i].place, o.place)
		if o.Audience != catalog.Everyone {
			line := *o
			out[i] = &line
		}
		out[i].place = place
	}
	slices.SortFunc(out, func(a, b *modelled) int {
		if a.Owner != b.Owner {
			return strings.Compare(a.Owner.String(), b.Owner.String())
		}
		return a.place - b.place
	})
	return out
}

// Package bridge carries OCPI objects between versions: 2.1.1, 2.2.1 and 2.3.0,
// hop by hop, so that the far pair is two hops.
//
// It is pure: it knows no network, no store and no clock. What a translation
// needs from outside comes in through [Surroundings].
//
// A translation works on the tree of the JSON text. Fields that the
// specification does not know, the spelling of numbers and texts, the order of
// members and last_updated stay as they came. What cannot be said in the target
// version, what says less there, and what had to be made up is listed in
// findings, each with its place; the reasons are the rows of [Losses]. What may
// not be sent at all is [Withheld].
package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Result is what became of an object.
type Result struct {
	// Body is the object in the target version; the very bytes of the source
	// when nothing had to change. It is nil when the object is withheld, or
	// when a PATCH must become a PUT.
	Body     []byte
	Findings []Finding
	// Withheld says why the object may not be sent. It is no failure: the
	// sender and the operator are told.
	Withheld *Withheld
	// AsPut says of a PATCH why it cannot be translated by itself: the object
	// that it was merged into is to be translated and sent as a PUT.
	AsPut Reason
}

// Withheld is the refusal to send an object to a party of another version.
type Withheld struct {
	Reason Reason
}

// ErrNotJSON is returned for a body that is no JSON object.
var ErrNotJSON = errors.New("the body is no JSON object")

// Translate carries a whole object from one version to another.
func Translate(class Class, from, to ocpi.Version, body []byte, s Surroundings) (Result, error) {
	return translate(class, leg{from, to}, body, &walk{s: s, owner: s.Owner, hops: hops})
}

// Patch carries the body of a PATCH from one version to another, field by
// field. When that cannot be done, because a field depends on others of the
// object, the result says so in AsPut.
func Patch(class Class, from, to ocpi.Version, body []byte, s Surroundings) (Result, error) {
	return translate(class, leg{from, to}, body, &walk{s: s, owner: s.Owner, hops: hops, partial: true})
}

// leg is a way between two versions.
type leg struct{ from, to ocpi.Version }

func translate(class Class, l leg, body []byte, t *walk) (Result, error) {
	if !json.Valid(body) || bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return Result{}, ErrNotJSON
	}
	way, known := route(t.hops, l.from, l.to)
	switch {
	case !known:
		return Result{}, fmt.Errorf("no bridge from version %q to %q", l.from, l.to)
	case !class.known():
		return Result{}, fmt.Errorf("no bridge for objects of class %q", class)
	}
	if t.nothingToDo(class, way) {
		return Result{Body: body}, nil
	}
	t.to = l.to
	t.arena = arenas.Get().(*arena) // the pool holds nothing else
	defer t.arena.release()
	root := t.arena.parse(body, true)
	t.take(class, root, way)
	return t.result(root, body), nil
}

// nothingToDo says whether the class is the same all the way.
func (t *walk) nothingToDo(class Class, way []hop) bool {
	return !t.partial && !slices.ContainsFunc(way, func(h hop) bool {
		steps, there := h.classes[class]
		return !there || len(steps) > 0 || h.to == ocpi.V211 && t.s.SpecifiedOnly
	})
}

// take goes the hops of a way.
func (t *walk) take(class Class, root *node, way []hop) {
	for _, h := range way {
		steps, there := h.classes[class]
		switch {
		case !there:
			t.withhold(NotInVersion)
		case t.partial && !patched[class]:
			t.needWhole(NoPatch)
		}
		t.follow(root, steps)
		if h.to == ocpi.V211 && t.s.SpecifiedOnly {
			t.strip(root, class.tableName())
		}
	}
}

func (t *walk) result(root *node, body []byte) Result {
	switch {
	case t.withheld != nil && (!t.partial || t.withheld.Reason == NotInVersion):
		return Result{Withheld: t.withheld}
	case t.whole != "":
		return Result{AsPut: t.whole}
	case t.withheld != nil:
		return Result{AsPut: t.withheld.Reason}
	}
	if out, changed := root.appendTo(make([]byte, 0, len(body)+len(body)/4)); changed {
		body = out
	}
	return Result{Body: body, Findings: t.findings(root)}
}

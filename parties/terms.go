package parties

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// settle puts the terms into the form in which they are kept, and refuses those
// that make no sense. Faults are of kind Invalid.
func (t *Terms) settle(now time.Time) error {
	t.From, t.Until = t.From.UTC().Truncate(time.Millisecond), t.Until.UTC().Truncate(time.Millisecond)
	switch {
	case t.Until.IsZero():
	case !t.From.Before(t.Until):
		return fault.New(fault.Invalid, "until (%s) must be after from (%s)", date(t.Until), date(t.From))
	case !now.Before(t.Until):
		return fault.New(fault.Invalid, "until (%s) has passed: end the agreement instead", date(t.Until))
	}
	if t.CatchUp != CatchUpAsHub && t.CatchUp != CatchUpLatest && t.CatchUp != CatchUpNone {
		return fault.New(fault.Invalid, "catch_up: want %s, %s or nothing, got %q", CatchUpLatest, CatchUpNone, t.CatchUp)
	}
	t.Modules, t.Custom = tidy(t.Modules), tidy(t.Custom)
	t.CPOOnly, t.EMSPOnly = tidy(t.CPOOnly), tidy(t.EMSPOnly)
	return t.checkModules()
}

// tidy orders module ids, drops doubles, and puts them into lower case: partners
// spell them in other ways, and mean the same (H-049).
func tidy(modules []ocpi.ModuleID) []ocpi.ModuleID {
	out := make([]ocpi.ModuleID, 0, len(modules))
	for _, m := range modules {
		out = append(out, ocpi.ModuleID(strings.ToLower(strings.TrimSpace(string(m)))))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (t *Terms) checkModules() error {
	for _, m := range t.Modules {
		if m.Custom() || !m.Functional() {
			return fault.New(fault.Invalid, "module %q is none that parties exchange: want some of %s; a module of your own is a custom module",
				m, words(ocpi.FunctionalModules(ocpi.V221)))
		}
	}
	for _, m := range t.Custom {
		if !m.Custom() {
			return fault.New(fault.Invalid, "module %q is one of OCPI: name it among the modules", m)
		}
		if !validModule(m) {
			return fault.New(fault.Invalid, "custom module %q: want up to %d small letters, digits and any of - _ .", m, maxModule)
		}
	}
	for _, m := range slices.Concat(t.CPOOnly, t.EMSPOnly) {
		switch {
		case slices.Contains(t.CPOOnly, m) && slices.Contains(t.EMSPOnly, m):
			return fault.New(fault.Invalid, "module %q is for the CPO side only and for the eMSP side only: then nobody may send", m)
		case !t.names(m):
			return fault.New(fault.Invalid, "module %q is kept to one side, but is no module of the agreement", m)
		}
	}
	return nil
}

// names says whether a module belongs to the agreement.
func (t *Terms) names(m ocpi.ModuleID) bool {
	if m.Custom() {
		return slices.Contains(t.Custom, m)
	}
	return m.Functional() && (len(t.Modules) == 0 || slices.Contains(t.Modules, m))
}

// maxModule bounds module ids (version information endpoint, ModuleID).
const maxModule = 36

func validModule(m ocpi.ModuleID) bool {
	return m != "" && len(m) <= maxModule && strings.Trim(string(m), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" &&
		strings.Trim(string(m), ".") != ""
}

// amendment says in words what differs between two states of an agreement.
func amendment(before, after *Agreement) string {
	var out []string
	for _, term := range []struct{ name, before, after string }{
		{"modules", orWord(words(before.Modules), "all"), orWord(words(after.Modules), "all")},
		{"only from the CPO side", orWord(words(before.CPOOnly), "none"), orWord(words(after.CPOOnly), "none")},
		{"only from the eMSP side", orWord(words(before.EMSPOnly), "none"), orWord(words(after.EMSPOnly), "none")},
		{"custom modules", orWord(words(before.Custom), "none"), orWord(words(after.Custom), "none")},
		{"from", date(before.From), date(after.From)},
		{"until", date(before.Until), date(after.Until)},
		{"stand_in", fmt.Sprint(before.StandIn), fmt.Sprint(after.StandIn)},
		{"catch_up", orWord(string(before.CatchUp), "as the hub"), orWord(string(after.CatchUp), "as the hub")},
	} {
		if term.before != term.after {
			out = append(out, term.name+": "+term.after+", was "+term.before)
		}
	}
	return strings.Join(out, "; ")
}

func words(modules []ocpi.ModuleID) string {
	out := make([]string, len(modules))
	for i, m := range modules {
		out[i] = string(m)
	}
	return strings.Join(out, ", ")
}

func orWord(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

func date(t time.Time) string {
	if t.IsZero() {
		return "no end"
	}
	return t.Format(time.RFC3339)
}

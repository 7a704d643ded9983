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
// that make no sense. Faults are of kind Invalid and begin with the field.
func (t *Terms) settle(now time.Time) error {
	if err := t.shape(); err != nil {
		return err
	}
	if !t.Until.IsZero() && !now.Before(t.Until) {
		return fault.New(fault.Invalid, "until: %s has passed: end the agreement instead", date(t.Until))
	}
	return nil
}

// shape is settle for an agreement that may be over.
func (t *Terms) shape() error {
	t.From, t.Until = t.From.UTC().Truncate(time.Millisecond), t.Until.UTC().Truncate(time.Millisecond)
	if !t.Until.IsZero() && !t.From.Before(t.Until) {
		return fault.New(fault.Invalid, "until: %s must be after from (%s)", date(t.Until), date(t.From))
	}
	if t.CatchUp != CatchUpAsHub && t.CatchUp != CatchUpLatest && t.CatchUp != CatchUpNone {
		return fault.New(fault.Invalid, "catch_up: want %s, %s or nothing, got %q", CatchUpLatest, CatchUpNone, t.CatchUp)
	}
	t.Modules, t.Custom = tidy(t.Modules), tidy(t.Custom)
	t.CPOOnly, t.EMSPOnly = tidy(t.CPOOnly), tidy(t.EMSPOnly)
	if err := t.checkModules(); err != nil {
		return err
	}
	if err := t.checkSide("cpo_only", t.CPOOnly, t.EMSPOnly); err != nil {
		return err
	}
	return t.checkSide("emsp_only", t.EMSPOnly, t.CPOOnly)
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

// exchanged are the functional modules of all versions.
func exchanged() (out []ocpi.ModuleID) {
	for _, v := range ocpi.KnownVersions() {
		for _, m := range ocpi.FunctionalModules(v) {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

func (t *Terms) checkModules() error {
	for _, m := range t.Modules {
		if m.Custom() || !m.Functional() {
			return fault.New(fault.Invalid, "modules: %q is none that parties exchange: want some of %s; a module of your own is a custom module",
				m, words(exchanged()))
		}
	}
	for _, m := range t.Custom {
		if !m.Custom() {
			return fault.New(fault.Invalid, "custom_modules: %q is one of OCPI: name it among the modules", m)
		}
		if !validModule(m) {
			return fault.New(fault.Invalid, "custom_modules: %q: want up to %d small letters, digits and any of - _ .", m, maxModule)
		}
	}
	return nil
}

// checkSide looks at the modules that are kept to one side.
func (t *Terms) checkSide(field string, side, other []ocpi.ModuleID) error {
	for _, m := range side {
		switch {
		case slices.Contains(other, m):
			return fault.New(fault.Invalid, "%s: %q is for the CPO side only and for the eMSP side only: then nobody may send", field, m)
		case !t.names(m):
			return fault.New(fault.Invalid, "%s: %q is kept to one side, but is no module of the agreement", field, m)
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

// term is one term of an agreement: the field, how it is called, and what it is,
// in words.
type term struct{ field, name, words string }

func (t *Terms) inWords() []term {
	return []term{
		{"modules", "modules", orWord(words(t.Modules), "all")},
		{"cpo_only", "only from the CPO side", orWord(words(t.CPOOnly), "none")},
		{"emsp_only", "only from the eMSP side", orWord(words(t.EMSPOnly), "none")},
		{"custom_modules", "custom modules", orWord(words(t.Custom), "none")},
		{"from", "from", date(t.From)},
		{"until", "until", date(t.Until)},
		{"stand_in", "stand_in", fmt.Sprint(t.StandIn)},
		{"catch_up", "catch_up", orWord(string(t.CatchUp), "as the hub")},
	}
}

// amendment says in words what differs between two states of an agreement.
func amendment(before, after *Agreement) string {
	var out []string
	old := before.inWords()
	for i, now := range after.inWords() {
		if now.words != old[i].words {
			out = append(out, now.name+": "+now.words+", was "+old[i].words)
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

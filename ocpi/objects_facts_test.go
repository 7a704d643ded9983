package ocpi

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The facts of the specification about its classes and enums, with the readings
// that the tables have of them.

type factField struct {
	Name, Type, Card string
	Most             int    // length in characters, digits of an int
	Pattern          string // only to be known where there is one
}

type factClass []factField

type factEnum struct {
	Values []string
	Open   bool
}

type classFacts struct {
	Classes map[string]factClass
	Enums   map[string]factEnum
}

// longer are the lengths that the tables take from the later prints (H-206).
var longer = map[string]int{"2.2.1 CdrLocation.address": 255, "2.2.1 CdrLocation.state": 45, "2.3.0 CdrLocation.address": 255, "2.3.0 CdrLocation.state": 45}

// factsOf reads the facts of a version and of its extensions.
func factsOf(t *testing.T, v Version) classFacts {
	t.Helper()
	all := readObjectFacts(t)
	out := all[string(v)].facts(v)
	if v != V230 {
		return out
	}
	for _, extension := range []string{"2.3.0-payments", "2.3.0-bookings"} {
		more := all[extension].facts(v)
		maps.Copy(out.Classes, more.Classes)
		maps.Copy(out.Enums, more.Enums)
		for name, rows := range all[extension].Fields {
			out.Classes[name] = append(out.Classes[name], fieldFacts(v, name, rows)...)
		}
		for name, values := range all[extension].Values {
			out.Enums[name] = factEnum{append(out.Enums[name].Values, values...), out.Enums[name].Open}
		}
	}
	read230(out, all[string(V221)].facts(V221))
	return out
}

// read230 adds the readings of places where the specification contradicts
// itself.
func read230(f classFacts, older classFacts) {
	roles := f.Enums["Role"] // payments needs PTP (H-212)
	f.Enums["Role"] = factEnum{append(roles.Values, "PTP"), roles.Open}

	activation := slices.Clone(f.Classes["Terminal"]) // terminal_id is optional there
	activation[0].Card = "?"
	f.Classes["TerminalActivation"] = activation

	// The examples of payments have prices of 2.2.1.
	either := slices.Clone(f.Classes["Price"])
	for _, field := range older.Classes["Price"] {
		field.Card = "?"
		either = append(either, field)
	}
	f.Classes["EitherPrice"] = either
	confirmation := f.Classes["FinancialAdviceConfirmation"]
	i := slices.IndexFunc(confirmation, func(f factField) bool { return f.Name == "total_costs" })
	confirmation[i].Type = "EitherPrice"
}

func TestH217_TheExtensionsOf230OnlyAddToItsCore(t *testing.T) {
	all := readObjectFacts(t)
	core := all[string(V230)].facts(V230)
	for name, fields := range core.Classes {
		have := classesOf[V230][name]
		if _, known := all[string(V221)].Classes[name]; have == nil && known && classesOf[V221][name] == nil {
			continue // of the envelope and the version information, which have no table
		}
		if have == nil {
			t.Errorf("%s is gone", name)
			continue
		}
		for _, f := range fields {
			if _, ok := have.position([]byte(`"`+f.Name+`"`), 0); !ok {
				t.Errorf("%s.%s is gone", name, f.Name)
			}
		}
	}
	for _, extension := range []string{"2.3.0-payments", "2.3.0-bookings"} {
		for name := range all[extension].Classes {
			if _, taken := core.Classes[name]; taken || classesOf[V230][name] == nil {
				t.Errorf("%s of %s is in the core, or is missing", name, extension)
			}
		}
	}
}

type factRow struct {
	Name, Type, Card, Pattern string
	Length                    int `json:"max_length"`
	Digits                    int `json:"max_digits"`
}

type versionFacts struct {
	Classes map[string]struct{ Fields []factRow }
	Enums   map[string]factEnum
	Fields  map[string][]factRow `json:"field_additions"`
	Values  map[string][]string  `json:"enum_additions"`
}

func readObjectFacts(t *testing.T) map[string]versionFacts {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "shared", "ocpi", "objects.json"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("THE FACTS OF THE SPECIFICATION ARE MISSING: %v", err)
		}
		t.Skipf("THE FACTS OF THE SPECIFICATION ARE MISSING, NOTHING IS PROVEN HERE: %v", err)
	}
	var facts struct{ Versions map[string]versionFacts }
	if err := json.Unmarshal(content, &facts); err != nil {
		t.Fatal(err)
	}
	return facts.Versions
}

func (f versionFacts) facts(v Version) classFacts {
	out := classFacts{Classes: map[string]factClass{}, Enums: maps.Clone(f.Enums)}
	for name, c := range f.Classes {
		out.Classes[name] = fieldFacts(v, name, c.Fields)
	}
	return out
}

func fieldFacts(v Version, class string, rows []factRow) (out factClass) {
	for _, r := range rows {
		f := factField{Name: r.Name, Type: r.Type, Card: r.Card, Most: max(r.Length, r.Digits), Pattern: r.Pattern}
		if r.Type == "URL" || r.Type == "DateTime" {
			f.Most = 0 // part of their form
		}
		if most, ok := longer[string(v)+" "+class+"."+r.Name]; ok {
			f.Most = most
		}
		out = append(out, f)
	}
	return out
}

package ocpi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// roots are the classes that a party can send; the table holds what they are
// made of, and nothing else.
var roots = []string{
	"Location", "EVSE", "Connector", "Tariff", "Token", "Session", "CDR", "ChargingPreferences", "LocationReferences",
	"CancelReservation", "ReserveNow", "StartSession", "StopSession", "UnlockConnector", "SetChargingProfile",
	"ActiveChargingProfile", "Credentials", "ClientInfo",
	"AuthorizationInfo", "CommandResponse", "CommandResult", "ChargingProfileResponse", "ChargingProfileResult",
	"ActiveChargingProfileResult", "ClearProfileResult",
}

type factField struct {
	Name, Type, Card string
	Most             int    // length in characters, digits of an int
	Pattern          string // only to be known where there is one
}

type factClass struct{ Fields []factField }

// longer are the lengths that the table takes from the later prints (H-206).
var longer = map[string]int{"CdrLocation.address": 255, "CdrLocation.state": 45}

func TestH206_TheClassTableIsThatOfTheSpecification(t *testing.T) {
	spec, _ := classFacts(t)
	want := map[string][]factField{}
	for todo := roots; len(todo) > 0; todo = todo[1:] {
		name := todo[0]
		if _, isClass := spec[name]; !isClass || want[name] != nil {
			continue
		}
		want[name] = spec[name].Fields
		for _, f := range spec[name].Fields {
			todo = append(todo, f.Type)
		}
	}
	got := map[string][]factField{}
	for name, c := range objects221 {
		for i, f := range c.fields {
			fact := factField{Name: f.name, Type: f.of, Card: string(f.cardinality), Most: f.most}
			if w := want[name]; i < len(w) {
				fact.Pattern = w[i].Pattern // judged by the next test
			}
			got[name] = append(got[name], fact)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-specification +table\n%s", diff)
	}
}

func TestEveryFieldWithAPatternHasAFormThatAgreesWithIt(t *testing.T) {
	spec, _ := classFacts(t)
	values := []string{
		"13:30", "24:00", "7:30", "2015-12-24", "2015-13-01", "2015-12-32", "3000-01-01", "51.04759", "-51.0475991", "51.0475", "151.047599",
		"-3.729944", "179.729944", "3.72994411", "3,729944", ".729944", "", "x",
	}
	patterns := 0
	for name, c := range objects221 {
		for i, f := range c.fields {
			pattern := spec[name].Fields[i].Pattern
			if pattern == "" {
				continue
			}
			patterns++
			for _, v := range values {
				matches := regexp.MustCompile("^(" + pattern + ")$").MatchString(v)
				if f.form == nil || f.form.fits([]byte(v)) != matches {
					t.Errorf("%s.%s: %q: the pattern %s says %v", name, f.name, v, pattern, matches)
				}
			}
		}
	}
	if patterns < 8 {
		t.Errorf("only %d patterns were found", patterns)
	}
}

func TestTheEnumsAreThoseOfTheSpecification(t *testing.T) {
	_, spec := classFacts(t)
	for _, c := range objects221 {
		for _, f := range c.fields {
			if f.json != jsonString || f.of == "string" || f.of == "CiString" || f.of == "URL" || f.of == "DateTime" {
				continue
			}
			if diff := cmp.Diff(spec[f.of].Values, enums221[f.of]); diff != "" || f.enum == nil {
				t.Errorf("%s.%s: %s: -specification +table\n%s", c.name, f.name, f.of, diff)
			}
		}
	}
}

func TestEveryRootIsInTheClassTable(t *testing.T) {
	for _, name := range roots {
		if objects221[name] == nil {
			t.Errorf("class %s is missing", name)
		}
	}
}

func TestTheClassTableIsWellFormed(t *testing.T) {
	for name, c := range objects221 {
		if len(c.fields) == 0 || len(c.fields) > 64 {
			t.Errorf("%s has %d fields", name, len(c.fields))
		}
		for _, f := range c.fields {
			if (f.json == jsonObject) != (f.class != nil) {
				t.Errorf("%s.%s: the class %s is not looked up", name, f.name, f.of)
			}
		}
	}
}

func TestEveryObjectOfTheModuleTableHasAClass(t *testing.T) {
	for _, row := range table221 {
		for _, name := range row.Objects {
			if objects221[name] == nil {
				t.Errorf("%s %s %s carries the unknown class %s", row.Method, row.Module, row.Path, name)
			}
		}
	}
}

type factEnum struct{ Values []string }

func classFacts(t *testing.T) (map[string]factClass, map[string]factEnum) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "shared", "ocpi", "objects.json"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("THE FACTS OF THE SPECIFICATION ARE MISSING: %v", err)
		}
		t.Skipf("THE FACTS OF THE SPECIFICATION ARE MISSING, NOTHING IS PROVEN HERE: %v", err)
	}
	type row struct {
		Name, Type, Card, Pattern string
		Length                    int `json:"max_length"`
		Digits                    int `json:"max_digits"`
	}
	var facts struct {
		Versions map[Version]struct {
			Classes map[string]struct{ Fields []row }
			Enums   map[string]factEnum
		}
	}
	if err := json.Unmarshal(content, &facts); err != nil {
		t.Fatal(err)
	}
	out := map[string]factClass{}
	for name, c := range facts.Versions[V221].Classes {
		var class factClass
		for _, r := range c.Fields {
			f := factField{Name: r.Name, Type: r.Type, Card: r.Card, Most: max(r.Length, r.Digits), Pattern: r.Pattern}
			if r.Type == "URL" || r.Type == "DateTime" {
				f.Most = 0 // part of their form
			}
			if most, ok := longer[name+"."+r.Name]; ok {
				f.Most = most
			}
			class.Fields = append(class.Fields, f)
		}
		out[name] = class
	}
	return out, facts.Versions[V221].Enums
}

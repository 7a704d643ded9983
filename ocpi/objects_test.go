package ocpi

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// roots are the classes that a party can send; the tables hold what they are
// made of, and nothing else.
var roots = map[Version][]string{
	V211: {
		"Location", "EVSE", "Connector", "Tariff", "Token", "Session", "CDR", "LocationReferences", "Credentials",
		"ReserveNow", "StartSession", "StopSession", "UnlockConnector", "AuthorizationInfo", "CommandResponse",
	},
	V221: roots221,
	V230: slices.Concat(roots221, []string{
		"InvoiceReconciliationRecord", "Terminal", "TerminalActivation", "FinancialAdviceConfirmation",
		"BookingLocation", "Calendar", "Booking", "BookingRequest",
	}),
}

var roots221 = []string{
	"Location", "EVSE", "Connector", "Tariff", "Token", "Session", "CDR", "ChargingPreferences", "LocationReferences",
	"CancelReservation", "ReserveNow", "StartSession", "StopSession", "UnlockConnector", "SetChargingProfile",
	"ActiveChargingProfile", "Credentials", "ClientInfo",
	"AuthorizationInfo", "CommandResponse", "CommandResult", "ChargingProfileResponse", "ChargingProfileResult",
	"ActiveChargingProfileResult", "ClearProfileResult",
}

func eachVersion(t *testing.T, test func(t *testing.T, v Version)) {
	for _, v := range KnownVersions() {
		t.Run(string(v), func(t *testing.T) { test(t, v) })
	}
}

func TestH206_TheClassTablesAreThoseOfTheSpecification(t *testing.T) {
	eachVersion(t, func(t *testing.T, v Version) {
		spec := factsOf(t, v).Classes
		want := map[string]factClass{}
		for todo := roots[v]; len(todo) > 0; todo = todo[1:] {
			name := todo[0]
			if _, isClass := spec[name]; !isClass || want[name] != nil {
				continue
			}
			want[name] = spec[name]
			for _, f := range spec[name] {
				todo = append(slices.Clone(todo), f.Type)
			}
		}
		got := map[string]factClass{}
		for name, c := range classesOf[v] {
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
	})
}

func TestEveryFieldWithAPatternHasAFormThatAgreesWithIt(t *testing.T) {
	values := []string{
		"13:30", "24:00", "7:30", "2015-12-24", "2015-13-01", "2015-12-32", "3000-01-01", "51.04759", "-51.0475991", "51.0475", "151.047599",
		"51.047599", "-3.729944", "179.729944", "3.72994411", "3,729944", ".729944", "", "x",
	}
	eachVersion(t, func(t *testing.T, v Version) {
		spec, patterns := factsOf(t, v).Classes, 0
		for name, c := range classesOf[v] {
			for i, f := range c.fields {
				pattern := spec[name][i].Pattern
				if pattern == "" {
					continue
				}
				patterns++
				for _, value := range values {
					matches := regexp.MustCompile("^(" + pattern + ")$").MatchString(value)
					if f.form == nil || f.form.fits([]byte(value)) != matches {
						t.Errorf("%s.%s: %q: the pattern %s says %v", name, f.name, value, pattern, matches)
					}
				}
			}
		}
		if patterns < 8 {
			t.Errorf("only %d patterns were found", patterns)
		}
	})
}

func TestTheEnumsAreThoseOfTheSpecification(t *testing.T) {
	eachVersion(t, func(t *testing.T, v Version) {
		spec, used := factsOf(t, v).Enums, map[string]bool{}
		for _, c := range classesOf[v] {
			for _, f := range c.fields {
				if f.json != jsonString || f.of == "string" || f.of == "CiString" || f.of == "URL" || f.of == "DateTime" {
					continue
				}
				used[f.of] = true
				values, open := Values(v, f.of)
				if diff := cmp.Diff(spec[f.of], factEnum{values, open}); diff != "" || len(f.enum) != len(values) || f.open != open {
					t.Errorf("%s.%s: %s: -specification +table\n%s", c.name, f.name, f.of, diff)
				}
			}
		}
		for name := range models[v].enums {
			if !used[name] {
				t.Errorf("no field is a %s", name)
			}
		}
		for _, name := range models[v].open {
			if !used[name] {
				t.Errorf("no field is a %s, which is said to be open", name)
			}
		}
	})
}

func TestEveryRootIsInTheClassTable(t *testing.T) {
	eachVersion(t, func(t *testing.T, v Version) {
		for _, name := range roots[v] {
			if Fields(v, name) == nil {
				t.Errorf("class %s is missing", name)
			}
		}
	})
}

func TestTheClassTablesAreWellFormed(t *testing.T) {
	eachVersion(t, func(t *testing.T, v Version) {
		known := map[string]bool{}
		for name, c := range classesOf[v] {
			known[name] = true
			if len(c.fields) == 0 || len(c.fields) > 64 {
				t.Errorf("%s has %d fields", name, len(c.fields))
			}
			for _, f := range c.fields {
				known[name+"."+f.name] = true
				if (f.json == jsonObject) != (f.class != nil) {
					t.Errorf("%s.%s: the class %s is not looked up", name, f.name, f.of)
				}
			}
		}
		for name := range models[v].leaves {
			if !known[name] {
				t.Errorf("%s is left alone, but is no field", name)
			}
		}
		for _, name := range models[v].stamped {
			if !known[name+".last_updated"] {
				t.Errorf("%s needs last_updated, but does not have it", name)
			}
		}
	})
}

func TestEveryObjectOfTheModuleTableHasAClass(t *testing.T) {
	for v, table := range tables {
		for _, row := range table {
			for _, name := range row.Objects {
				if Fields(v, name) == nil {
					t.Errorf("%s %s %s %s carries the unknown class %s", v, row.Method, row.Module, row.Path, name)
				}
			}
		}
	}
}

func TestTheTablesAreShownAsTheyAre(t *testing.T) {
	want := []Field{
		{"url", "URL", 0, '1'},
		{"thumbnail", "URL", 0, '?'},
		{"category", "ImageCategory", 0, '1'},
		{"type", "CiString", 4, '1'},
		{"width", "int", 5, '?'},
		{"height", "int", 5, '?'},
	}
	if diff := cmp.Diff(want, Fields(V221, "Image")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for sign, want := range map[byte][2]bool{'1': {true, false}, '?': {false, false}, '*': {false, true}, '+': {true, true}} {
		if f := (Field{Cardinality: sign}); f.Required() != want[0] || f.List() != want[1] {
			t.Errorf("%c: required %v, list %v", sign, f.Required(), f.List())
		}
	}
	if Fields(V211, "Price") != nil || Fields("9.9", "Image") != nil || Classes("9.9") != nil {
		t.Error("a class that nobody knows has fields")
	}
	if values, open := Values(V211, "Role"); values != nil || open {
		t.Errorf("2.1.1 has the roles %v", values)
	}
	if classes := Classes(V211); !slices.IsSorted(classes) || !slices.Contains(classes, "CDR") || slices.Contains(classes, "Price") {
		t.Errorf("the classes of 2.1.1 are %v", classes)
	}
}

func TestWhatIsShownOfTheTablesIsACopy(t *testing.T) {
	values, _ := Values(V221, "Role")
	values[0] = "changed"
	Fields(V221, "Image")[0].Name = "changed"
	if again, _ := Values(V221, "Role"); again[0] != "CPO" || Fields(V221, "Image")[0].Name != "url" {
		t.Error("a caller changed the tables")
	}
}

package ocpi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// roots are the classes that a party can send; the table holds what they are
// made of, and nothing else.
var roots = []string{
	"Location", "EVSE", "Connector", "Tariff", "Token", "Session", "CDR", "ChargingPreferences", "LocationReferences",
	"CancelReservation", "ReserveNow", "StartSession", "StopSession", "UnlockConnector", "SetChargingProfile",
	"ActiveChargingProfile", "Credentials", "ClientInfo",
}

type factField struct{ Name, Type, Card string }

type factClass struct{ Fields []factField }

func TestTheClassTableIsThatOfTheSpecification(t *testing.T) {
	spec := classFacts(t)
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
		for _, f := range c.fields {
			got[name] = append(got[name], factField{f.name, f.of, string(f.cardinality)})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-specification +table\n%s", diff)
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

func classFacts(t *testing.T) map[string]factClass {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "shared", "ocpi", "objects.json"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("THE FACTS OF THE SPECIFICATION ARE MISSING: %v", err)
		}
		t.Skipf("THE FACTS OF THE SPECIFICATION ARE MISSING, NOTHING IS PROVEN HERE: %v", err)
	}
	var facts struct {
		Versions map[Version]struct{ Classes map[string]factClass }
	}
	if err := json.Unmarshal(content, &facts); err != nil {
		t.Fatal(err)
	}
	return facts.Versions[V221].Classes
}

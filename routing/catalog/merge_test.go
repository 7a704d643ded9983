package catalog

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/strictjson"
)

// A PATCH is merged on the bytes. The front-end lets only sound JSON in, so
// only that has to be merged; what comes out must be what a merge of the
// members gives, and members that the PATCH does not name keep their bytes.
func FuzzAPatchIsMergedMemberByMember(f *testing.F) {
	f.Add([]byte(`{"id":"LOC1","name":"a","evses":[{"uid":"1"}],"last_updated":"2026-01-01T00:00:00Z"}`), []byte(`{"name":null,"x":1.10}`))
	f.Add([]byte(` { "a" : { "b" : [ 1 , 2 ] } } `), []byte(`{"a":{},"b":[]}`))
	f.Add([]byte(`{}`), []byte(`{"a":"}"}`))
	f.Add([]byte(`{"a\u0062":1}`), []byte(`{"ab":2}`))
	f.Fuzz(func(t *testing.T, object, patch []byte) {
		if !sound(object) || !sound(patch) {
			return
		}
		merged := merge(object, patch)
		want := members(t, object)
		maps.Copy(want, members(t, patch))
		if diff := cmp.Diff(want, members(t, merged)); diff != "" {
			t.Errorf("%s with %s became %s\n%s", object, patch, merged, diff)
		}
		again := merge(merged, patch)
		if !bytes.Equal(again, merged) {
			t.Errorf("the same PATCH twice: %s, then %s", merged, again)
		}
	})
}

func FuzzChargingPeriodsAreAppendedAndNothingElse(f *testing.F) {
	f.Add([]byte(`{"id":"S","charging_periods":[{"a":1}]}`), []byte(`{"charging_periods":[{"a":2}],"kwh":1.5}`))
	f.Add([]byte(`{"id":"S","charging_periods":null}`), []byte(`{"charging_periods":[1,2]}`))
	f.Add([]byte(`{"id":"S"}`), []byte(`{"charging_periods":[]}`))
	f.Fuzz(func(t *testing.T, session, patch []byte) {
		if !sound(session) || !sound(patch) {
			return
		}
		merged := mergeSession(session, patch)
		if !sound(merged) {
			t.Fatalf("%s with %s became %s", session, patch, merged)
		}
		was, given, now := members(t, session), members(t, patch), members(t, merged)
		want := maps.Clone(was)
		maps.Copy(want, given)
		delete(want, "charging_periods")
		appended := slices.Concat(list(was), list(given))
		if got := list(now); len(got) != len(appended) && !bytes.Equal(bytes.Join(got, nil), bytes.Join(list(was), nil)) {
			t.Errorf("%s with %s has the periods %s, want %s", session, patch, got, appended)
		}
		delete(now, "charging_periods")
		if diff := cmp.Diff(want, now); diff != "" {
			t.Errorf("%s with %s became %s\n%s", session, patch, merged, diff)
		}
	})
}

func sound(b []byte) bool { return strictjson.Check(b) == nil && strictjson.IsObject(b) }

// members reads an object as the standard library does, keeping the bytes of
// the values but for blanks around them.
func members(t *testing.T, object []byte) map[string]json.RawMessage {
	t.Helper()
	var out map[string]json.RawMessage
	if err := json.Unmarshal(object, &out); err != nil {
		t.Fatalf("%s is no object: %v", object, err)
	}
	if out == nil {
		out = map[string]json.RawMessage{}
	}
	return out
}

func list(object map[string]json.RawMessage) [][]byte {
	var out []json.RawMessage
	if json.Unmarshal(object["charging_periods"], &out) != nil {
		return nil
	}
	periods := make([][]byte, len(out))
	for i, p := range out {
		periods[i] = p
	}
	return periods
}

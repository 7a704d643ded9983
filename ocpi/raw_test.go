package ocpi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestMembersComeInOrderWithTheirBytes(t *testing.T) {
	object := []byte(" { \"a\" : 1.10 ,\n\"b\\u0062\":\"x\\\"},{\",\t\"c\":{\"a\":[1,{\"d\":\"]\"}]},\"d\":[ ] , \"e\":null,\"\":true}\r\n")
	var got []string
	for m := range ocpi.Members(object) {
		if !bytes.Equal(m.Value, object[m.Start:m.End]) {
			t.Errorf("%s: the bounds are wrong", m.Name)
		}
		got = append(got, m.Name+"="+string(m.Value))
	}
	want := []string{`a=1.10`, `bb="x\"},{"`, `c={"a":[1,{"d":"]"}]}`, `d=[ ]`, `e=null`, `=true`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestElementsComeInOrderWithTheirBytes(t *testing.T) {
	for array, want := range map[string][]string{
		`[]`: nil, ` [ ] `: nil, `[1]`: {`1`}, ` [ 1.0 , "a,]" ,[2,[3]], {"x":[","]} ,null]`: {`1.0`, `"a,]"`, `[2,[3]]`, `{"x":[","]}`, `null`},
		`{}`: nil, `"[1]"`: nil, ``: nil,
	} {
		var got []string
		for e := range ocpi.Elements([]byte(array)) {
			got = append(got, string(e))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", array, diff)
		}
	}
}

func TestAMemberIsFoundByName(t *testing.T) {
	object := []byte(`{"nested":{"id":"no"},"i\u0064":"LOC\u0031","number":1,"null":null,"object":{"a":1},"empty":""}`)
	for name, want := range map[string]string{"id": "LOC1", "number": "", "null": "", "object": "", "empty": "", "absent": "", "ID": ""} {
		if got := ocpi.FindString(object, name); got != want {
			t.Errorf("FindString(%s) = %q, want %q", name, got, want)
		}
	}
	if m, ok := ocpi.Find(object, "id"); !ok || m.Name != "id" || string(m.Value) != `"LOC\u0031"` {
		t.Errorf("Find gave %+v, %v", m, ok)
	}
	if got := string(ocpi.FindObject(object, "object")); got != `{"a":1}` {
		t.Errorf("FindObject gave %s", got)
	}
	for _, name := range []string{"id", "null", "number", "absent"} {
		if got := ocpi.FindObject(object, name); got != nil {
			t.Errorf("FindObject(%s) gave %s", name, got)
		}
	}
}

func TestH081_SettingAMemberChangesNoOtherByte(t *testing.T) {
	for _, c := range []struct{ object, name, value, want string }{
		{`{"a":1.10,"b":"x"}`, "b", `"y"`, `{"a":1.10,"b":"y"}`},
		{` { "a" : 1.10 , "b" : 2 } `, "a", `null`, ` { "a" : null , "b" : 2 } `},
		{`{"response\u005furl":"u","n":12345678901234567890.10}`, "response_url", `"v"`, `{"response\u005furl":"v","n":12345678901234567890.10}`},
		{`{"a":{"b":1}}`, "b", `2`, `{"a":{"b":1},"b":2}`},
		{`{}`, "a", `1`, `{"a":1}`},
		{" { \n} ", "a", `1`, " { \n\"a\":1} "},
		{`{"a":1 }`, `q"`, `2`, `{"a":1 ,"q\"":2}`},
		{`[1]`, "a", `1`, `[1]`},
		{``, "a", `1`, ``},
		{`null`, "a", `1`, `null`},
		{`"}"`, "a", `1`, `"}"`},
	} {
		object := []byte(c.object)
		if got := string(ocpi.SetMember(object, c.name, []byte(c.value))); got != c.want {
			t.Errorf("SetMember(%s, %s)\n got %s\nwant %s", c.object, c.name, got, c.want)
		}
		if string(object) != c.object {
			t.Errorf("%s was changed in place to %s", c.object, object)
		}
	}
}

func TestAnObjectWithoutMembersIsEmpty(t *testing.T) {
	for object, want := range map[string]bool{`{}`: true, ` { } `: true, `{"a":null}`: false, `{"":0}`: false} {
		if got := ocpi.IsEmptyObject([]byte(object)); got != want {
			t.Errorf("IsEmptyObject(%s) = %v", object, got)
		}
	}
}

func TestBrokenTextEndsTheSearch(t *testing.T) {
	for _, text := range []string{`{"a":1,"b`, `{"a":1,"b":`, `{"a":1 "b":2}`, `{"a":1,b:2}`, `{"a":1,"b"}`, `{"a":1,,"b":2}`} {
		var names []string
		for m := range ocpi.Members([]byte(text)) {
			names = append(names, m.Name)
		}
		if strings.Join(names, " ") != "a" {
			t.Errorf("%s has %q", text, names)
		}
	}
}

func FuzzMembersOfAnything(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":[{}]}`, `{"a":"\`, `{"a":{`, `["`, `{"\`, `{"a":]}`, `}`} {
		f.Add([]byte(seed), "a")
	}
	f.Fuzz(func(t *testing.T, text []byte, name string) {
		for m := range ocpi.Members(text) {
			if m.Start < 0 || m.End > len(text) || len(m.Value) == 0 || !bytes.Equal(m.Value, text[m.Start:m.End]) {
				t.Fatalf("%q has the member %+v", text, m)
			}
		}
		for e := range ocpi.Elements(text) {
			if len(e) == 0 {
				t.Fatalf("%q has an element of no bytes", text)
			}
		}
		ocpi.FindObject(text, name)
		ocpi.FindString(text, name)
		ocpi.SetMember(text, name, []byte(`1`))
	})
}

// FuzzMembersOfAnObject makes objects of what is given and holds Members and
// SetMember against encoding/json.
func FuzzMembersOfAnObject(f *testing.F) {
	f.Add("a", "b", []byte(`[1,{"x":"}\""}]`), []byte(`1.10`))
	f.Add("é\"\\", "", []byte(`"\u0041"`), []byte(" null "))
	f.Fuzz(func(t *testing.T, first, second string, one, two []byte) {
		if first == second || !json.Valid(one) || !json.Valid(two) {
			return
		}
		object := fmt.Appendf(nil, "{ %s:%s , %s: %s\n}", ocpi.Quote(first), one, ocpi.Quote(second), two)
		want := decoded(t, object)
		if len(want) != 2 {
			return // names that are the same once invalid text is replaced
		}
		got := map[string]json.RawMessage{}
		for m := range ocpi.Members(object) {
			got[m.Name] = m.Value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got)\n%s", object, diff)
		}
		for name := range want {
			want := decoded(t, object)
			want[name] = json.RawMessage(`{"new":[]}`)
			if diff := cmp.Diff(want, decoded(t, ocpi.SetMember(object, name, want[name]))); diff != "" {
				t.Fatalf("%s, %q set (-want +got)\n%s", object, name, diff)
			}
		}
		want["third"] = json.RawMessage(`3`)
		if diff := cmp.Diff(want, decoded(t, ocpi.SetMember(object, "third", want["third"]))); diff != "" {
			t.Fatalf("%s (-want +got)\n%s", object, diff)
		}
	})
}

func decoded(t *testing.T, object []byte) map[string]json.RawMessage {
	t.Helper()
	var out map[string]json.RawMessage
	if err := json.Unmarshal(object, &out); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	return out
}

func ExampleSetMember() {
	command := []byte(`{"response_url": "https://emsp.example/r/1", "kwh": 1.10}`)
	fmt.Printf("%s\n", ocpi.SetMember(command, "response_url", ocpi.Quote("https://hub.example/r/9")))
	// Output: {"response_url": "https://hub.example/r/9", "kwh": 1.10}
}

func ExampleMembers() {
	for m := range ocpi.Members([]byte(`{"id":"LOC1","kwh":1.10}`)) {
		fmt.Printf("%s %s\n", m.Name, m.Value)
	}
	// Output:
	// id "LOC1"
	// kwh 1.10
}

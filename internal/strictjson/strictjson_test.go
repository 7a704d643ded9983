package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ocpihub/ocpihub/internal/strictjson"
)

func TestStrictTextPasses(t *testing.T) {
	for _, body := range []string{
		`{}`, `[]`, `null`, `"x"`, `1.10`, "\t{ \"a\" : [ 1 , {\"a\":null} ] }\r\n",
		`{"a":1,"A":2}`,
		`{"a":{"x":1},"b":{"x":1}}`,
		`{"emoji":"😀","escaped":"\ud83d\ude00"}`,
		`{"long":123456789012345678901234567890.10}`,
		`{"brackets":"` + strings.Repeat("[", 2*strictjson.MaxDepth) + `\""}`,
		`[` + strings.Repeat("[],", 2*strictjson.MaxDepth) + `[]]`,
		nested(strictjson.MaxDepth),
	} {
		if err := strictjson.Check([]byte(body)); err != nil {
			t.Errorf("Check(%.60s) = %v, want nil", body, err)
		}
	}
}

func TestH051_WhatIsNotJSONIsRefused(t *testing.T) {
	refused(t, map[string]string{
		`{,}`:            "unexpected text at byte 1",
		``:               "it is empty",
		" \n":            "it is empty",
		`{"a":1`:         `the text ends too early at byte 6`,
		`{"a":tru}`:      `unexpected text at byte 8 in "/a"`,
		`{"a":1,}`:       "unexpected text at byte 7",
		`{a:1}`:          "unexpected text at byte 1",
		`{1:1}`:          "unexpected text at byte 1",
		`{"a" 1}`:        `unexpected text at byte 5 in "/a"`,
		`[1 2]`:          "unexpected text at byte 3",
		`01`:             "more text follows the value after byte 1",
		`{"a":NaN}`:      `unexpected text at byte 5 in "/a"`,
		`{} {}`:          "more text follows the value after byte 2",
		`{}x`:            "more text follows the value after byte 2",
		"{\"a\":\"\n\"}": `unexpected text at byte 6 in "/a"`,
		`{"a":"\x"}`:     `unexpected text at byte 6 in "/a"`,
		"\ufeff{}":       "unexpected text at byte 0",
	})
}

func TestNamesGivenTwiceAreRefusedAtAnyDepthAndHoweverEscaped(t *testing.T) {
	refused(t, map[string]string{
		`{"party_id":"ABC","party_id":"XYZ"}`:            `a name is given twice in one object at byte 18 in "/party_id"`,
		`{"party_id":"ABC","party_\u0069d":"XYZ"}`:       `a name is given twice in one object at byte 18 in "/party_id"`,
		`{"\u0070arty_id":"ABC","party_id":"ABC"}`:       `a name is given twice in one object at byte 23 in "/party_id"`,
		`[{"a":{"b":[{"c":1,"d":2,"c":1}]}}]`:            `a name is given twice in one object at byte 25 in "/0/a/b/0/c"`,
		`{"":1,"":2}`:                                    `a name is given twice in one object at byte 6 in "/"`,
		`{"\ud83d\ude00":1,"😀":2}`:                       "a name is given twice in one object at byte 18 in \"/😀\"",
		`{"` + strings.Repeat("n", 200) + `":{"x":1 1}}`: `unexpected text at byte 211 in "/` + strings.Repeat("n", 119) + `"...`,
	})
}

func TestTextThatIsNotUTF8IsRefused(t *testing.T) {
	refused(t, map[string]string{
		"{\"a\":\"\xff\"}":         `the text is not UTF-8 at byte 6 in "/a"`,
		"{\"a\xc3\":1}":            "the text is not UTF-8 at byte 3",
		"{\"a\":\"\xed\xa0\x80\"}": `the text is not UTF-8 at byte 6 in "/a"`,
		"\xff":                     "the text is not UTF-8 at byte 0",
		`{"a":"\ud800"}`:           `unexpected text at byte 6 in "/a"`,
	})
}

func TestNestingIsBounded(t *testing.T) {
	refused(t, map[string]string{
		nested(strictjson.MaxDepth + 1):   "it nests deeper than 1000 levels at byte 1000",
		strings.Repeat("[", 1_000_000):    "it nests deeper than 1000 levels at byte 1000",
		strings.Repeat(`{"a":`, 100_000):  "it nests deeper than 1000 levels at byte 5000",
		strings.Repeat(`["]`, 1001) + "[": "more text follows the value after byte 6",
	})
}

func TestErrorsHoldNoValues(t *testing.T) {
	const secret = "s3cret"
	for _, body := range []string{
		`{"token":"` + secret, `{"token":"` + secret + `" x}`, `{"token":` + secret + `}`,
		`{"token":"` + secret + `","token":"` + secret + `"}`, `{} ` + secret, `{"token":"` + secret + "\xff\"}",
	} {
		err := strictjson.Check([]byte(body))
		if err == nil || strings.Contains(err.Error(), "s3c") {
			t.Errorf("Check(%s) = %v, want an error without the value", body, err)
		}
	}
}

func TestOnlyAnObjectIsAnObject(t *testing.T) {
	for body, want := range map[string]bool{
		`{}`: true, " \r\n\t{\"a\":1}": true, `[]`: false, `"{"`: false, `null`: false, `1`: false, ``: false,
	} {
		if got := strictjson.IsObject([]byte(body)); got != want {
			t.Errorf("IsObject(%s) = %v, want %v", body, got, want)
		}
	}
}

// FuzzCheck holds Check against encoding/json: what passes is valid there too,
// and what only encoding/json takes has a twice-given name, text that is not
// Unicode, or is nested too deeply.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,2.5e3,"x\u00e9"],"b":{"c":null}}`, `{"a":1,"\u0061":2}`, `{,}`, "\"\xff\"", `"\ud800"`, `[[[]]]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		err := strictjson.Check(body)
		if !bytes.Equal(before, body) {
			t.Fatal("Check changed the body")
		}
		if err == nil && (!json.Valid(body) || !utf8.Valid(body) || namesTwice(body)) {
			t.Fatalf("Check passed %q", body)
		}
		strict := json.Valid(body) && utf8.Valid(body) && !namesTwice(body) && !bytes.Contains(body, []byte(`\u`))
		if err != nil && strict && bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) <= strictjson.MaxDepth {
			t.Fatalf("Check refused %q: %v", body, err)
		}
	})
}

func BenchmarkCheckALocation(b *testing.B) {
	evse := `{"uid":"3256","evse_id":"BE*BEC*E041503001","status":"AVAILABLE","capabilities":["RESERVABLE"],"connectors":[` +
		`{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","max_voltage":220,"max_amperage":16,"tariff_ids":["11"],"last_updated":"2015-03-16T10:10:02Z"}],` +
		`"floor_level":"-1","last_updated":"2015-06-28T08:12:01Z"}`
	body := []byte(`{"id":"LOC1","coordinates":{"latitude":"51.047599","longitude":"3.729944"},"evses":[` + strings.Repeat(evse+",", 9) + evse + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := strictjson.Check(body); err != nil {
			b.Fatal(err)
		}
	}
}

func refused(t *testing.T, cases map[string]string) {
	t.Helper()
	for body, want := range cases {
		err := strictjson.Check([]byte(body))
		if err == nil || err.Error() != want {
			t.Errorf("Check(%.60q)\n got %v\nwant %s", body, err, want)
		}
	}
}

func nested(depth int) string {
	return strings.Repeat("[", depth) + strings.Repeat("]", depth)
}

// namesTwice reads valid JSON token by token and looks for names that an
// object has twice.
func namesTwice(body []byte) bool {
	type object struct {
		names map[string]bool
		value bool // the next token is a value, not a name
	}
	var open []*object // nil for an array
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return false
		}
		top := len(open) - 1
		inObject := top >= 0 && open[top] != nil
		if name, ok := token.(string); ok && inObject && !open[top].value {
			if open[top].names[name] {
				return true
			}
			open[top].names[name], open[top].value = true, true
			continue
		}
		switch token {
		case json.Delim('}'), json.Delim(']'):
			open = open[:top]
			continue
		}
		if inObject {
			open[top].value = false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, &object{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, nil)
		}
	}
}

package catalog

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestALocationIsTakenApartAndPutTogetherByteByByte(t *testing.T) {
	for _, c := range []struct {
		name, body, frame string
		uids              []string
	}{
		{"no list", `{"id":"L"}`, `{"id":"L"}`, nil},
		{"null", `{"evses":null}`, `{"evses":null}`, nil},
		{"an empty list", `{"evses":[ ]}`, `{"evses":[ ]}`, nil},
		{"two", `{"evses":[{"uid":"A"},{"uid":"B"}],"x":1.0}`, `{"evses":[],"x":1.0}`, []string{"A", "B"}},
		{"blanks", "{ \"evses\" :\n[ {\"uid\":\"A\"} ,\t{\"uid\":\"B\"}\r\n] }", "{ \"evses\" :\n[\r\n] }", []string{"A", "B"}},
		{"an escaped name", `{"\u0065vses":[{"uid":"A"}]}`, `{"\u0065vses":[]}`, []string{"A"}},
		{"the same uid twice", `{"evses":[{"uid":"A"},{"uid":"a"}]}`, `{"evses":[{"uid":"A"},{"uid":"a"}]}`, nil},
		{"no uid", `{"evses":[{}]}`, `{"evses":[{}]}`, nil},
		{"no objects", `{"evses":[[[1]],2]}`, `{"evses":[[[1]],2]}`, nil},
		{"brackets in strings", `{"evses":[{"uid":"]}\""},{"uid":"["}]}`, `{"evses":[]}`, []string{`]}"`, `[`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			frame, gap, evses := split([]byte(c.body))
			var uids []string
			for _, e := range evses {
				uids = append(uids, e.UID)
			}
			if diff := cmp.Diff(c.uids, uids); diff != "" || string(frame) != c.frame {
				t.Errorf("frame %s, %s", frame, diff)
			}
			if got := join(&Record{Frame: frame, Gap: gap}, evses); string(got) != c.body {
				t.Errorf("together again: %s", got)
			}
		})
	}
}

func TestAnyLocationIsTheSameAfterSplitAndJoin(t *testing.T) {
	blank := rapid.StringMatching(`[ \n\t]{0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString(`{"a":[1],` + blank.Draw(t, "blank") + `"evses":` + blank.Draw(t, "blank") + "[")
		for i := range rapid.IntRange(0, 4).Draw(t, "evses") {
			if i > 0 {
				b.WriteString(",")
			}
			uid := rapid.StringMatching(`[a-cA-C]{1,2}`).Draw(t, "uid")
			b.WriteString(blank.Draw(t, "blank") + `{"uid":"` + uid + `","n":[{}]}` + blank.Draw(t, "blank"))
		}
		b.WriteString("]" + blank.Draw(t, "blank") + "}")
		frame, gap, evses := split([]byte(b.String()))
		if got := string(join(&Record{Frame: frame, Gap: gap}, evses)); got != b.String() {
			t.Fatalf("%q became %q", b.String(), got)
		}
	})
}

func TestMergeReplacesMembersAndLeavesTheOtherBytes(t *testing.T) {
	for _, c := range []struct{ name, object, patch, want string }{
		{"a member", `{ "a":1.0, "b" : 2e3 }`, `{"a":[2]}`, `{ "a":[2], "b" : 2e3 }`},
		{"a new member", `{"a":1 }`, `{"b":2,"c":3}`, `{"a":1 ,"b":2,"c":3}`},
		{"nothing", `{"a":1 }`, `{}`, `{"a":1 }`},
		{"H-216 a nested object as a whole", `{"o":{"x":1,"y":2}}`, `{"o":{"x":3}}`, `{"o":{"x":3}}`},
		{"H-222 null and an empty list", `{"a":1,"b":[1]}`, `{"a":null,"b":[]}`, `{"a":null,"b":[]}`},
		{"into an empty object", `{}`, `{"a":1}`, `{"a":1}`},
	} {
		if got := merge([]byte(c.object), []byte(c.patch)); string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestH144_ChargingPeriodsAreAppended(t *testing.T) {
	early, late := `"last_updated":"2026-01-01T00:00:00Z"`, `"last_updated":"2026-01-01T00:00:01Z"`
	for _, c := range []struct{ name, session, patch, want string }{
		{"to some", `{"charging_periods":[ {"a":1.0} ]}`, `{"charging_periods":[{"b":2}]}`, `{"charging_periods":[ {"a":1.0},{"b":2} ]}`},
		{"to none", `{"charging_periods":[ ]}`, `{"charging_periods":[{"b":2}]}`, `{"charging_periods":[{"b":2} ]}`},
		{"to null", `{"charging_periods":null}`, `{"charging_periods":[{"b":2}]}`, `{"charging_periods":[{"b":2}]}`},
		{"an empty list", `{"charging_periods":[1]}`, `{"charging_periods":[]}`, `{"charging_periods":[1]}`},
		{"null", `{"charging_periods":[1]}`, `{"charging_periods":null,"kwh":1}`, `{"charging_periods":[1],"kwh":1}`},
		{"at another time", `{"charging_periods":[1],` + early + `}`, `{"charging_periods":[1],` + late + `}`, `{"charging_periods":[1,1],` + late + `}`},
		{"a repeat", `{"charging_periods":[0,1],` + late + `}`, `{"charging_periods":[1],` + late + `}`, `{"charging_periods":[0,1],` + late + `}`},
		{"a repeat, time first", `{` + late + `,"charging_periods":[0,1]}`, `{` + late + `,"charging_periods":[ 1 ]}`, `{` + late + `,"charging_periods":[0,1]}`},
		{"what only ends alike", `{"charging_periods":[11],` + late + `}`, `{"charging_periods":[1],` + late + `}`, `{"charging_periods":[11,1],` + late + `}`},
	} {
		if got := mergeSession([]byte(c.session), []byte(c.patch)); string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestH143_LiftRaisesLastUpdatedOnly(t *testing.T) {
	for _, c := range []struct{ name, parent, child, want string }{
		{"newer", `{ "last_updated" : "2026-01-01T00:00:00Z","a":1.0}`, `{"last_updated":"2026-01-01T00:00:00.5Z"}`, `{ "last_updated" : "2026-01-01T00:00:00.5Z","a":1.0}`},
		{"older", `{"last_updated":"2026-01-01T00:00:00Z"}`, `{"last_updated":"2025-01-01T00:00:00Z"}`, `{"last_updated":"2026-01-01T00:00:00Z"}`},
		{"the same, spelt otherwise", `{"last_updated":"2026-01-01T00:00:00Z"}`, `{"last_updated":"2026-01-01T00:00:00.000"}`, `{"last_updated":"2026-01-01T00:00:00Z"}`},
		{"absent in the child", `{"last_updated":"2026-01-01T00:00:00Z"}`, `{}`, `{"last_updated":"2026-01-01T00:00:00Z"}`},
		{"unreadable in the parent", `{"last_updated":7}`, `{"last_updated":"2026-01-01T00:00:00Z"}`, `{"last_updated":7}`},
	} {
		if got := lift([]byte(c.parent), []byte(c.child)); string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestATokenIsNamedByUIDAndType(t *testing.T) {
	if TokenID("u", "") != TokenID("u", "RFID") || TokenID("u", "RFID") == TokenID("u", "APP_USER") {
		t.Error("the default type is not RFID")
	}
	if uid, kind := SplitTokenID(TokenID("u", "OTHER")); uid != "u" || kind != "OTHER" {
		t.Errorf("split into %q and %q", uid, kind)
	}
}

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)} {
		want := &head{Record{ID: "Loc1", Version: ocpi.V230, LastUpdated: at.UTC(), Stored: at.UTC(), Deleted: true, Gap: 77}, 1 << 40}
		got, err := decodeHead(want.encode())
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(head{})); err != nil || diff != "" {
			t.Errorf("head: %v %s", err, diff)
		}
	}
	want := EVSE{"E1", " ,", []byte(`{}`)}
	place, got, err := decodeEVSE(encodeEVSE(300, want))
	if diff := cmp.Diff(want, got); err != nil || place != 300 || diff != "" {
		t.Errorf("EVSE at %d: %v %s", place, err, diff)
	}
}

func FuzzRecordsThatAreBrokenAreNotRead(f *testing.F) {
	f.Add(encodeEVSE(1, EVSE{"E1", ",", []byte(`{}`)}))
	f.Add((&head{Record: Record{ID: "L"}}).encode())
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_, _ = decodeHead(raw)
		_, _, _ = decodeEVSE(raw)
		_, _ = decodeEntry(shelf{}, 1, raw)
		_, _ = decodeHolding(Key{}, raw)
		_ = decodeCount(raw)
		_, _ = parseCursor(Query{Cursor: string(raw)})
	})
}

package rediscatalog

import (
	"errors"
	"testing"

	"github.com/ocpihub/ocpihub/internal/redistest"
)

func TestAWriteThatIsRunTwiceIsDoneOnce(t *testing.T) {
	client := redistest.Fresh(t)
	table := &table{client: client}
	key := client.Key("A", "o", "x")
	c := newCommit()
	c.check(key, mainField, markSize, "")
	c.step("set", key, mainField, encodeRecord(c.mark, []byte("head"), nil))
	c.step("set", key, "E1", "one")
	for range 2 {
		if err := c.run(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	other := newCommit()
	other.check(key, mainField, markSize, c.mark)
	other.step("set", key, mainField, encodeRecord(other.mark, []byte("next"), nil))
	if err := other.run(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	if err := c.run(t.Context(), table); !errors.Is(err, errConflict) {
		t.Errorf("run again behind another write: %v", err)
	}
	if raw := client.HGet(t.Context(), key, mainField).Val(); raw != encodeRecord(other.mark, []byte("next"), nil) {
		t.Errorf("the record is %q", raw)
	}
}

func TestWhatIsBehindAPrefixIsBehindAllThatBeginWithIt(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a\xff": "b", "\x00": "\x01", "a\x00": "a\x01"} {
		if got := behind(prefix); got != want {
			t.Errorf("behind %q is %q, want %q", prefix, got, want)
		}
	}
}

func FuzzRecordsThatAreBrokenAreNotRead(f *testing.F) {
	f.Add(encodeRecord("12345678", []byte("head"), []byte("{}")))
	f.Fuzz(func(t *testing.T, raw string) {
		mark, head, frame, err := decodeRecord(raw)
		if err == nil && raw != "" && len(mark)+len(head)+len(frame) > len(raw) {
			t.Errorf("%q holds more than there is", raw)
		}
	})
}

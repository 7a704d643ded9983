package ocpi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestAnAnswerIsReadLeniently(t *testing.T) {
	const at = "2015-06-30T21:59:59Z"
	for _, c := range []struct {
		name, body string
		want       ocpi.Envelope
	}{
		{"in full", `{"data":[1.10],"status_code":1000,"status_message":"ok","timestamp":"` + at + `"}`, ocpi.Envelope{Data: json.RawMessage(`[1.10]`), StatusCode: 1000, StatusMessage: "ok", Timestamp: at}},
		{"H-056 without data", `{"status_code":1000,"timestamp":"` + at + `"}`, ocpi.Envelope{StatusCode: 1000, Timestamp: at}},
		{"H-056 data that is null", `{"data":null,"status_code":1000}`, ocpi.Envelope{Data: json.RawMessage(`null`), StatusCode: 1000}},
		{"H-056 data that is a string", `{"data":"ACCEPTED","status_code":1000}`, ocpi.Envelope{Data: json.RawMessage(`"ACCEPTED"`), StatusCode: 1000}},
		{"H-066 a custom status code", `{"status_code":2950,"status_message":"own"}`, ocpi.Envelope{StatusCode: 2950, StatusMessage: "own"}},
		{"message and timestamp that are null", `{"status_code":2001,"status_message":null,"timestamp":null}`, ocpi.Envelope{StatusCode: 2001}},
		{"message and timestamp of another type", `{"status_code":2001,"status_message":{"a":1},"timestamp":1435701599}`, ocpi.Envelope{StatusCode: 2001}},
		{"fields that nobody knows", `{"status_code":1000,"foo":[{}]}`, ocpi.Envelope{StatusCode: 1000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ocpi.ParseEnvelope([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWhatHasNoStatusCodeIsNoEnvelope(t *testing.T) {
	for _, body := range []string{
		``, ` `, `{}`, `[]`, `null`, `"1000"`, `1000`, `Internal Server Error`, `<html></html>`, `{"detail":"not found"}`,
		`{"status_code":null}`, `{"status_code":"1000"}`, `{"status_code":1000.5}`, `{"status_code":1000`, `{"data":{"status_code":1000}}`,
		`[{"status_code":1000}]`, `{"status_code":99999999999999999999}`,
	} {
		if got, err := ocpi.ParseEnvelope([]byte(body)); !errors.Is(err, ocpi.ErrNoEnvelope) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestH055_AnAnswerIsWrittenExactly(t *testing.T) {
	now := time.Date(2015, 6, 30, 21, 59, 59, 0, time.UTC)
	plain := ocpi.NewEnvelope(ocpi.StatusOK, "", now)
	listed := plain
	listed.Data = json.RawMessage(`[{"kwh": 1.10, "x":"\u00e9"}]`)
	for want, e := range map[string]ocpi.Envelope{
		`{"status_code":1000,"timestamp":"2015-06-30T21:59:59Z"}`:                                      plain,
		`{"data":[{"kwh": 1.10, "x":"\u00e9"}],"status_code":1000,"timestamp":"2015-06-30T21:59:59Z"}`: listed,
		`{"status_code":2001,"status_message":"say \"please\"\n","timestamp":"2015-06-30T21:59:59Z"}`:  ocpi.NewEnvelope(ocpi.StatusInvalidParameters, "say \"please\"\n", now),
	} {
		if got := string(e.Bytes()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestStatusCodesHaveTheirRanges(t *testing.T) {
	for code, want := range map[ocpi.StatusCode][2]bool{
		999: {}, 1000: {true, false}, 1999: {true, false}, 2000: {false, true}, 2001: {false, true}, 2999: {false, true}, 3000: {}, 4001: {}, 0: {}, -1000: {},
	} {
		if code.Success() != want[0] || code.ClientFault() != want[1] {
			t.Errorf("%d: success %v, fault of the client %v", code, code.Success(), code.ClientFault())
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"data":[1.10],"status_code":1000,"status_message":"ok","timestamp":"2015-06-30T21:59:59Z"}`))
	f.Add([]byte(`{"status_code":2001,"status_message":null}`))
	f.Add([]byte(`{"status_code":`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ocpi.ParseEnvelope(body)
		if err != nil {
			return
		}
		written := e.Bytes()
		if !json.Valid(written) {
			t.Fatalf("%s was written as %s", body, written)
		}
		again, err := ocpi.ParseEnvelope(written)
		if diff := cmp.Diff(e, again); err != nil || diff != "" {
			t.Fatalf("%s: %v\n%s", body, err, diff)
		}
	})
}

func ExampleEnvelope_Bytes() {
	e := ocpi.NewEnvelope(ocpi.StatusUnknownReceiver, "no such party", time.Date(2015, 6, 30, 21, 59, 59, 0, time.UTC))
	fmt.Println(string(e.Bytes()))
	// Output: {"status_code":4001,"status_message":"no such party","timestamp":"2015-06-30T21:59:59Z"}
}

// BenchmarkParseEnvelope is what it costs to look at each answer of a receiver.
func BenchmarkParseEnvelope(b *testing.B) {
	body := []byte(`{"data":{"uid":"012345678","type":"RFID","contract_id":"DE8ACC12E46L89","valid":true},"status_code":1000,"timestamp":"2015-06-30T21:59:59Z"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ocpi.ParseEnvelope(body); err != nil {
			b.Fatal(err)
		}
	}
}

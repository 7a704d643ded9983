package ocpi_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestWhatNamesADriverIsMaskedInBodies(t *testing.T) {
	for _, c := range []struct {
		name   string
		bodies ocpi.Bodies
		want   string // request, answer
	}{
		{
			"a token",
			ocpi.Bodies{
				Module: ocpi.Tokens, Side: ocpi.Receiver, Path: "NL/TNM/04A2B3",
				Request: []byte(`{"country_code":"NL","uid":"04A2B3","type":"RFID","contract_id":"NL-TNM-C1","visual_number":"77","issuer":"TNM","group_id":null,"valid":true,"energy_contract":{"supplier_name":"S","contract_id":"9"}}`),
				Answer:  []byte(`{"status_code":2001,"status_message":"token 04a2b3 of NL-TNM-C1 is not known"}`),
			},
			`{"country_code":"NL","uid":"***","type":"RFID","contract_id":"***","visual_number":"***","issuer":"***","group_id":null,"valid":true,"energy_contract":{"supplier_name":"S","contract_id":"***"}}` +
				` {"status_code":2001,"status_message":"***"}`,
		},
		{
			"an answer that repeats what the path names",
			ocpi.Bodies{
				Module: ocpi.Tokens, Side: ocpi.Sender, Path: "04%20A2B3/authorize",
				Answer: []byte(`{"data":{"allowed":"BLOCKED","info":{"text":"04 A2B3"}},"x":[1.10,"04%20A2B3"]}`),
			},
			` {"data":{"allowed":"BLOCKED","info":{"text":"***"}},"x":[1.10,"***"]}`,
		},
		{
			"a command",
			ocpi.Bodies{Module: ocpi.Commands, Request: []byte(`{"response_url":"https://e.example/1","token":{"uid":"0123","type":"RFID","contract_id":"C"},"location_id":"L1","evse_uid":"E1"}`)},
			`{"response_url":"***","token":{"uid":"***","type":"RFID","contract_id":"***"},"location_id":"L1","evse_uid":"E1"} `,
		},
		{
			"a CDR",
			ocpi.Bodies{Module: ocpi.CDRs, Request: []byte(`{"id":"C1","cdr_token":{"uid":123456,"contract_id":"C"},"authorization_reference":"R1","signed_data":{"public_key":"k","values":["123"]},"total_cost":{"excl_vat":4.00}}`)},
			`{"id":"C1","cdr_token":{"uid":"***","contract_id":"***"},"authorization_reference":"R1","signed_data":"***","total_cost":{"excl_vat":4.00}} `,
		},
		{
			"a location keeps the uids of its EVSEs",
			ocpi.Bodies{Module: ocpi.Locations, Request: []byte(`{"id":"L1","evses":[{"uid":"3256","status":"AVAILABLE"}]}`)},
			`{"id":"L1","evses":[{"uid":"3256","status":"AVAILABLE"}]} `,
		},
		{
			"a booking",
			ocpi.Bodies{Module: ocpi.Bookings, Request: []byte(`{"id":"B1","booking_tokens":[{"uid":"0123","contract_id":"C"}],"access_information":[{"method":"LICENSE_PLATE","value":"AB12CD"}],"location_id":"L1"}`)},
			`{"id":"B1","booking_tokens":[{"uid":"***","contract_id":"***"}],"access_information":"***","location_id":"L1"} `,
		},
		{
			"what a card terminal tells of a payment",
			ocpi.Bodies{Module: ocpi.Payments, Request: []byte(`{"id":"F1","authorization_reference":"R1","eft_data":["card 1234","Visa"],"currency":"EUR"}`)},
			`{"id":"F1","authorization_reference":"R1","eft_data":["***","***"],"currency":"EUR"} `,
		},
		{
			"other spellings",
			ocpi.Bodies{Module: ocpi.Sessions, Request: []byte(`{"contractId":"x","License-Plate":"AB12CD","Auth_ID":"y","driver":{"name":"N"},"tokens":["a","b"],"note":"plate ab12cd"}`)},
			`{"contractId":"***","License-Plate":"***","Auth_ID":"***","driver":"***","tokens":["***","***"],"note":"***"} `,
		},
		{
			"what is cut off",
			ocpi.Bodies{Module: ocpi.Sessions, Request: []byte(`{"id":"S1","a":[{"b":1},{"cdr_tok`), Answer: []byte(`[1,2`)},
			`{"id":"S1","a":[{"b":1},{}]} (cut) [1,2] (cut)`,
		},
		{"no JSON", ocpi.Bodies{Module: ocpi.Sessions, Request: []byte(`<html>04A2B3</html>`), Answer: []byte(`"04A2B3"`)}, ` `},
		{"two values", ocpi.Bodies{Module: ocpi.Sessions, Request: []byte(`{} {"a":1}`)}, `{} (cut) `},
		{"credentials", ocpi.Bodies{Module: ocpi.Credentials, Request: []byte(`{"token":"SECRET"}`), Answer: []byte(`{}`)}, ` `},
		{"a custom module", ocpi.Bodies{Module: "nltnm-parking", Request: []byte(`{"id":"1"}`)}, ` `},
	} {
		t.Run(c.name, func(t *testing.T) {
			request, answer := c.bodies.Mask()
			if got := show(request) + " " + show(answer); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func show(b ocpi.MaskedBody) string {
	if b.Cut {
		return string(b.JSON) + " (cut)"
	}
	return string(b.JSON)
}

func TestBodiesHideFromLogs(t *testing.T) {
	type record struct{ Bodies ocpi.Bodies }
	r := record{ocpi.Bodies{Path: "SECRET", Request: []byte("SECRET")}}
	var out strings.Builder
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "bodies", r.Bodies)
	if all := out.String() + fmt.Sprintf("%v %+v %s", r, r, r.Bodies); strings.Contains(all, "SECRET") {
		t.Error(all)
	}
}

func FuzzMaskedBodiesAreJSONWithoutSecrets(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"uid":"x"}]}`), "04A2B3C4", uint(50), true)
	f.Add([]byte(`{"contract_id":{"a":"\ud800"},"x":`), "ÄÖ\u2028Ü", uint(9), false)
	f.Add([]byte(`[[[[{"token":[[{}]]}`), "plain", uint(1000), true)
	f.Fuzz(func(t *testing.T, other []byte, secret string, cut uint, inPath bool) {
		quoted, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(quoted, &secret); err != nil { // as it is after JSON
			t.Fatal(err)
		}
		request := fmt.Sprintf(`{"uid":%s,"text":%s,"x":%s,%s:1}`, quoted, quoted, other, quoted)
		b := ocpi.Bodies{
			Module: ocpi.Tokens, Side: ocpi.Sender, Request: []byte(request)[:min(uint(len(request)), cut)],
			Answer: fmt.Appendf(nil, `{"status_message":%s,"data":[%s]}`, quoted, quoted),
		}
		if inPath {
			b.Path, b.Request = url.PathEscape(secret), other
		} else if uint(len(quoted))+8 > cut {
			b.Answer = nil // the request does not tell the secret
		}
		for _, masked := range []func() ocpi.MaskedBody{
			func() ocpi.MaskedBody { m, _ := b.Mask(); return m }, func() ocpi.MaskedBody { _, m := b.Mask(); return m },
		} {
			m := masked()
			if len(m.JSON) == 0 {
				continue
			}
			var v any
			if err := json.Unmarshal(m.JSON, &v); err != nil {
				t.Fatalf("%q is masked as %q: %v", b.Request, m.JSON, err)
			}
			if long := strings.TrimSpace(secret); len(long) >= 4 && long != ocpi.Masked && inStrings(v, strings.ToLower(long)) {
				t.Fatalf("%q and %q are masked as %s", b.Request, b.Answer, m.JSON)
			}
		}
	})
}

// inStrings says whether a text is in any string of a JSON value.
func inStrings(v any, text string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(strings.ToLower(v), text)
	case []any:
		for _, e := range v {
			if inStrings(e, text) {
				return true
			}
		}
	case map[string]any:
		for name, e := range v {
			if strings.Contains(strings.ToLower(name), text) || inStrings(e, text) {
				return true
			}
		}
	}
	return false
}

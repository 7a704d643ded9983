package ocpi_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestASoundObjectHasNoFindings(t *testing.T) {
	if got := ocpi.CheckObject(ocpi.V221, "Location", aLocation(3), false); got != nil {
		t.Errorf("findings %v", got)
	}
	if got := ocpi.CheckObject(ocpi.V221, "NoSuchClass", []byte(`{"a":1}`), false); got != nil {
		t.Errorf("findings %v in a class that nobody knows", got)
	}
}

func TestEveryStructuralFaultIsNamedByItsPointer(t *testing.T) {
	whole := string(aLocation(2))
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"missing":               {`"city":"Gent",`, ``, []string{"/city is required"}},
		"missing deep":          {`"longitude":"3.729944"`, `"x":1`, []string{"/coordinates/longitude is required"}},
		"null for required":     {`"city":"Gent"`, `"city":null`, []string{"/city is required and may not be null"}},
		"null for an object":    {`{"latitude":"51.047599","longitude":"3.729944"}`, `null`, []string{"/coordinates is required and may not be null"}},
		"number for string":     {`"postal_code":"9000"`, `"postal_code":9000`, []string{"/postal_code must be a string"}},
		"string for boolean":    {`"publish":true`, `"publish":"true"`, []string{"/publish must be true or false"}},
		"object for string":     {`"name":"Gent Zuid"`, `"name":{}`, []string{"/name must be a string"}},
		"string for object":     {`{"name":"BeCharged"}`, `"BeCharged"`, []string{"/operator must be an object"}},
		"list for object":       {`{"name":"BeCharged"}`, `[{"name":"BeCharged"}]`, []string{"/operator must be an object"}},
		"string for list":       {`["RESERVABLE"]`, `"RESERVABLE"`, []string{"/evses/0/capabilities must be a list"}},
		"number in a list":      {`["RESERVABLE"]`, `["A",1,null]`, []string{"/evses/0/capabilities/1 must be a string", "/evses/0/capabilities/2 must be a string"}},
		"string for int":        {`"max_voltage":220`, `"max_voltage":"high"`, []string{"/evses/0/connectors/0/max_voltage must be a whole number"}},
		"fraction for int":      {`"max_amperage":16`, `"max_amperage":16.5`, []string{"/evses/0/connectors/0/max_amperage must be a whole number"}},
		"boolean for enum":      {`"format":"CABLE"`, `"format":true`, []string{"/evses/0/connectors/0/format must be a string"}},
		"number for date":       {`"2015-03-16T10:10:02Z"`, `1426500602`, []string{"/evses/0/connectors/0/last_updated must be a string"}},
		"element is no object":  {`"evses":[`, `"evses":[null,`, []string{"/evses/0 must be an object"}},
		"several":               {`"city":"Gent","postal_code":"9000",`, `"postal_code":1,`, []string{"/postal_code must be a string", "/city is required"}},
		"empty element of list": {`"evses":[`, `"evses":[{},`, []string{"/evses/0/uid is required", "/evses/0/status is required", "/evses/0/connectors is required", "/evses/0/last_updated is required"}},
	} {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(whole, c.old, c.new, 1)
			if broken == whole {
				t.Fatal("nothing was broken")
			}
			if diff := cmp.Diff(c.want, findings("Location", broken, false)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestABodyThatIsNoObjectIsAFinding(t *testing.T) {
	for _, body := range []string{`[]`, `"x"`, `null`, `1`, `true`, ``, ` `} {
		if diff := cmp.Diff([]string{" must be an object"}, findings("Token", body, false)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", body, diff)
		}
	}
}

func TestH205_NullEmptyAndAbsentAreTheSameWhereNothingIsRequired(t *testing.T) {
	connector := `{"id":"1","standard":"CHADEMO","format":"CABLE","power_type":"DC","max_voltage":1,"max_amperage":1,"last_updated":"2015-03-16T10:10:02Z"%s}`
	for _, extra := range []string{``, `,"max_electric_power":null`, `,"tariff_ids":null`, `,"tariff_ids":[]`, `,"terms_and_conditions":null`} {
		if got := findings("Connector", fmt.Sprintf(connector, extra), false); got != nil {
			t.Errorf("%s: %v", extra, got)
		}
	}
	evse := `{"uid":"1","status":"AVAILABLE","last_updated":"2015-03-16T10:10:02Z"%s}`
	for extra, want := range map[string]string{
		``:                    "/connectors is required",
		`,"connectors":null`:  "/connectors is required and may not be null",
		`,"connectors":[]`:    "/connectors needs at least one element",
		`,"connectors":[ \n]`: "/connectors needs at least one element",
	} {
		got := findings("EVSE", fmt.Sprintf(evse, strings.ReplaceAll(extra, `\n`, "\n")), false)
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", extra, diff)
		}
	}
}

func TestARemovedEVSEMayLackItsConnectors(t *testing.T) {
	for _, extra := range []string{``, `,"connectors":null`, `,"connectors":[]`} {
		body := `{"uid":"1","status":"REMOVED","last_updated":"2015-03-16T10:10:02Z"` + extra + `}`
		if got := findings("EVSE", body, false); got != nil {
			t.Errorf("%s: %v", extra, got)
		}
	}
	if got := findings("EVSE", `{"uid":"1","status":"REMOVED"}`, false); !slices.Equal(got, []string{"/last_updated is required"}) {
		t.Errorf("a removed EVSE needs all else: %v", got)
	}
}

func TestH141_APatchNeedsLastUpdatedAndNothingElse(t *testing.T) {
	const stamp = `"last_updated":"2015-03-16T10:10:02Z"`
	for _, class := range []string{"Location", "EVSE", "Connector", "Session", "Token"} {
		if got := findings(class, `{`+stamp+`}`, true); got != nil {
			t.Errorf("%s: %v", class, got)
		}
		if diff := cmp.Diff([]string{"/last_updated is required"}, findings(class, `{}`, true)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", class, diff)
		}
	}
	for body, want := range map[string][]string{
		`{"name":null,"evses":null,"images":[],` + stamp + `}`: nil,
		`{"city":null,` + stamp + `}`:                          {"/city is required and may not be null"},
		`{"publish":1,` + stamp + `}`:                          {"/publish must be true or false"},
		`{"coordinates":{"latitude":"1"},` + stamp + `}`:       {"/coordinates/longitude is required"},
		`{"last_updated":null}`:                                {"/last_updated is required and may not be null"},
	} {
		if diff := cmp.Diff(want, findings("Location", body, true)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", body, diff)
		}
	}
}

func TestWhatDoesNotBreakTheStructurePasses(t *testing.T) {
	whole := string(aLocation(1))
	for name, change := range map[string][2]string{
		"H-077 a field that nobody knows":  {`"city":`, `"foo":{"bar":[1]},"city":`},
		"H-078 an enum value out of list":  {`"IEC_62196_T2"`, `"FOO"`},
		"H-206 a long address":             {`F.Rooseveltlaan 3A`, strings.Repeat("x", 200)},
		"H-208 a number within quotes":     {`"max_voltage":220`, `"max_voltage":"220"`},
		"a whole number with a fraction":   {`"max_voltage":220`, `"max_voltage":220.0`},
		"a whole number with an exponent":  {`"max_voltage":220`, `"max_voltage":2.2E2`},
		"a DateTime of another form":       {`"2015-06-29T20:39:09Z"`, `"2015-06-29 20:39:09.123456+00:00"`},
		"names with escapes":               {`"city"`, `"\u0063ity"`},
		"H-077 a name that is only longer": {`"city":`, `"cit":1,"cityy":2,"":3,"city":`},
		"white space everywhere":           {`"city":"Gent",`, "\n\t\"city\" : \"Gent\"\r\n, "},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(whole, change[0], change[1], 1)
			if body == whole {
				t.Fatal("nothing was changed")
			}
			if got := findings("Location", body, false); got != nil {
				t.Error(got)
			}
		})
	}
}

func TestH208_NumbersAreNumbersOrHoldOne(t *testing.T) {
	for value, want := range map[string]bool{
		`1.10`: true, `-1`: true, `1e3`: true, `"1.10"`: true, `"-1"`: true, `123456789012345678901234.5`: true,
		`"x"`: false, `""`: false, `"NaN"`: false, `"Infinity"`: false, `"0x10"`: false, `"1_000"`: false,
		`true`: false, `{}`: false, `[1]`: false,
	} {
		got := findings("CdrDimension", `{"type":"ENERGY","volume":`+value+`}`, false)
		if sound := len(got) == 0; sound != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}

func TestH151_AMissingIdMayBeNA(t *testing.T) {
	session := `{"country_code":"NL","party_id":"TNM","id":"1","start_date_time":"2020-03-09T10:17:09Z","kwh":0,` +
		`"cdr_token":{"country_code":"NL","party_id":"TNM","uid":"1","type":"RFID","contract_id":"1"},"auth_method":"WHITELIST",` +
		`"location_id":"LOC1","evse_uid":"#NA","connector_id":"#NA","currency":"EUR","status":"RESERVATION","last_updated":"2020-03-09T10:17:09Z"}`
	if got := findings("Session", session, false); got != nil {
		t.Error(got)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	body := `{"evses":[` + strings.Repeat("1,", 5000) + `1]}`
	if got := ocpi.CheckObject(ocpi.V221, "Location", []byte(body), false); len(got) != 100 {
		t.Errorf("%d findings", len(got))
	}
}

func TestFindingsHoldNoValues(t *testing.T) {
	for _, f := range findings("Credentials", `{"token":{"s3cret":"s3cret"},"url":5,"roles":["s3cret"]}`, false) {
		if strings.Contains(f, "s3cret") {
			t.Errorf("finding %q holds a value", f)
		}
	}
}

func TestLastUpdatedIsReadLeniently(t *testing.T) {
	want := time.Date(2015, 6, 29, 20, 39, 9, 0, time.UTC)
	for _, value := range []string{"2015-06-29T20:39:09Z", "2015-06-29T20:39:09", "2015-06-29 20:39:09+00:00", "2015-06-29T22:39:09.000+02:00"} {
		object := `{"nested":{"last_updated":"2001-01-01T00:00:00Z"},"last_updated":` + strconv.Quote(value) + `}`
		if got, ok := ocpi.LastUpdated([]byte(object)); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %v, %v", value, got, ok)
		}
	}
	for _, object := range []string{``, `{}`, `[]`, `{"last_updated":null}`, `{"last_updated":"soon"}`, `{"last_updated":5}`, `{"a":{"last_updated":"2015-06-29T20:39:09Z"}}`} {
		if got, ok := ocpi.LastUpdated([]byte(object)); ok || !got.IsZero() {
			t.Errorf("%s: %v, %v", object, got, ok)
		}
	}
}

func FuzzCheckObject(f *testing.F) {
	f.Add("Location", aLocation(1), false)
	f.Add("EVSE", []byte(`{"status":"REMOVED"}`), true)
	f.Add("Token", []byte(`{"uid":1,"type":[}`), false)
	f.Fuzz(func(t *testing.T, class string, body []byte, partial bool) {
		for _, v := range ocpi.KnownVersions() {
			for _, found := range ocpi.CheckObject(v, class, body, partial) {
				if found.Problem == "" || found.Pointer != "" && found.Pointer[0] != '/' {
					t.Fatalf("finding %+v", found)
				}
			}
		}
	})
}

func ExampleCheckObject() {
	body := []byte(`{"uid":"3256","status":"AVAILABLE","connectors":[{"id":1}],"last_updated":"2015-06-28T08:12:01Z"}`)
	for _, f := range ocpi.CheckObject(ocpi.V221, "EVSE", body, false)[:2] {
		fmt.Println(f.Pointer, f.Problem)
	}
	// Output:
	// /connectors/0/id must be a string
	// /connectors/0/standard is required
}

func findings(class, body string, partial bool) []string {
	return findingsOf(ocpi.V221, class, body, partial)
}

func findingsOf(v ocpi.Version, class, body string, partial bool) []string {
	var out []string
	for _, f := range ocpi.CheckObject(v, class, []byte(body), partial) {
		out = append(out, f.Pointer+" "+f.Problem)
	}
	return out
}

package ocpi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestAListIsAskedForWithDatesOffsetAndLimit(t *testing.T) {
	day := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for query, want := range map[string]ocpi.PageRequest{
		"":                                      {},
		"offset=&limit=&date_from=&date_to=":    {},
		"offset=1&limit=2":                      {Offset: 1, Limit: 2},
		"limit=0":                               {},
		"limit=%2010%20":                        {Limit: 10},
		"cursor=NL.TNM.x":                       {Cursor: "NL.TNM.x"},
		"unknown=1&limit=5":                     {Limit: 5},
		"date_from=2024-05-06T07:08:09Z":        {From: day},
		"date_to=2024-05-06T07:08:09":           {To: day},
		"date_from=2024-05-06T07:08:09%2B00:00": {From: day},
		"date_from=2024-05-06T07:08:09+00:00":   {From: day},
		"date_from=2024-05-06T09:08:09+02:00":   {From: day},
		"date_from=2024-05-06+07:08:09+00:00":   {From: day},
		"date_from=2024-05-06+07:08:09":         {From: day},
		"date_from=2024-05-06T05:08:09-02:00":   {From: day},
		"date_from=2024-05-06T07:08:09.25Z":     {From: day.Add(250 * time.Millisecond)},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ocpi.ParsePageRequest(values)
		if err != nil {
			t.Errorf("%s: %v", query, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", query, diff)
		}
	}
}

func TestABadParameterIsNamed(t *testing.T) {
	for query, name := range map[string]string{
		"limit=-1":                          "limit",
		"limit=ten":                         "limit",
		"limit=1.5":                         "limit",
		"limit=99999999999999999999":        "limit",
		"offset=-5":                         "offset",
		"offset=0x10":                       "offset",
		"date_from=yesterday":               "date_from",
		"date_from=2024-13-01T00:00:00Z":    "date_from",
		"date_to=2024-05-06":                "date_to",
		"date_to=1715000000":                "date_to",
		"limit=" + strings.Repeat("x", 999): "limit",
	} {
		values, _ := url.ParseQuery(query)
		got, err := ocpi.ParsePageRequest(values)
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%.40s: %v, want an error that names %s", query, err, name)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%.40s: the error repeats %d characters", query, len(err.Error()))
		}
		if got != (ocpi.PageRequest{}) {
			t.Errorf("%.40s: got %+v beside the error", query, got)
		}
	}
}

func TestH130_TheNextPageIsFoundInWhateverLinkHeader(t *testing.T) {
	const page = "https://hub.example/ocpi/locations?offset=50&limit=50"
	for _, header := range [][]string{
		{`<` + page + `>; rel="next"`},
		{`<` + page + `>; rel=next`},
		{`<` + page + `>;rel='next'`},
		{`< ` + page + ` > ; REL = "NEXT"`},
		{`<` + page + `>; rel="last next"`},
		{`<` + page + `>; title="a, b; rel=prev"; rel="next"`},
		{`<https://hub.example/first>; rel="first", <` + page + `>; rel="next", <https://hub.example/last>; rel="last"`},
		{`<https://hub.example/first>; rel="first"`, `<` + page + `>; rel="next"`},
		{``, `<>; rel="next"`, `<` + page + `>; rel="next"`},
		{`nonsense, <` + page + `>; rel="next"`},
	} {
		if got, ok := ocpi.ParseLinkNext(header); !ok || got != page {
			t.Errorf("ParseLinkNext(%q) = %q, %v", header, got, ok)
		}
	}
	for _, target := range []string{"/x?offset=1", "?offset=1", "x?a=1,2;3"} {
		if got, ok := ocpi.ParseLinkNext([]string{"<" + target + ">; rel=next"}); !ok || got != target {
			t.Errorf("relative link %q read as %q, %v", target, got, ok)
		}
	}
}

func TestALinkHeaderWithoutNextPageIsTheLastPage(t *testing.T) {
	for _, header := range [][]string{
		nil,
		{},
		{""},
		{" ", ","},
		{`<>; rel="next"`},
		{`< >; rel="next"`},
		{`<https://hub.example/x>`},
		{`<https://hub.example/x>; rel="prev"`},
		{`<https://hub.example/x>; rel="nextish"`},
		{`<https://hub.example/x>; rel="prev"; rel="next"`},
		{`<https://hub.example/x>; title="; rel=next"`},
		{`https://hub.example/x; rel="next"`},
		{`<https://hub.example/x; rel="next"`},
		{`null`},
		{`<https://hub.example/x>; rel`},
		{`<https://hub.example/x>; rel="`},
	} {
		if got, ok := ocpi.ParseLinkNext(header); ok {
			t.Errorf("ParseLinkNext(%q) = %q, want none", header, got)
		}
	}
}

func FuzzParseLinkNext(f *testing.F) {
	for _, seed := range []string{`<https://a/b?c=d>; rel="next"`, `<a>; rel=prev, <b>; rel="x next"`, `<>;`, `"<`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		target, ok := ocpi.ParseLinkNext([]string{header})
		if !ok {
			return
		}
		if target == "" || !strings.Contains(header, target) {
			t.Fatalf("%q gave the target %q", header, target)
		}
		if again, ok := ocpi.ParseLinkNext([]string{ocpi.FormatLinkNext(target)}); !ok || again != target {
			t.Fatalf("%q written and read again is %q, %v", target, again, ok)
		}
	})
}

func ExampleFormatLinkNext() {
	fmt.Println(ocpi.FormatLinkNext("https://hub.example/ocpi/2.2.1/sender/locations?offset=150&limit=50"))
	// Output: <https://hub.example/ocpi/2.2.1/sender/locations?offset=150&limit=50>; rel="next"
}

func ExampleParsePageRequest() {
	query, _ := url.ParseQuery("date_from=2024-05-06T07:08:09Z&limit=50")
	page, err := ocpi.ParsePageRequest(query)
	fmt.Println(page.From, page.Limit, err)
	// Output: 2024-05-06 07:08:09 +0000 UTC 50 <nil>
}

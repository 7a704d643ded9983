package ocpi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestAPartyIsReadFromItsWrittenForm(t *testing.T) {
	for text, want := range map[string]ocpi.PartyID{
		"DE*ABC":        {Country: "DE", ID: "ABC"},
		"de*abc":        {Country: "DE", ID: "ABC"},
		"NL*1":          {Country: "NL", ID: "1"},
		"FR*1234567890": {Country: "FR", ID: "1234567890"},
		"BE*NUMO001T":   {Country: "BE", ID: "NUMO001T"},
	} {
		got, err := ocpi.ParsePartyID(text)
		if err != nil || got != want {
			t.Errorf("ParsePartyID(%q) = %v, %v", text, got, err)
		}
		if again, err := ocpi.ParsePartyID(got.String()); err != nil || again != got {
			t.Errorf("%v does not survive its written form: %v, %v", got, again, err)
		}
	}
	for _, text := range []string{
		"", "*", "DE", "DEABC", "DE*", "*ABC", "D*ABC", "DEU*ABC", "DE*A*C", "DE*A C", " DE*ABC", "DE*ABC\n", "DE*ÄBC", "D-*ABC",
		"DE*" + strings.Repeat("A", 16),
	} {
		if got, err := ocpi.ParsePartyID(text); err == nil || !got.IsZero() {
			t.Errorf("ParsePartyID(%q) = %v, want an error", text, got)
		}
	}
}

func TestPartiesCompareWithoutRegardToCase(t *testing.T) {
	if ocpi.NewPartyID("nl", "tNm") != ocpi.NewPartyID("NL", "TNM") {
		t.Error("nl*tNm is not NL*TNM")
	}
	if ocpi.NewPartyID("NL", "TNM") == ocpi.NewPartyID("NL", "TNX") {
		t.Error("NL*TNM is NL*TNX")
	}
	if !(ocpi.PartyID{}).IsZero() || ocpi.NewPartyID("NL", "").IsZero() || (ocpi.PartyID{}).Valid() {
		t.Error("the zero party names somebody")
	}
}

func FuzzParsePartyID(f *testing.F) {
	for _, seed := range []string{"DE*ABC", "nl*tnm", "*", "DE*ſſſ", "DE*A*B"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ocpi.ParsePartyID(text)
		if err != nil {
			return
		}
		if !p.Valid() || !strings.EqualFold(p.String(), text) {
			t.Fatalf("%q read as %v", text, p)
		}
	})
}

func ExampleParsePartyID() {
	party, err := ocpi.ParsePartyID("de*abc")
	fmt.Println(party, err)
	// Output: DE*ABC <nil>
}

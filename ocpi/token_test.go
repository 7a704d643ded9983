package ocpi_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestAnAuthorizationHeaderIsReadInEitherSpelling(t *testing.T) {
	for _, c := range []struct {
		name   string
		header string
		want   []string
	}{
		{"H-003 raw", "Token abc-1", []string{"abc-1"}},
		{"H-003 Base64", "Token " + b64("abc-1"), []string{b64("abc-1"), "abc-1"}},
		{"H-005 a raw token that is Base64 too", "Token YWJj", []string{"YWJj", "abc"}},
		{"H-005 a Base64 token of such", "Token " + b64("YWJj"), []string{b64("YWJj"), "YWJj"}},
		{"H-004 an encoded line feed is dropped", "Token " + b64("example-token\n"), []string{b64("example-token\n"), "example-token"}},
		{"H-004 encoded white space is dropped", "Token " + b64(" tok\r\n"), []string{b64(" tok\r\n"), "tok"}},
		{"padding left out", "Token " + strings.TrimRight(b64("abc-1"), "="), []string{"YWJjLTE", "abc-1"}},
		{"the scheme in any case", "token abc-1", []string{"abc-1"}},
		{"blanks around", "  Token   abc-1 ", []string{"abc-1"}},
		{"bytes that are no text are not decoded", "Token " + b64("\x00\xff\x01"), []string{b64("\x00\xff\x01")}},
		{"an encoded blank inside is not decoded", "Token " + b64("a b"), []string{b64("a b")}},
		{"64 characters in Base64", "Token " + b64(strings.Repeat("x", 64)), []string{b64(strings.Repeat("x", 64)), strings.Repeat("x", 64)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ocpi.ParseAuthorization(c.header)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAHeaderThatIsNoTokenHoldsNone(t *testing.T) {
	for _, header := range []string{
		"", "Token", "Token ", "Token    ", "Bearer abc", "Basic " + b64("a:b"), "abc-1", "Tokenabc", "Token\t", "Token " + strings.Repeat("x", 2000),
	} {
		if got := ocpi.ParseAuthorization(header); got != nil {
			t.Errorf("%.40q holds %q", header, got)
		}
	}
}

func TestAnAuthorizationHeaderIsWrittenAsThePlatformWants(t *testing.T) {
	t.Run("H-001 H-002 Base64 with padding after one blank", func(t *testing.T) {
		if got := ocpi.FormatAuthorization("abc-1", ocpi.TokenBase64); got != "Token YWJjLTE=" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("H-003 raw where wanted", func(t *testing.T) {
		if got := ocpi.FormatAuthorization("abc-1", ocpi.TokenRaw); got != "Token abc-1" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("H-002 Base64 unless told otherwise", func(t *testing.T) {
		if got := ocpi.FormatAuthorization("abc-1", ""); got != "Token YWJjLTE=" {
			t.Errorf("got %q", got)
		}
	})
}

func TestATokenIsPrintableASCIIWithoutBlanks(t *testing.T) {
	for token, want := range map[string]bool{
		"!": true, "~": true, "abc-1": true, "": false, "a b": false, "a\n": false, "é": false, "a\x7f": false, "\x00": false,
	} {
		if got := ocpi.ValidToken(token); got != want {
			t.Errorf("ValidToken(%q) = %v", token, got)
		}
	}
}

func FuzzParseAuthorization(f *testing.F) {
	for _, seed := range []string{"abc-1", "YWJj", "~!", "=", "a=="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		ocpi.ParseAuthorization(token)
		if !ocpi.ValidToken(token) || len(token) > 700 {
			return
		}
		for _, encoding := range []ocpi.TokenEncoding{ocpi.TokenBase64, ocpi.TokenRaw} {
			header := ocpi.FormatAuthorization(token, encoding)
			if got := ocpi.ParseAuthorization(header); !slices.Contains(got, token) {
				t.Fatalf("%q written as %q is read as %q", token, header, got)
			}
		}
	})
}

func ExampleFormatAuthorization() {
	fmt.Println(ocpi.FormatAuthorization("example-token", ocpi.TokenBase64))
	// Output: Token ZXhhbXBsZS10b2tlbg==
}

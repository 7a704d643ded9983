package front

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestThePlaceOfAPathIsItsModuleOrItsBeginning(t *testing.T) {
	for _, c := range []struct {
		path   string
		module ocpi.ModuleID
		side   ocpi.Interface
		below  string
	}{
		{"ocpi/2.2.1/receiver/tokens/NL/TNM/012", ocpi.Tokens, ocpi.Receiver, "NL/TNM/012"},
		{"ocpi/2.2.1/locations/DE/ABC", ocpi.Locations, "", "DE/ABC"},
		{"ocpi/2.2.1/credentials", ocpi.Credentials, "", ""},
		{"ocpi/versions", ocpi.Versions, "", ""},
		{"ocpi/2.2.1", ocpi.Versions, "", ""},
		{"ocpi/2.2.1/receiver", "", "", "/ocpi/2.2.1/receiver"},
		{"ocpi/2.1.1/emsp/tokens/012/authorize", ocpi.Tokens, ocpi.Sender, "012/authorize"},
		{"ocpi/2.1.1/cpo/tokens/NL/TNM/012", ocpi.Tokens, ocpi.Receiver, "NL/TNM/012"},
		{"ocpi/2.1.1/cpo/credentials", ocpi.Credentials, "", ""},
		{"ocpi/2.1.1/cpo", ocpi.Versions, "", ""},
		{"ocpi/2.1.1/emsp/Tokens/abc/def", "", "", "/ocpi/2.1.1/emsp/Tokens/***"},
		{"ocpi/2.1.1/EMSP/tokens/abc", "", "", "/ocpi/2.1.1/EMSP/***"},
		{"ocpi/2.2.1/emsp/tokens/abc", "", "", "/ocpi/2.2.1/emsp/***"},
		{"ocpi/2.2.1/sender/Tokens/abc/def", "", "", "/ocpi/2.2.1/sender/Tokens/***"},
		{"ocpi/2.2.1/token/abc/def", "", "", "/ocpi/2.2.1/token/***"},
		{"ocpi/cpo/2.2/0123456789", "", "", "/ocpi/cpo/2.2/***"},
		{"04A2B3", "", "", "/***"},
		{"", "", "", "/"},
	} {
		if module, side, below := place(strings.Split(c.path, "/")); module != c.module || side != c.side || below != c.below {
			t.Errorf("%s is %q, %q, %q", c.path, module, side, below)
		}
	}
}

func FuzzAPathThatIsNotThereShowsWordsOnly(f *testing.F) {
	for _, path := range []string{"ocpi/2.2.1/sender/Tokens/abc", "a%2Fb/..//\x00", "/", "ocpi/2.2.1/receiver/tokens/NL/TNM/012", "ocpi/2.1.1/emsp/x/y", "ocpi/2.1.1/cpo"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		module, _, shown := place(strings.Split(path, "/"))
		if module != "" {
			return
		}
		words := strings.Split(strings.TrimPrefix(shown, "/"), "/")
		for _, word := range words {
			if word != ocpi.Masked && !isWord(word) {
				t.Errorf("%q is shown as %q", path, shown)
			}
		}
		if len(words) > 5 || len(shown) > 120 {
			t.Errorf("%q is shown as %q", path, shown)
		}
	})
}

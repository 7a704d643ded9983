package admin_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ocpihub/ocpihub/hub/admin"
)

func TestTheTokenIsMadeOnceAndForTheOwnerOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "admin.token")
	first, err := admin.LoadToken(file)
	if err != nil || len(first) < 40 {
		t.Fatalf("got token %q, %v", first, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %o, want 600", info.Mode().Perm())
	}
	if again, err := admin.LoadToken(file); err != nil || again != first {
		t.Errorf("got another token at the second start (%v)", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("there are %d files, want only the token", len(left))
	}
}

func TestStartsAtTheSameTimeAgreeOnTheToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "admin.token")
	var tokens [8]string
	var wg sync.WaitGroup
	for i := range tokens {
		wg.Go(func() { tokens[i], _ = admin.LoadToken(file) })
	}
	wg.Wait()
	for _, token := range tokens {
		if token == "" || token != tokens[0] {
			t.Fatalf("got %q", tokens)
		}
	}
}

func TestATokenOfTheOperatorsOwnIsTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "admin.token")
	if err := os.WriteFile(file, []byte("my-own-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if token, err := admin.LoadToken(file); err != nil || token != "my-own-token" {
		t.Errorf("got %q, %v", token, err)
	}
}

func TestAFileWithoutATokenIsRefused(t *testing.T) {
	for _, content := range []string{"", "\n", "two words", "a\nb"} {
		file := filepath.Join(t.TempDir(), "admin.token")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.LoadToken(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: got %v, want the file named", content, err)
		}
	}
}

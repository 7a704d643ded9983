package parties_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/parties"
)

func TestWhatWasSealedOpensWithTheSameKeyOnly(t *testing.T) {
	s := newSealer(t)
	sealed, err := s.Seal(tokenB)
	noError(t, err)
	if bytes.Contains(sealed, []byte(tokenB)) {
		t.Error("the token is readable")
	}
	if token, err := s.Open(sealed); token != tokenB || err != nil {
		t.Errorf("got %q, %v", token, err)
	}
	again, err := s.Seal(tokenB)
	noError(t, err)
	if bytes.Equal(sealed, again) {
		t.Error("the same token is sealed to the same bytes")
	}
	other, err := parties.NewSealer(bytes.Repeat([]byte{7}, 32))
	noError(t, err)
	if _, err := other.Open(sealed); err == nil {
		t.Error("another key opens it")
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := s.Open(altered); err == nil {
			t.Errorf("byte %d may be altered", i)
		}
	}
	if _, err := s.Open(nil); err == nil {
		t.Error("nothing opens")
	}
}

func TestAKeyHas32Bytes(t *testing.T) {
	if _, err := parties.NewSealer(make([]byte, 16)); err == nil {
		t.Error("a short key is taken")
	}
}

func TestTheKeyFileIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "seal.key")
	first, err := parties.OpenKeyFile(path)
	noError(t, err)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	sealed, err := first.Seal(tokenB)
	noError(t, err)
	second, err := parties.OpenKeyFile(path)
	noError(t, err)
	if token, err := second.Open(sealed); token != tokenB || err != nil {
		t.Errorf("after reopening: %q, %v", token, err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are there", len(files))
	}
}

func TestABadKeyFileIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	for _, text := range []string{"", "zz", strings.Repeat("a", 62)} {
		noError(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := parties.OpenKeyFile(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if _, err := parties.OpenKeyFile(filepath.Join(path, "below")); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

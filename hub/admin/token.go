package admin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

// LoadToken reads the token of the admin API from a file, and makes token and
// file, with mode 0600, when there is no such file.
func LoadToken(path string) (string, error) {
	token, err := readToken(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeToken(path); err == nil {
			token, err = readToken(path)
		}
	}
	if err != nil {
		return "", fmt.Errorf("admin token: %w", err)
	}
	return token, nil
}

func readToken(path string) (string, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if !ocpi.ValidToken(token) {
		return "", fmt.Errorf("%s must hold one line of printable characters without blanks; delete it to get a new one", path)
	}
	return token, nil
}

// makeToken writes the token aside and links it into place: whoever reads the
// file finds a whole token, and of two hubs that start at once one wins. There
// is no way to make a file with content in one step.
func makeToken(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".admin.token-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(rand.Text() + rand.Text() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

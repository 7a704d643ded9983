package parties

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keySize is the length of a sealing key in bytes: AES-256.
const keySize = 32

// sealFormat is the first byte of what was sealed. It leaves room for another
// cipher or key later.
const sealFormat = 1

// KeySealer is a Sealer with AES-256-GCM and one key. It is safe for
// concurrent use.
type KeySealer struct {
	gcm         cipher.AEAD
	fingerprint string
}

var _ Sealer = (*KeySealer)(nil)

// NewSealer makes a sealer with a key of 32 bytes.
func NewSealer(key []byte) (*KeySealer, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("the sealing key has %d bytes, want %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	mark := sha256.Sum256(append([]byte("fingerprint of a sealing key:"), key...))
	return &KeySealer{gcm: gcm, fingerprint: hex.EncodeToString(mark[:fingerprintSize])}, nil
}

// fingerprintSize is enough to tell keys apart, in bytes.
const fingerprintSize = 8

// Fingerprint tells keys apart and nothing about the key.
func (s *KeySealer) Fingerprint() string { return s.fingerprint }

// Seal implements Sealer.
func (s *KeySealer) Seal(token string) ([]byte, error) {
	return s.gcm.Seal([]byte{sealFormat}, nil, []byte(token), nil), nil //nolint:gosec // this cipher makes a random nonce itself and wants none
}

// Open implements Sealer.
func (s *KeySealer) Open(sealed []byte) (string, error) {
	if len(sealed) == 0 || sealed[0] != sealFormat {
		return "", errors.New("the sealed token has an unknown form")
	}
	token, err := s.gcm.Open(nil, nil, sealed[1:], nil)
	if err != nil {
		return "", errors.New("the token was sealed with another key, or altered")
	}
	return string(token), nil
}

// OpenKeyFile returns a sealer with the key that the file holds as 64
// hexadecimal digits. A file that is not there is made, with a new key and
// mode 0600. Without this file the sealed tokens cannot be opened again.
func OpenKeyFile(path string) (*KeySealer, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeKeyFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	s, err := ReadSealer(text)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w: restore the file from a backup", path, err)
	}
	return s, nil
}

// ReadSealer returns a sealer with a key that is given as 64 hexadecimal digits.
func ReadSealer(text []byte) (*KeySealer, error) {
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("want %d hexadecimal digits", 2*keySize)
	}
	return NewSealer(key)
}

// NewKeyText makes a new key, as ReadSealer takes it.
func NewKeyText() ([]byte, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return hex.AppendEncode(nil, key), nil
}

// makeKeyFile writes a new key aside and links it into place, so that neither
// a crash nor a second process ever leaves half a key or two keys.
func makeKeyFile(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	key, err := NewKeyText()
	if err != nil {
		return nil, err
	}
	aside, err := writeAside(path, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(aside) }()
	if err := os.Link(aside, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // the operator names the file
}

// writeAside writes a file of mode 0600 next to path and returns its name.
func writeAside(path string, text []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(append(text, '\n'))
	return f.Name(), errors.Join(err, f.Sync(), f.Close())
}

package ocpi

import (
	"encoding/base64"
	"strings"
)

// TokenEncoding says how a platform wants the credentials token in the
// Authorization header: Base64 as the specification demands, or raw, as older
// implementations do (transport and format, Authorization header, note).
type TokenEncoding string

// The two spellings of a token in the Authorization header.
const (
	TokenBase64 TokenEncoding = "base64"
	TokenRaw    TokenEncoding = "raw"
)

// UsualEncoding is how platforms of a version read tokens, if they do as most:
// OCPI 2.1.1 does not speak of Base64 (H-003).
func UsualEncoding(v Version) TokenEncoding {
	if v == V211 {
		return TokenRaw
	}
	return TokenBase64
}

// ParseAuthorization returns the credentials tokens that an Authorization
// header may mean, the likelier one first: the text as it stands, and what it
// decodes to as Base64 (H-003, H-005). White space and line feeds at the ends
// are dropped (H-004). None means that the header is no OCPI token.
func ParseAuthorization(header string) []string {
	scheme, value, found := strings.Cut(strings.TrimSpace(header), " ")
	value = strings.Trim(value, " \t\r\n")
	if !found || !strings.EqualFold(scheme, "Token") || value == "" || len(value) > maxTokenHeader {
		return nil
	}
	tokens := []string{value}
	if decoded, ok := decodeToken(value); ok && decoded != value {
		tokens = append(tokens, decoded)
	}
	return tokens
}

// maxTokenHeader bounds the work on a header: 64 characters in Base64 are 88;
// the rest is for platforms with longer tokens.
const maxTokenHeader = 1024

func decodeToken(value string) (string, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
	if err != nil {
		return "", false
	}
	token := strings.Trim(string(raw), " \t\r\n")
	return token, ValidToken(token)
}

// ValidToken says whether token consists of printable ASCII without blanks
// (credentials, Credentials object).
func ValidToken(token string) bool {
	for i := range len(token) {
		if token[i] < 0x21 || token[i] > 0x7e {
			return false
		}
	}
	return token != ""
}

// FormatAuthorization writes the Authorization header for a token (H-001).
func FormatAuthorization(token string, encoding TokenEncoding) string {
	if encoding == TokenRaw {
		return "Token " + token
	}
	return "Token " + base64.StdEncoding.EncodeToString([]byte(token))
}

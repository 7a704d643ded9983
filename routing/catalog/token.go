package catalog

import "strings"

// DefaultTokenType is the type of a token whose message names none (tokens,
// type parameter).
const DefaultTokenType = "RFID"

// TokenID names a token in the catalog: its uid is unique only together with
// its type.
func TokenID(uid, tokenType string) string {
	if tokenType == "" {
		tokenType = DefaultTokenType
	}
	return uid + "\x1f" + tokenType
}

// SplitTokenID undoes TokenID.
func SplitTokenID(id string) (uid, tokenType string) {
	uid, tokenType, _ = strings.Cut(id, "\x1f")
	return uid, tokenType
}

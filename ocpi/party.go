package ocpi

import (
	"fmt"
	"strings"
)

// PartyID names a party of the roaming network: the ISO-3166 alpha-2 country
// code and the party id (credentials, Credentials Role class). Both are
// CiStrings: a PartyID holds them in capitals, so that == compares as the
// specification does. Make one with NewPartyID; the zero value names nobody.
type PartyID struct {
	Country string
	ID      string
}

// NewPartyID returns the party with this country code and party id, which are
// compared without regard to case.
func NewPartyID(country, id string) PartyID {
	return PartyID{Country: strings.ToUpper(country), ID: strings.ToUpper(id)}
}

// ParsePartyID reads the written form CC*PID, for example DE*ABC. Party ids
// longer than the specified three characters occur in the field and are
// accepted up to maxPartyID.
func ParsePartyID(s string) (PartyID, error) {
	country, id, found := strings.Cut(s, "*")
	p := NewPartyID(country, id)
	if !found || !p.Valid() {
		return PartyID{}, fmt.Errorf("party %q: want CC*PID, for example DE*ABC", s)
	}
	return p, nil
}

// maxPartyID bounds party ids. The specification says 3; implementations with
// up to ten characters are in use.
const maxPartyID = 15

// Valid says whether p has a two-letter country code and a party id of
// letters and digits.
func (p PartyID) Valid() bool {
	return len(p.Country) == 2 && isAlnum(p.Country) &&
		p.ID != "" && len(p.ID) <= maxPartyID && isAlnum(p.ID)
}

// IsZero says whether p names nobody.
func (p PartyID) IsZero() bool { return p == PartyID{} }

// String writes p as CC*PID.
func (p PartyID) String() string { return p.Country + "*" + p.ID }

func isAlnum(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

package ocpitest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Party is a party of a platform, in one role.
type Party struct {
	Role ocpi.Role
	ID   ocpi.PartyID
}

// ParseParty reads the written form ROLE:CC*PID, for example CPO:DE*ABC; where
// the role is left out, it is role.
func ParseParty(s string, role ocpi.Role) (Party, error) {
	if word, rest, found := strings.Cut(s, ":"); found {
		role, s = ocpi.Role(strings.ToUpper(word)), rest
	}
	id, err := ocpi.ParsePartyID(s)
	return Party{Role: role, ID: id}, err
}

// String writes p as ROLE:CC*PID, and without a role, which 2.1.1 does not
// know, as CC*PID.
func (p Party) String() string {
	if p.Role == "" {
		return p.ID.String()
	}
	return string(p.Role) + ":" + p.ID.String()
}

// Options say what a platform is. Name and Parties are required.
type Options struct {
	// Name is the name of the business.
	Name string
	// Parties live on the platform.
	Parties []Party
	// Listen is the TCP address; empty is 127.0.0.1:0.
	Listen string
	// PublicURL is the base of the URLs that the platform gives; empty is
	// http:// (with Certificate https://) and the address.
	PublicURL string
	// Versions are those that the platform lists; nil is 2.2.1. It serves the
	// modules of those that package ocpi knows. In 2.1.1, where credentials
	// name one party, it is the first of Parties.
	Versions []ocpi.Version
	// Endpoints edits the endpoints of the version details before they are
	// given; nil leaves those that fit the roles. What is not listed is not
	// served.
	Endpoints func([]ocpi.Endpoint) []ocpi.Endpoint
	// TrailingSlash ends the URLs of endpoints with a slash. RedirectSlash
	// answers requests to an endpoint without one, and those to versions with
	// one, by 307.
	TrailingSlash, RedirectSlash bool
	// OpenVersions gives versions and their details to everybody.
	OpenVersions bool
	// KnowsPartner takes a partner that is invited for registered already: POST
	// credentials is answered 405, and PUT registers.
	KnowsPartner bool
	// Credentials edits the platform's credentials before they are given; nil
	// leaves them as they are.
	Credentials func([]byte) []byte
	// TokenEncoding is the spelling of the token in outgoing calls; empty is
	// that of the version: raw in 2.1.1, Base64 later. Both are taken, unless
	// StrictEncoding is set.
	TokenEncoding  ocpi.TokenEncoding
	StrictEncoding bool
	// AnyToken takes every credentials token for that of the partner.
	AnyToken bool
	// Certificate orders TLS; nil is plain HTTP.
	Certificate *CertificateOrder
	// PageLimit is the most objects that a page of a list holds; 0 is 100.
	PageLimit int
	// CallsKept bounds the calls that Calls remembers: 0 is all, a positive
	// number that many of the newest, a negative one none. They are counted
	// all the same.
	CallsKept int
	// Forget makes the platform acknowledge objects without keeping them.
	Forget bool
	// HonourRetryAfter repeats calls that are answered 429, when they may be.
	HonourRetryAfter bool
	// Timeout bounds each outgoing call; 0 is 30 s.
	Timeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

const (
	defaultPageLimit = 100
	defaultTimeout   = 30 * time.Second
)

// complete checks the options and fills in the defaults.
func (o *Options) complete() error {
	if o.Name == "" || len(o.Parties) == 0 {
		return errors.New("a platform needs a name and at least one party")
	}
	for _, party := range o.Parties {
		if party.Role == "" || !party.ID.Valid() {
			return fmt.Errorf("party %s: want a role, a country code and a party id", party)
		}
	}
	setDefault(&o.Listen, "127.0.0.1:0")
	setDefault(&o.PageLimit, defaultPageLimit)
	setDefault(&o.Timeout, defaultTimeout)
	if o.Versions == nil {
		o.Versions = []ocpi.Version{ocpi.V221}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

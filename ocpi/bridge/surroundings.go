package bridge

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Surroundings is what a translation needs to know from outside. Its zero value
// works: what is not known is then made up, or the object is withheld, as the
// reason says. The functions must be pure for as long as a translation lasts.
type Surroundings struct {
	// Owner is the party whose object it is, by the URL of the push or by the
	// connection it was pulled from: objects of 2.1.1 do not say it. For
	// credentials it is the party that the connection stands for.
	Owner ocpi.PartyID
	// EMSP is the party that issued the tokens inside sessions, CDRs and
	// commands, which 2.1.1 does not say either.
	EMSP ocpi.PartyID
	// Role is what the connection of a 2.1.1 platform stands for.
	Role ocpi.Role
	// Now decides which tariffs are valid. Zero: no tariff with a first or
	// last day is known to be.
	Now time.Time
	// TimeZone is that of the CPO, for its locations that name none and stand in
	// a country with several.
	TimeZone string
	// CommandTimeout is what a CommandResponse of 2.1.1 does not say; 30 s when
	// it is zero.
	CommandTimeout time.Duration

	// AskedToken is the token that an AuthorizationInfo answers about.
	AskedToken *Stored
	// Token finds the token of a contract.
	Token func(authID string) (CdrToken, bool)
	// Location finds a location of the owner as the hub holds it.
	Location func(id string) (Stored, bool)
	// Tariff finds what is to know of a tariff of the owner.
	Tariff func(id string) (TariffFacts, bool)
	// Reservation gives the number that stands for a reservation id, always the
	// same for one pair of eMSP and CPO: sending an id again changes the
	// reservation. nil: an id that is a number stands for itself, any other is
	// unknown.
	Reservation func(id string) (int, bool)
	// IDs names objects of many owners to one 2.1.1 party; nil when that party
	// sees but one owner, or its own objects.
	IDs IDs

	// Choices.

	SpecifiedOnly      bool // fields that the specification does not know do not go to 2.1.1
	KeepAddresses      bool // addresses over 45 characters go to 2.1.1 as they are
	KeepConnectorTypes bool // connectors of a type that 2.1.1 does not know go there as they are
	DropConnectorTypes bool // connectors of a type that 2.2.1 does not know do not go there
	TeslaForJ3400      bool // connectors of type SAE_J3400 become TESLA_S: the plug is the same, the protocol is not
	ClosedToCustomers  bool // restrictions to employees, tenants and taxis become CUSTOMERS, they are not dropped
	CreditCDRs         bool // credit CDRs go to 2.1.1
}

// Stored is an object as the hub holds it.
type Stored struct {
	Version ocpi.Version
	Body    []byte
}

// CdrToken is what a token is known by besides its contract.
type CdrToken struct {
	Party     ocpi.PartyID
	UID, Type string
}

// TariffFacts is what decides whether a tariff is the one of its connector.
type TariffFacts struct {
	Type       string // "" when it has none
	Start, End time.Time
}

func (s Surroundings) token(authID string) (CdrToken, bool) {
	if s.Token == nil {
		return CdrToken{}, false
	}
	return s.Token(authID)
}

func (s Surroundings) location(id string) (Stored, bool) {
	if s.Location == nil {
		return Stored{}, false
	}
	return s.Location(id)
}

func (s Surroundings) tariff(id string) (TariffFacts, bool) {
	if s.Tariff == nil {
		return TariffFacts{}, false
	}
	return s.Tariff(id)
}

func (s Surroundings) reservation(id string) (int, bool) {
	if s.Reservation == nil {
		return OwnNumber(id)
	}
	return s.Reservation(id)
}

func (s Surroundings) commandTimeout() int {
	if s.CommandTimeout <= 0 {
		return 30
	}
	return int(s.CommandTimeout / time.Second)
}

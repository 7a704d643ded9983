package parties

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Faced is the role in which the hub stands towards the platform in OCPI 2.1.1,
// where each has one endpoint a module and says no role: as eMSP towards a CPO,
// as CPO towards all others. ok is false when nobody has said which parties come
// with the platform, or some are CPOs and some are not; 2.1.1 cannot be spoken
// with it then.
func (p *Platform) Faced() (hub ocpi.Role, ok bool) {
	for _, c := range p.SpeaksFor() {
		faced := c.Role.Faced()
		if ok && faced != hub {
			return "", false
		}
		hub, ok = faced, true
	}
	return hub, ok
}

// named gives the party of credentials of 2.1.1 its role, which they do not say:
// that in which the platform is known.
func (p *Platform) named(theirs CredentialsRole) (CredentialsRole, error) {
	if several := p.several(); several != "" {
		return theirs, fault.New(fault.Invalid, "%s: keep to its version, or give up all others by PUT there first", several)
	}
	known := p.SpeaksFor()
	party := ocpi.NewPartyID(theirs.CountryCode, theirs.PartyID)
	if _, faced := p.Faced(); !faced && len(known) > 0 {
		return theirs, unnamed("your invitation names parties of both sides (%s), and for OCPI 2.1.1 it must name those of one alone", listed(known))
	}
	if named := slices.DeleteFunc(slices.Clone(known), func(c Claim) bool { return c.Party != party }); len(named) > 0 {
		known = named
	}
	for _, c := range known {
		if theirs.Role != "" && theirs.Role != c.Role {
			return theirs, unnamed("%s may be %s: which of them, credentials of OCPI 2.1.1 do not say", party, listed(known))
		}
		theirs.Role = c.Role
	}
	if theirs.Role == "" {
		return theirs, unnamed("credentials of OCPI 2.1.1 name no role, and your invitation names none for %s", party)
	}
	return theirs, nil
}

func unnamed(format string, args ...any) error {
	f := fault.New(fault.Invalid, format, args...)
	f.Message += "; ask the operator of the hub for one that does (hubctl platforms invite --party ROLE:CC*PID)"
	return f
}

func listed(claims []Claim) string {
	out := make([]string, len(claims))
	for i, c := range claims {
		out[i] = c.String()
	}
	return strings.Join(out, ", ")
}

// several says that the platform has registered more parties than credentials of
// 2.1.1 can name; empty when it has not.
func (p *Platform) several() string {
	if held := claimsOf(p.Parties); p.Registered() && len(held) > 1 {
		return fmt.Sprintf("credentials of OCPI 2.1.1 name one party, and this platform has registered %d (%s)", len(held), listed(held))
	}
	return ""
}

// not211 says why 2.1.1 cannot be spoken with the platform; empty when it can.
func (p *Platform) not211() string {
	if _, faced := p.Faced(); !faced {
		return "in OCPI 2.1.1 a platform does not say what it is: name its one party, as ROLE:CC*PID"
	}
	return p.several()
}

// Speakable are those of some versions that can be spoken with the platform: the
// one that it is kept to, and 2.1.1 only where it is known what it faces, and it
// has not registered several parties.
func (p *Platform) Speakable(of []ocpi.Version) []ocpi.Version {
	with211 := p.not211() == ""
	kept := p.Kept()
	if with211 && kept == "" {
		return of
	}
	return slices.DeleteFunc(slices.Clone(of), func(v ocpi.Version) bool {
		return v == ocpi.V211 && !with211 || kept != "" && v != kept
	})
}

// facing are the endpoints that were found, as the hub goes by them. Those of
// 2.1.1 name no interface: it is the one that the platform's party plays.
func (c contact) facing(claims []Claim) []ocpi.Endpoint {
	if c.version != ocpi.V211 || len(claims) == 0 {
		return c.endpoints
	}
	plays := claims[0].Role.Faced().Faced()
	return slices.DeleteFunc(slices.Clone(c.endpoints), func(e ocpi.Endpoint) bool {
		return e.Module.Functional() && e.Interface != plays.Side(e.Module)
	})
}

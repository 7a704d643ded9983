package admin

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// Bounds of a configuration, beside the size of a message.
const (
	maxPlatforms  = 10_000
	maxAgreements = 50_000
	maxDetail     = 255  // a name or website of business details
	maxLongURL    = 2000 // a versions URL that a platform gave itself
)

// readSetup converts a configuration. Faults begin with the place.
func readSetup(in *adminv1.Configuration) (s parties.Setup, err error) {
	if len(in.GetPlatforms()) > maxPlatforms || len(in.GetAgreements()) > maxAgreements {
		return s, fault.New(fault.Invalid, "config: want at most %d platforms and %d agreements", maxPlatforms, maxAgreements)
	}
	for i, p := range in.GetPlatforms() {
		read, err := readPlatformSetup(p)
		if err != nil {
			return s, below(fmt.Sprintf("platforms[%d].", i), err)
		}
		s.Platforms = append(s.Platforms, read)
	}
	for i, a := range in.GetAgreements() {
		read, err := readAgreementSetup(a)
		if err != nil {
			return s, below(fmt.Sprintf("agreements[%d].", i), err)
		}
		s.Agreements = append(s.Agreements, read)
	}
	return s, nil
}

// below puts a place before a fault that begins with a field.
func below(place string, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	placed := *f
	placed.Message = place + f.Message
	return &placed
}

func readPlatformSetup(in *adminv1.ConfigPlatform) (p parties.PlatformSetup, err error) {
	p = parties.PlatformSetup{ID: in.GetPlatformId(), Suspended: in.Suspended, VersionsURL: in.GetVersionsUrl(), Pinned: ocpi.Version(in.GetPinnedVersion())}
	if p.Name, err = readName(in.GetName()); err != nil {
		return p, err
	}
	if p.As, err = readAs(in.GetAs()); err != nil {
		return p, err
	}
	if len(p.VersionsURL) > maxLongURL {
		return p, fault.New(fault.Invalid, "versions_url: want at most %d characters", maxLongURL)
	}
	if len(in.GetClaims()) > maxClaims || len(in.GetParties()) > maxClaims {
		return p, fault.New(fault.Invalid, "claims: want at most %d, and as many parties", maxClaims)
	}
	for i, text := range in.GetClaims() {
		claim, err := readClaim(text)
		if err != nil {
			return p, fault.New(fault.Invalid, "claims[%d]: %v", i, err)
		}
		p.Claims = append(p.Claims, claim)
	}
	for i, party := range in.GetParties() {
		read, err := readPartySetup(party)
		if err != nil {
			return p, below(fmt.Sprintf("parties[%d].", i), err)
		}
		p.Parties = append(p.Parties, read)
	}
	return p, nil
}

// readClaim reads ROLE:CC*PID.
func readClaim(text string) (c parties.Claim, err error) {
	role, party, found := strings.Cut(text, ":")
	id, err := ocpi.ParsePartyID(party)
	if !found || err != nil {
		return c, fmt.Errorf("want ROLE:CC*PID, for example CPO:DE*ABC, got %q", text)
	}
	return parties.Claim{Role: ocpi.Role(strings.ToUpper(role)), Party: id}, nil
}

func readPartySetup(in *adminv1.ConfigParty) (p parties.PartySetup, err error) {
	if p.Claim, err = readClaim(in.GetParty()); err != nil {
		return p, fault.New(fault.Invalid, "party: %v", err)
	}
	for field, text := range map[string]string{"name": in.GetName(), "website": in.GetWebsite()} {
		if utf8.RuneCountInString(text) > maxDetail || strings.ContainsFunc(text, unicode.IsControl) {
			return p, fault.New(fault.Invalid, "%s: want at most %d printable characters", field, maxDetail)
		}
	}
	p.Name, p.Website = strings.TrimSpace(in.GetName()), strings.TrimSpace(in.GetWebsite())
	return p, nil
}

func readAgreementSetup(in *adminv1.ConfigAgreement) (a parties.AgreementSetup, err error) {
	a = parties.AgreementSetup{ID: in.GetAgreementId(), State: parties.AgreementState(strings.ToLower(in.GetState()))}
	if a.CPO, err = ocpi.ParsePartyID(in.GetCpo()); err != nil {
		return a, fault.New(fault.Invalid, "cpo: %v", err)
	}
	if a.EMSP, err = ocpi.ParsePartyID(in.GetEmsp()); err != nil {
		return a, fault.New(fault.Invalid, "emsp: %v", err)
	}
	for field, t := range map[string]*timestamppb.Timestamp{"from": in.GetFrom(), "until": in.GetUntil()} {
		if t != nil && t.CheckValid() != nil {
			return a, fault.New(fault.Invalid, "%s: want a time between the years 1 and 9999", field)
		}
	}
	lists := len(in.GetModules()) + len(in.GetCpoOnly()) + len(in.GetEmspOnly()) + len(in.GetCustomModules())
	if lists > maxModules {
		return a, fault.New(fault.Invalid, "modules: want at most %d modules in all lists", maxModules)
	}
	a.Terms = parties.Terms{
		Modules: readModules(in.GetModules()), CPOOnly: readModules(in.GetCpoOnly()), EMSPOnly: readModules(in.GetEmspOnly()),
		Custom: readModules(in.GetCustomModules()), From: readTime(in.GetFrom()), Until: readTime(in.GetUntil()),
		AgreementOptions: parties.AgreementOptions{StandIn: in.GetStandIn(), CatchUp: parties.CatchUp(in.GetCatchUp())},
	}
	return a, nil
}

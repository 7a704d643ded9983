package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// Bounds of what an operator may send.
const (
	maxName   = 100
	maxID     = 100
	maxURL    = 255 // OCPI, URL type
	maxToken  = 512 // OCPI says 64; some give out longer ones
	maxClaims = 1000
	maxPath   = 2000
	// maxModules is over all lists of an agreement.
	maxModules = 100
)

func readName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return "", fault.New(fault.Invalid, "name: want 1 to %d printable characters", maxName)
	}
	return name, nil
}

func readPlatformID(id string) (string, error) {
	if id == "" || len(id) > maxID {
		return "", fault.New(fault.Invalid, "platform_id: want the id of a platform, as platforms list shows it")
	}
	return id, nil
}

func readVersionsURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", fault.New(fault.Invalid,
			"versions_url: want the absolute URL of a version list, for example https://partner.example/ocpi/versions")
	}
	return s, nil
}

func readPartnerToken(token string) (string, error) {
	if !ocpi.ValidToken(token) || len(token) > maxToken {
		return "", fault.New(fault.Invalid, "token: want printable ASCII characters without blanks, %d at most", maxToken)
	}
	return token, nil
}

func readClaims(in []*adminv1.PartyRole) ([]parties.Claim, error) {
	if len(in) > maxClaims {
		return nil, fault.New(fault.Invalid, "claims: want at most %d", maxClaims)
	}
	var claims []parties.Claim
	for i, c := range in {
		claim := parties.Claim{
			Role:  ocpi.Role(strings.ToUpper(c.GetRole())),
			Party: ocpi.NewPartyID(c.GetCountryCode(), c.GetPartyId()),
		}
		if !claimable(claim.Role) {
			return nil, fault.New(fault.Invalid, "claims[%d].role: want one of CPO, EMSP, NAP, NSP, OTHER, SCSP, PTP, got %q", i, c.GetRole())
		}
		if !claim.Party.Valid() {
			return nil, fault.New(fault.Invalid, "claims[%d]: %q is no party, want for example DE*ABC", i, claim.Party.String())
		}
		if slices.Contains(claims, claim) {
			return nil, fault.New(fault.Invalid, "claims[%d]: %s %s is named twice", i, claim.Role, claim.Party)
		}
		claims = append(claims, claim)
	}
	return claims, nil
}

// readAs reads the one party that a connection is for; empty: it is for all.
func readAs(text string) (ocpi.PartyID, error) {
	if text == "" {
		return ocpi.PartyID{}, nil
	}
	party, err := ocpi.ParsePartyID(text)
	if err != nil {
		return party, fault.New(fault.Invalid, "as: %v", err)
	}
	return party, nil
}

// claimable says whether a platform can be invited in a role: all of OCPI, but
// the hub is the only hub here.
func claimable(r ocpi.Role) bool {
	switch r {
	case ocpi.CPO, ocpi.EMSP, ocpi.NAP, ocpi.NSP, ocpi.OTHER, ocpi.SCSP, ocpi.PTP:
		return true
	default:
		return false
	}
}

// readTime leaves what is unset the zero time.
func readTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func readQuestion(req *adminv1.RoutesExplainRequest) (q Question, err error) {
	if q.From, err = ocpi.ParsePartyID(req.GetFrom()); err != nil {
		return q, fault.New(fault.Invalid, "from: %v", err)
	}
	if req.GetTo() != "" {
		if q.To, err = ocpi.ParsePartyID(req.GetTo()); err != nil {
			return q, fault.New(fault.Invalid, "to: %v", err)
		}
	}
	if q.Module = ocpi.ModuleID(strings.ToLower(req.GetModule())); q.Module == "" {
		return q, fault.New(fault.Invalid, "module: want the id of a module, for example %s", ocpi.Locations)
	}
	if q.Method = strings.ToUpper(req.GetMethod()); !knownMethod(q.Method) {
		return q, fault.New(fault.Invalid, "method: want one of GET, POST, PUT, PATCH, DELETE, got %q", req.GetMethod())
	}
	if q.Path = req.GetPath(); len(q.Path) > maxPath {
		return q, fault.New(fault.Invalid, "path: want at most %d characters", maxPath)
	}
	return q, nil
}

func knownMethod(m string) bool {
	return slices.Contains([]string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	}, m)
}

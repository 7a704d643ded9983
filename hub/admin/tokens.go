package admin

import (
	"context"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/fault"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// tokens is the Tokens service.
type tokens struct {
	adminv1.UnimplementedTokensServer
	desk TokenDesk
	now  func() time.Time
}

// Create makes a named token.
func (s *tokens) Create(ctx context.Context, req *adminv1.TokensCreateRequest) (*adminv1.TokensCreateResponse, error) {
	o := access.Order{Role: access.Role(strings.ToLower(req.GetRole())), By: callOf(ctx).caller.Name, Dry: req.GetDryRun()}
	var err error
	if o.Name, err = readTokenName(req.GetName()); err != nil {
		return nil, err
	}
	if !o.Role.Valid() {
		return nil, fault.New(fault.Invalid, "role: want one of viewer, operator, admin, got %q", req.GetRole())
	}
	if req.GetExpires() != nil && req.GetExpires().CheckValid() != nil {
		return nil, fault.New(fault.Invalid, "expires: want a time between the years 1 and 9999")
	}
	o.Expires = readTime(req.GetExpires())
	t, secret, err := s.desk.Create(ctx, o)
	if err != nil {
		return nil, err
	}
	return &adminv1.TokensCreateResponse{
		Name: t.Name, Role: string(t.Role), Token: secret, Created: timestamp(t.Created), CreatedBy: t.By,
		Expires: timestamp(t.Expires), DryRun: o.Dry,
	}, nil
}

// List shows the named tokens.
func (s *tokens) List(ctx context.Context, _ *adminv1.TokensListRequest) (*adminv1.TokensListResponse, error) {
	all, err := s.desk.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	out := &adminv1.TokensListResponse{}
	for _, t := range all {
		out.Tokens = append(out.Tokens, s.show(t))
	}
	return out, nil
}

// Revoke ends a token.
func (s *tokens) Revoke(ctx context.Context, req *adminv1.TokensRevokeRequest) (*adminv1.TokensRevokeResponse, error) {
	name, err := readTokenName(req.GetName())
	if err != nil {
		return nil, err
	}
	t, err := s.desk.Revoke(ctx, name, req.GetDryRun())
	if err != nil {
		return nil, err
	}
	return &adminv1.TokensRevokeResponse{Token: s.show(t), DryRun: req.GetDryRun()}, nil
}

// show takes what an operator may see: neither the token nor its hash.
func (s *tokens) show(t access.Token) *adminv1.AdminToken {
	return &adminv1.AdminToken{
		Name: t.Name, Role: string(t.Role), Created: timestamp(t.Created), CreatedBy: t.By,
		LastUsed: timestamp(t.Used), Expires: timestamp(t.Expires), Expired: t.Expired(s.now()),
	}
}

// maxTokenName bounds the name of a token.
const maxTokenName = 64

// readTokenName lets no name look like another one, or like a name with what
// somebody says of themselves behind it.
func readTokenName(name string) (string, error) {
	odd := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("._-@", r)
	}
	if name == "" || len(name) > maxTokenName || strings.ContainsFunc(name, odd) {
		return "", fault.New(fault.Invalid, "name: want 1 to %d letters, digits and any of . _ - @", maxTokenName)
	}
	return name, nil
}

package admin_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func TestAWrongRequestIsRefusedByItsFieldAndReachesNothing(t *testing.T) {
	s := open(t)
	conn := s.dial(t)
	platforms, routes := adminv1.NewPlatformsClient(conn), adminv1.NewRoutesClient(conn)
	invite := func(name string, claims ...*adminv1.PartyRole) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := platforms.Invite(ctx, &adminv1.PlatformsInviteRequest{Name: name, Claims: claims})
			return err
		}
	}
	inviteAs := func(as string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := platforms.Invite(ctx, &adminv1.PlatformsInviteRequest{Name: "x", As: as})
			return err
		}
	}
	connect := func(name, url, token string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := platforms.Connect(ctx, &adminv1.PlatformsConnectRequest{Name: name, VersionsUrl: url, Token: token})
			return err
		}
	}
	explain := func(from, to, module, method, path string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := routes.Explain(ctx, &adminv1.RoutesExplainRequest{From: from, To: to, Module: module, Method: method, Path: path})
			return err
		}
	}
	cpo := func(role, country, id string) *adminv1.PartyRole {
		return &adminv1.PartyRole{Role: role, CountryCode: country, PartyId: id}
	}
	for name, tt := range map[string]struct {
		call  func(context.Context) error
		field string
	}{
		"no name":                  {invite(" "), "name"},
		"a long name":              {invite(strings.Repeat("x", 101)), "name"},
		"a name over two lines":    {invite("a\nb"), "name"},
		"no role":                  {invite("a", cpo("", "DE", "ABC")), "claims[0].role"},
		"an unknown role":          {invite("a", cpo("CPO", "DE", "ABC"), cpo("DSO", "DE", "ABC")), "claims[1].role"},
		"another hub":              {invite("a", cpo("HUB", "DE", "ABC")), "claims[0].role"},
		"no country":               {invite("a", cpo("CPO", "", "ABC")), "claims[0]"},
		"a party with a star":      {invite("a", cpo("CPO", "DE", "A*C")), "claims[0]"},
		"a party twice":            {invite("a", cpo("CPO", "DE", "ABC"), cpo("cpo", "de", "abc")), "claims[1]"},
		"too many parties":         {invite("a", make([]*adminv1.PartyRole, 1001)...), "claims"},
		"as nobody":                {inviteAs("NLXYZ"), "as"},
		"a relative URL":           {connect("a", "/versions", "t"), "versions_url"},
		"another scheme":           {connect("a", "file:///etc/passwd", "t"), "versions_url"},
		"a URL with a password":    {connect("a", "https://u:p@x", "t"), "versions_url"},
		"a long URL":               {connect("a", "https://x/"+strings.Repeat("x", 255), "t"), "versions_url"},
		"no token":                 {connect("a", "https://x", ""), "token"},
		"a token with a blank":     {connect("a", "https://x", "a b"), "token"},
		"connect without name":     {connect("", "https://x", "t"), "name"},
		"no sender":                {explain("", "", "locations", "PUT", ""), "from"},
		"half a receiver":          {explain("DE*ABC", "NL", "locations", "PUT", ""), "to"},
		"no module":                {explain("DE*ABC", "", "", "PUT", ""), "module"},
		"no method":                {explain("DE*ABC", "", "locations", "", ""), "method"},
		"a method that OCPI lacks": {explain("DE*ABC", "", "locations", "HEAD", ""), "method"},
		"a long path":              {explain("DE*ABC", "", "locations", "PUT", strings.Repeat("x", 2001)), "path"},
	} {
		t.Run(name, func(t *testing.T) {
			got := status.Convert(tt.call(asOperator(t)))
			if got.Code() != codes.InvalidArgument || !strings.HasPrefix(got.Message(), tt.field+":") {
				t.Errorf("got %s: %s, want InvalidArgument that begins with %s", got.Code(), got.Message(), tt.field)
			}
		})
	}
	if len(s.asked) > 0 || !s.question.From.IsZero() {
		t.Errorf("the registry was asked %q, the router %+v", s.asked, s.question)
	}
}

func TestNoIdReachesTheRegistryUnread(t *testing.T) {
	s := open(t)
	platforms, ctx := adminv1.NewPlatformsClient(s.dial(t)), asOperator(t)
	_, get := platforms.Get(ctx, &adminv1.PlatformsGetRequest{})
	_, suspend := platforms.Suspend(ctx, &adminv1.PlatformsSuspendRequest{})
	_, rotate := platforms.Rotate(ctx, &adminv1.PlatformsRotateRequest{PlatformId: strings.Repeat("x", 101)})
	for _, err := range []error{get, suspend, rotate} {
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("got %v", err)
		}
	}
	if len(s.asked) > 0 {
		t.Errorf("the registry was asked %q", s.asked)
	}
}

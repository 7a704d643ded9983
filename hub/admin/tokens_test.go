package admin_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/hub/admin"
	"github.com/ocpihub/ocpihub/hub/admin/access"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// as calls with a token.
func as(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// holder makes a named token and returns it.
func (s *scene) holder(t *testing.T, name, role string) string {
	t.Helper()
	resp, err := adminv1.NewTokensClient(s.dial(t)).Create(asOperator(t), &adminv1.TokensCreateRequest{Name: name, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetToken()
}

func TestATokenIsShownOnceAndListedWithoutIt(t *testing.T) {
	s := open(t)
	desk := adminv1.NewTokensClient(s.dial(t))
	made, err := desk.Create(asOperator(t), &adminv1.TokensCreateRequest{Name: "ann", Role: "Operator", Expires: timestamppb.New(at(30))})
	secret := made.GetToken()
	same(t, &adminv1.TokensCreateResponse{
		Name: "ann", Role: "operator", Token: secret, Created: timestamppb.New(at(0)), CreatedBy: "root", Expires: timestamppb.New(at(30)),
	}, made, err)
	if len(secret) < 40 {
		t.Errorf("the token is %q", secret)
	}
	if _, err := adminv1.NewPlatformsClient(s.dial(t)).List(as(t.Context(), secret), &adminv1.PlatformsListRequest{}); err != nil {
		t.Error(err)
	}
	want := &adminv1.AdminToken{
		Name: "ann", Role: "operator", Created: timestamppb.New(at(0)), CreatedBy: "root",
		LastUsed: timestamppb.New(at(0)), Expires: timestamppb.New(at(30)),
	}
	list, err := desk.List(asOperator(t), &adminv1.TokensListRequest{})
	same(t, &adminv1.TokensListResponse{Tokens: []*adminv1.AdminToken{want}}, list, err)
	revoked, err := desk.Revoke(asOperator(t), &adminv1.TokensRevokeRequest{Name: "ann"})
	same(t, &adminv1.TokensRevokeResponse{Token: want}, revoked, err)
	_, err = adminv1.NewPlatformsClient(s.dial(t)).List(as(t.Context(), secret), &adminv1.PlatformsListRequest{})
	if status.Code(err) != codes.Unauthenticated {
		t.Errorf("after it was revoked: %v", err)
	}
	if strings.Contains(s.log.String(), secret) {
		t.Errorf("the log has the token: %s", s.log.String())
	}
}

func TestATrialMakesAndRevokesNoToken(t *testing.T) {
	s := open(t)
	s.holder(t, "ann", "viewer")
	desk, ctx := adminv1.NewTokensClient(s.dial(t)), asOperator(t)
	made, err := desk.Create(ctx, &adminv1.TokensCreateRequest{Name: "bob", Role: "viewer", DryRun: true})
	if err != nil || made.GetToken() != "" || !made.GetDryRun() || made.GetName() != "bob" {
		t.Errorf("got %v, %v", made, err)
	}
	gone, err := desk.Revoke(ctx, &adminv1.TokensRevokeRequest{Name: "ann", DryRun: true})
	if err != nil || !gone.GetDryRun() || gone.GetToken().GetName() != "ann" {
		t.Errorf("got %v, %v", gone, err)
	}
	if list, err := desk.List(ctx, &adminv1.TokensListRequest{}); err != nil || len(list.GetTokens()) != 1 {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestWhatIsWrongWithATokenIsNamed(t *testing.T) {
	s := open(t)
	s.holder(t, "ann", "viewer")
	desk, ctx := adminv1.NewTokensClient(s.dial(t)), asOperator(t)
	for _, test := range []struct {
		req  *adminv1.TokensCreateRequest
		code codes.Code
		says string
	}{
		{&adminv1.TokensCreateRequest{Role: "viewer"}, codes.InvalidArgument, "name"},
		{&adminv1.TokensCreateRequest{Name: "ann (root)", Role: "viewer"}, codes.InvalidArgument, "name"},
		{&adminv1.TokensCreateRequest{Name: strings.Repeat("x", 65), Role: "viewer"}, codes.InvalidArgument, "name"},
		{&adminv1.TokensCreateRequest{Name: "änn", Role: "viewer"}, codes.InvalidArgument, "name"},
		{&adminv1.TokensCreateRequest{Name: "bob"}, codes.InvalidArgument, "role"},
		{&adminv1.TokensCreateRequest{Name: "bob", Role: "root"}, codes.InvalidArgument, "role: want one of viewer, operator, admin"},
		{&adminv1.TokensCreateRequest{Name: "bob", Role: "viewer", Expires: timestamppb.New(at(-1))}, codes.InvalidArgument, "expires"},
		{&adminv1.TokensCreateRequest{Name: "bob", Role: "viewer", Expires: &timestamppb.Timestamp{Seconds: 1 << 60}}, codes.InvalidArgument, "expires"},
		{&adminv1.TokensCreateRequest{Name: "ann", Role: "viewer"}, codes.Aborted, "ann"},
		{&adminv1.TokensCreateRequest{Name: "root", Role: "admin"}, codes.Aborted, "root"},
	} {
		if _, err := desk.Create(ctx, test.req); status.Code(err) != test.code || !strings.Contains(status.Convert(err).Message(), test.says) {
			t.Errorf("%v: got %v", test.req, err)
		}
	}
	for name, code := range map[string]codes.Code{"": codes.InvalidArgument, "bob": codes.NotFound, "root": codes.InvalidArgument} {
		if _, err := desk.Revoke(ctx, &adminv1.TokensRevokeRequest{Name: name}); status.Code(err) != code {
			t.Errorf("revoke %q: got %v", name, err)
		}
	}
}

func TestARoleReachesAsFarAsItShould(t *testing.T) {
	s := open(t)
	conn := s.dial(t)
	s.deliveries = []fanout.Stat{}
	calls := map[string]struct {
		needs access.Role
		call  func(context.Context) error
	}{
		"list platforms": {access.Viewer, func(ctx context.Context) error {
			_, err := adminv1.NewPlatformsClient(conn).List(ctx, &adminv1.PlatformsListRequest{})
			return err
		}},
		"reflection": {access.Viewer, func(ctx context.Context) error {
			_, err := services(ctx, reflectionv1.NewServerReflectionClient(conn))
			return err
		}},
		"suspend a platform": {access.Operator, func(ctx context.Context) error {
			_, err := adminv1.NewPlatformsClient(conn).Suspend(ctx, &adminv1.PlatformsSuspendRequest{PlatformId: "p-1"})
			return err
		}},
		"remove a platform": {access.Admin, func(ctx context.Context) error {
			_, err := adminv1.NewPlatformsClient(conn).Remove(ctx, &adminv1.PlatformsRemoveRequest{PlatformId: "p-1"})
			return err
		}},
		"list tokens": {access.Admin, func(ctx context.Context) error {
			_, err := adminv1.NewTokensClient(conn).List(ctx, &adminv1.TokensListRequest{})
			return err
		}},
	}
	for _, role := range access.Roles() {
		token := s.holder(t, "t-"+string(role), string(role))
		for name, c := range calls {
			err := c.call(as(t.Context(), token))
			switch got := status.Convert(err); {
			case role.Covers(c.needs) && err != nil:
				t.Errorf("%s may not %s: %v", role, name, err)
			case !role.Covers(c.needs) && (got.Code() != codes.PermissionDenied || !strings.Contains(got.Message(), "needs the role "+string(c.needs))):
				t.Errorf("%s: %s: %v", role, name, err)
			}
		}
	}
}

func TestAnOperatorWhoMayNotRemoveAPlatformMayNotPruneItEither(t *testing.T) {
	s := open(t)
	client := adminv1.NewConfigClient(s.dial(t))
	_, err := client.Apply(as(t.Context(), s.holder(t, "otto", "operator")), &adminv1.ConfigApplyRequest{Prune: []string{"platforms"}})
	if status.Code(err) != codes.PermissionDenied || !strings.Contains(err.Error(), "needs the role admin") {
		t.Errorf("got %v", err)
	}
}

// lasting is a message log that nobody writes to: who follows it waits.
type lasting struct{ begun chan struct{} }

func (lasting) List(context.Context, journal.Query) ([]journal.Entry, error) { return nil, nil }

func (l lasting) Follow(ctx context.Context, _ journal.Query, _ func(journal.Entry) error) error {
	close(l.begun)
	<-ctx.Done()
	return nil
}

func TestAStreamEndsWithTheTokenThatOpenedIt(t *testing.T) {
	log := lasting{make(chan struct{})}
	s := openWith(t, func(o *admin.Options) { o.Traffic = log })
	conn := s.dial(t)
	ctx, cancel := context.WithTimeout(as(t.Context(), s.holder(t, "ann", "viewer")), 20*time.Second)
	defer cancel()
	follow, err := adminv1.NewTrafficClient(conn).Follow(ctx, &adminv1.TrafficFollowRequest{})
	if err != nil {
		t.Fatal(err)
	}
	<-log.begun
	// This one waits for the caller, below the hub.
	idle, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ask := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}
	if err := idle.Send(ask); err != nil {
		t.Fatal(err)
	}
	if _, err := idle.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := adminv1.NewTokensClient(conn).Revoke(asOperator(t), &adminv1.TokensRevokeRequest{Name: "ann"}); err != nil {
		t.Fatal(err)
	}
	for name, recv := range map[string]func() error{
		"followed": func() error { _, err := follow.Recv(); return err },
		"idle":     func() error { _, err := idle.Recv(); return err },
	} {
		err := recv()
		if status.Code(err) != codes.Unauthenticated || !strings.Contains(err.Error(), "revoked") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// changes are the records of changes in the log.
func (s *scene) changes(t *testing.T) (out []map[string]any) {
	t.Helper()
	for line := range strings.Lines(s.log.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r["msg"] == "admin change" {
			out = append(out, r)
		}
	}
	return out
}

func TestEveryChangeIsWrittenToTheLogWithItsCaller(t *testing.T) {
	s := open(t)
	conn := s.dial(t)
	ann := as(t.Context(), s.holder(t, "ann", "operator"))
	platforms := adminv1.NewPlatformsClient(conn)
	_, _ = platforms.List(ann, &adminv1.PlatformsListRequest{})
	_, err := platforms.Connect(ann, &adminv1.PlatformsConnectRequest{Name: "Acme", VersionsUrl: "https://acme.example/v", Token: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = platforms.Remove(ann, &adminv1.PlatformsRemoveRequest{PlatformId: "p-1"})
	_, _ = platforms.Suspend(t.Context(), &adminv1.PlatformsSuspendRequest{PlatformId: "p-1"})
	got := s.changes(t)
	want := []struct{ by, role, method, code, key, value string }{
		{"root", "admin", "Tokens/Create", "OK", "name", "ann"},
		{"ann", "operator", "Platforms/Connect", "OK", "name", "Acme"},
		{"ann", "operator", "Platforms/Remove", "PermissionDenied", "platform_id", "p-1"},
		{"", "", "Platforms/Suspend", "Unauthenticated", "platform_id", "p-1"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i, w := range want {
		on, _ := got[i]["on"].(map[string]any)
		if got[i]["by"] != w.by || got[i]["role"] != w.role || got[i]["method"] != "/ocpihub.admin.v1."+w.method || got[i]["code"] != w.code || on[w.key] != w.value {
			t.Errorf("got %v, want %+v", got[i], w)
		}
	}
	if strings.Contains(s.log.String(), "s3cret") {
		t.Errorf("the log has a secret: %s", s.log.String())
	}
}

func TestTheHistoryOfAnAgreementNamesTheTokenOfTheCaller(t *testing.T) {
	for said, want := range map[string]string{"": "ops", "ops": "ops", "ann": "ops (ann)", "root": "ops (root)"} {
		s, desk := agreementDeskWith(t)
		ctx := as(t.Context(), s.holder(t, "ops", "operator"))
		made, err := desk.Create(ctx, create(func(r *adminv1.AgreementsCreateRequest) { r.Order.By = said }))
		if err != nil {
			t.Fatal(err)
		}
		if got := made.GetAgreement().GetHistory()[0].GetBy(); got != want {
			t.Errorf("who says to be %q is written as %q, want %q", said, got, want)
		}
	}
}

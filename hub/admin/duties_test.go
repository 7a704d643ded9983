package admin

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/health"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// methods are all that the door serves, but for health.
func methods() (out []string) {
	for service, info := range newAPI(Options{}, &guard{}, &readiness{health: health.NewServer()}).GetServiceInfo() {
		for _, m := range info.Methods {
			if full := "/" + service + "/" + m.Name; !open(full) {
				out = append(out, full)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestEveryMethodSaysWhichRoleItNeeds(t *testing.T) {
	served := methods()
	if len(served) < 30 {
		t.Fatalf("only %d methods are served", len(served))
	}
	for _, m := range served {
		if d, known := allDuties()[m]; !known || !d.needs.Valid() {
			t.Errorf("duties.go has no entry for %s: which role does it need, does it change anything?", m)
		}
	}
	for m := range allDuties() {
		if !slices.Contains(served, m) {
			t.Errorf("duties.go has an entry for %s, which is not served", m)
		}
	}
}

func TestWhatReadsDoesNotChangeAndViewersOnlyRead(t *testing.T) {
	for m, d := range allDuties() {
		name := m[strings.LastIndex(m, "/")+1:]
		reads := slices.Contains([]string{"List", "Get", "Stats", "Explain", "Follow", "ServerReflectionInfo"}, name)
		if reads && d.changes || d.changes && d.needs == access.Viewer {
			t.Errorf("%s: %+v", m, d)
		}
	}
}

func TestAMethodThatIsMissingIsForAdmins(t *testing.T) {
	if d := allDuties().of("/ocpihub.admin.v1.New/Thing"); d.needs != access.Admin || !d.changes {
		t.Errorf("got %+v", d)
	}
}

// nameless are the changes that are about no one object: the registry logs what
// they come to.
func nameless() []string { return []string{adminv1.Config_Apply_FullMethodName} }

func TestEveryChangeNamesItsObjectInTheLog(t *testing.T) {
	for m, d := range allDuties() {
		if !d.changes || slices.Contains(nameless(), m) {
			continue
		}
		name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(m, "/"), "/", "."))
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
		if err != nil {
			t.Fatal(err)
		}
		fields := found.(protoreflect.MethodDescriptor).Input().Fields()
		if !slices.ContainsFunc(objects(), func(o protoreflect.Name) bool { return fields.ByName(o) != nil }) {
			t.Errorf("%s has none of the fields %v: name the one that says what is changed in call.go", m, objects())
		}
	}
}

func TestNothingSecretIsTakenDownOfACall(t *testing.T) {
	for _, o := range objects() {
		for _, secret := range []string{"token", "secret", "uid", "contract", "body", "key"} {
			if strings.Contains(string(o), secret) {
				t.Errorf("%s may hold a secret", o)
			}
		}
	}
	got := asked((&adminv1.PlatformsConnectRequest{Name: "Acme", VersionsUrl: "https://x/?s3cret", Token: "s3cret"}).ProtoReflect())
	if !slices.EqualFunc(got, []slog.Attr{slog.String("name", "Acme")}, slog.Attr.Equal) {
		t.Errorf("taken down: %v", got)
	}
}

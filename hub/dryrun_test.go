package hub_test

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// reading are the methods of the admin API that change nothing. All others are
// tried by TestADryRunChangesAndSendsNothing.
var reading = []string{
	"Agreements/Get", "Agreements/List", "Alerts/List", "Alerts/Rhythm", "Bridge/Report", "Catalog/Stats", "Checks/Run", "ClientInfo/List", "Config/Export", "Deliveries/List", "Deliveries/ListRejected", "Held/List", "Parties/List",
	"Platforms/Get", "Platforms/List", "Quality/List", "Replicas/List", "Routes/Explain", "Tokens/List", "Traffic/Follow", "Traffic/List",
}

// sending are the methods that send something, and write nothing before they
// return.
var sending = []string{"ClientInfo/Verify", "Deliveries/Retry"}

// try is a request that changes something.
type try struct {
	method string
	req    proto.Message
}

// tries are requests that change something, one for each method that can, in an
// order in which each can be made.
func (d *dryStage) tries() []try {
	order := &adminv1.AgreementOrder{By: "ann"}
	return []try{
		{"Agreements/Create", &adminv1.AgreementsCreateRequest{Order: order, Cpo: "DE*AB2", Emsp: "BE*ECO", Terms: &adminv1.AgreementTerms{}}},
		{"Agreements/Update", &adminv1.AgreementsUpdateRequest{
			Order: order, AgreementId: d.active, Terms: &adminv1.AgreementTerms{StandIn: true},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"stand_in"}},
		}},
		{"Agreements/Activate", &adminv1.AgreementsActivateRequest{Order: order, AgreementId: d.draft}},
		{"Agreements/Suspend", &adminv1.AgreementsSuspendRequest{Order: order, AgreementId: d.active}},
		{"Agreements/Resume", &adminv1.AgreementsResumeRequest{Order: order, AgreementId: d.stopped}},
		{"Agreements/End", &adminv1.AgreementsEndRequest{Order: order, AgreementId: d.active}},
		{"Config/Apply", &adminv1.ConfigApplyRequest{Config: &adminv1.Configuration{
			Platforms:  []*adminv1.ConfigPlatform{{Name: "written down"}},
			Agreements: []*adminv1.ConfigAgreement{{AgreementId: d.draft, Cpo: "DE*ABC", Emsp: "BE*ECO", State: "suspended"}, {Cpo: "DE*AB2", Emsp: "FR*OTH"}},
		}, ShowTokens: true}},
		{"ClientInfo/Verify", &adminv1.ClientInfoVerifyRequest{PlatformId: d.emsp}},
		{"Sync/Pull", &adminv1.SyncPullRequest{PlatformId: d.cpo, Full: true}},
		{"Tokens/Create", &adminv1.TokensCreateRequest{Name: "bob", Role: "viewer"}},
		{"Tokens/Revoke", &adminv1.TokensRevokeRequest{Name: "old"}},
		{"Alerts/Acknowledge", &adminv1.AlertsAcknowledgeRequest{AlertId: "a1"}},
		{"Held/Release", &adminv1.HeldReleaseRequest{Party: "DE*ABC"}},
		{"Held/Discard", &adminv1.HeldDiscardRequest{Party: "DE*AB2"}},
		{"Quality/Clear", &adminv1.QualityClearRequest{Party: "DE*ABC"}},
		{"Deliveries/Retry", &adminv1.DeliveriesRetryRequest{PlatformId: d.emsp, All: true}},
		{"Deliveries/Pause", &adminv1.DeliveriesPauseRequest{PlatformId: d.emsp}},
		{"Deliveries/Resume", &adminv1.DeliveriesResumeRequest{PlatformId: d.away}},
		{"Deliveries/Resync", &adminv1.DeliveriesResyncRequest{PlatformId: d.emsp}},
		{"Platforms/Invite", &adminv1.PlatformsInviteRequest{Name: "late"}},
		{"Platforms/Connect", &adminv1.PlatformsConnectRequest{Name: "new", VersionsUrl: d.outsideURL, Token: d.outsideToken}},
		{"Platforms/Rotate", &adminv1.PlatformsRotateRequest{PlatformId: d.emsp}},
		{"Platforms/Suspend", &adminv1.PlatformsSuspendRequest{PlatformId: d.emsp}},
		{"Platforms/Resume", &adminv1.PlatformsResumeRequest{PlatformId: d.away}},
		{"Platforms/Pin", &adminv1.PlatformsPinRequest{PlatformId: d.emsp, Version: "2.2.1"}},
		{"Platforms/Remove", &adminv1.PlatformsRemoveRequest{PlatformId: d.cpo}},
	}
}

// methods returns the methods of the admin API, by Service/Method.
func methods() map[string]protoreflect.MethodDescriptor {
	all := map[string]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFilesByPackage("ocpihub.admin.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				m := s.Methods().Get(j)
				all[string(s.Name())+"/"+string(m.Name())] = m
			}
		}
		return true
	})
	return all
}

func TestEveryMethodOfTheAdminAPIOnlyReadsOrCanBeTried(t *testing.T) {
	tried := map[string]bool{}
	for _, one := range new(dryStage).tries() {
		tried[one.method] = true
	}
	for name := range methods() {
		if reads := slices.Contains(reading, name); reads == tried[name] {
			t.Errorf("%s: name it among those that only read, or give its request a dry_run and try it here", name)
		}
	}
}

func TestADryRunChangesAndSendsNothing(t *testing.T) {
	d := openDryStage(t)
	before := d.still(t)
	d.settle(t) // what was announced while the files came to rest is not ours
	for _, one := range d.tries() {
		dry := proto.Clone(one.req)
		if !setDryRun(dry.ProtoReflect()) {
			t.Errorf("%s has no dry_run", one.method)
			continue
		}
		replies, err := d.ask(t, one.method, dry)
		if err != nil {
			t.Errorf("%s: %v", one.method, err)
		}
		for _, reply := range replies {
			if change, has := textOf(reply, "change"); has && change == "" {
				t.Errorf("%s does not say what would change: %v", one.method, reply)
			}
		}
		if changed := differing(before, d.files(t)); len(changed) > 0 {
			t.Fatalf("%s, only tried, has written %v", one.method, changed)
		}
	}
	for _, p := range d.partners {
		for _, c := range p.Calls() {
			if c.Method != http.MethodGet {
				t.Errorf("%s was sent %s", p.Name(), c)
			}
		}
	}
	// The same requests change something when they are made.
	for _, one := range d.tries() {
		before := d.files(t)
		if _, err := d.ask(t, one.method, one.req); err != nil {
			t.Errorf("%s: %v", one.method, err)
		}
		if !slices.Contains(sending, one.method) && len(differing(before, d.files(t))) == 0 {
			t.Errorf("%s changes nothing: it proves nothing", one.method)
		}
	}
}

// setDryRun asks for a dry run, in the request or in its order.
func setDryRun(m protoreflect.Message) bool {
	fields := m.Descriptor().Fields()
	if f := fields.ByName("dry_run"); f != nil {
		m.Set(f, protoreflect.ValueOfBool(true))
		return true
	}
	order := fields.ByName("order")
	return order != nil && order.Message() != nil && setDryRun(m.Mutable(order).Message())
}

// textOf finds a field in a message or one below.
func textOf(m protoreflect.Message, field protoreflect.Name) (text string, found bool) {
	fields := m.Descriptor().Fields()
	if f := fields.ByName(field); f != nil && f.Kind() == protoreflect.StringKind {
		return m.Get(f).String(), true
	}
	for i := range fields.Len() {
		if f := fields.Get(i); f.Message() != nil && !f.IsList() && !f.IsMap() && m.Has(f) {
			if text, found = textOf(m.Get(f).Message(), field); found {
				return text, true
			}
		}
	}
	return "", false
}

func differing(before, after map[string][sha256.Size]byte) (names []string) {
	for name := range after {
		if before[name] != after[name] {
			names = append(names, name)
		}
	}
	return names
}

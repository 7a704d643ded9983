package admin

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// agreements is the Agreements service.
type agreements struct {
	adminv1.UnimplementedAgreementsServer
	roll    Roll
	desk    Agreements
	outlook Outlook
	now     func() time.Time
}

// Create makes an agreement.
func (s *agreements) Create(ctx context.Context, req *adminv1.AgreementsCreateRequest) (*adminv1.AgreementsCreateResponse, error) {
	order, err := readOrder(ctx, req.GetOrder())
	if err != nil {
		return nil, err
	}
	p := parties.Proposal{Draft: req.GetDraft()}
	if p.CPO, err = ocpi.ParsePartyID(req.GetCpo()); err != nil {
		return nil, fault.New(fault.Invalid, "cpo: %v", err)
	}
	if p.EMSP, err = ocpi.ParsePartyID(req.GetEmsp()); err != nil {
		return nil, fault.New(fault.Invalid, "emsp: %v", err)
	}
	if err := editTerms(&p.Terms, req.GetTerms(), termFields()); err != nil {
		return nil, err
	}
	a, what, err := s.desk.MakeAgreement(ctx, order, p)
	if err != nil {
		return nil, err
	}
	out := s.changed(ctx, a, what, order)
	if order.Dry {
		out.AgreementId = "" // it will be another one
	}
	return &adminv1.AgreementsCreateResponse{Agreement: out}, nil
}

// List shows every agreement.
func (s *agreements) List(context.Context, *adminv1.AgreementsListRequest) (*adminv1.AgreementsListResponse, error) {
	var out adminv1.AgreementsListResponse
	for _, a := range s.roll.Directory().Agreements() {
		out.Agreements = append(out.Agreements, s.show(a))
	}
	return &out, nil
}

// Get shows one agreement.
func (s *agreements) Get(_ context.Context, req *adminv1.AgreementsGetRequest) (*adminv1.AgreementsGetResponse, error) {
	id, err := readAgreementID(req.GetAgreementId())
	if err != nil {
		return nil, err
	}
	a, ok := s.roll.Directory().Agreement(id)
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no agreement %q; agreements list shows those that are", id)
	}
	return &adminv1.AgreementsGetResponse{Agreement: s.show(a)}, nil
}

// Update changes terms.
func (s *agreements) Update(ctx context.Context, req *adminv1.AgreementsUpdateRequest) (*adminv1.AgreementsUpdateResponse, error) {
	mask := req.GetUpdateMask().GetPaths()
	if len(mask) == 0 {
		return nil, fault.New(fault.Invalid, "update_mask: name what is to change: %s", strings.Join(termFields(), ", "))
	}
	a, err := s.change(ctx, req, func(ctx context.Context, o parties.Order, id string) (*parties.Agreement, string, error) {
		return s.desk.AmendAgreement(ctx, o, id, func(t *parties.Terms) error { return editTerms(t, req.GetTerms(), mask) })
	})
	if err != nil {
		return nil, err
	}
	return &adminv1.AgreementsUpdateResponse{Agreement: a}, nil
}

// Activate puts a draft into force.
func (s *agreements) Activate(ctx context.Context, req *adminv1.AgreementsActivateRequest) (*adminv1.AgreementsActivateResponse, error) {
	a, err := s.change(ctx, req, s.desk.ActivateAgreement)
	if err != nil {
		return nil, err
	}
	return &adminv1.AgreementsActivateResponse{Agreement: a}, nil
}

// Suspend stops what an agreement allows.
func (s *agreements) Suspend(ctx context.Context, req *adminv1.AgreementsSuspendRequest) (*adminv1.AgreementsSuspendResponse, error) {
	a, err := s.change(ctx, req, s.desk.SuspendAgreement)
	if err != nil {
		return nil, err
	}
	return &adminv1.AgreementsSuspendResponse{Agreement: a}, nil
}

// Resume ends a suspension.
func (s *agreements) Resume(ctx context.Context, req *adminv1.AgreementsResumeRequest) (*adminv1.AgreementsResumeResponse, error) {
	a, err := s.change(ctx, req, s.desk.ResumeAgreement)
	if err != nil {
		return nil, err
	}
	return &adminv1.AgreementsResumeResponse{Agreement: a}, nil
}

// End ends an agreement for good.
func (s *agreements) End(ctx context.Context, req *adminv1.AgreementsEndRequest) (*adminv1.AgreementsEndResponse, error) {
	a, err := s.change(ctx, req, s.desk.EndAgreement)
	if err != nil {
		return nil, err
	}
	return &adminv1.AgreementsEndResponse{Agreement: a}, nil
}

// ordered is a request to change one agreement.
type ordered interface {
	GetOrder() *adminv1.AgreementOrder
	GetAgreementId() string
}

type agreeing func(ctx context.Context, o parties.Order, id string) (*parties.Agreement, string, error)

func (s *agreements) change(ctx context.Context, req ordered, do agreeing) (*adminv1.Agreement, error) {
	order, err := readOrder(ctx, req.GetOrder())
	if err != nil {
		return nil, err
	}
	id, err := readAgreementID(req.GetAgreementId())
	if err != nil {
		return nil, err
	}
	a, what, err := do(ctx, order, id)
	if err != nil {
		return nil, err
	}
	return s.changed(ctx, a, what, order), nil
}

func (s *agreements) changed(ctx context.Context, a *parties.Agreement, what string, o parties.Order) *adminv1.Agreement {
	out := s.show(a)
	out.Change, out.DryRun = what, o.Dry
	if o.Dry && what != "" {
		foreseen := s.outlook.Foresee(ctx, a)
		out.TrafficNote = foreseen.Note
		for _, f := range foreseen.Traffic {
			out.Traffic = append(out.Traffic, &adminv1.AgreementTraffic{
				Module: string(f.Module), From: f.From.String(), To: f.To.String(), Method: f.Method, Route: string(f.Route),
				Messages: int64(f.Messages), Before: allowance(f.Before), After: allowance(f.After),
			})
		}
	}
	return out
}

func allowance(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}

func (s *agreements) show(a *parties.Agreement) *adminv1.Agreement {
	out := &adminv1.Agreement{
		AgreementId: a.ID, Cpo: a.CPO.String(), Emsp: a.EMSP.String(), Status: string(a.Status(s.now())),
		Modules: moduleNames(a.Modules), CpoOnly: moduleNames(a.CPOOnly), EmspOnly: moduleNames(a.EMSPOnly),
		CustomModules: moduleNames(a.Custom), From: timestamp(a.From), Until: timestamp(a.Until),
		StandIn: a.StandIn, CatchUp: string(a.CatchUp), Created: timestamp(a.Created),
	}
	for _, e := range a.History {
		out.History = append(out.History, &adminv1.AgreementEvent{At: timestamp(e.At), By: e.By, What: e.What})
	}
	return out
}

func moduleNames(modules []ocpi.ModuleID) []string {
	out := make([]string, len(modules))
	for i, m := range modules {
		out[i] = string(m)
	}
	return out
}

func readModules(names []string) []ocpi.ModuleID {
	out := make([]ocpi.ModuleID, len(names))
	for i, n := range names {
		out[i] = ocpi.ModuleID(n)
	}
	return out
}

// termFields are the fields of AgreementTerms.
func termFields() []string {
	return []string{"modules", "cpo_only", "emsp_only", "custom_modules", "from", "until", "stand_in", "catch_up"}
}

// editTerms puts the named fields of a request into terms.
func editTerms(t *parties.Terms, in *adminv1.AgreementTerms, fields []string) error {
	if n := len(in.GetModules()) + len(in.GetCpoOnly()) + len(in.GetEmspOnly()) + len(in.GetCustomModules()); n > maxModules {
		return fault.New(fault.Invalid, "terms: want at most %d modules", maxModules)
	}
	for _, field := range fields {
		switch field {
		case "modules":
			t.Modules = readModules(in.GetModules())
		case "cpo_only":
			t.CPOOnly = readModules(in.GetCpoOnly())
		case "emsp_only":
			t.EMSPOnly = readModules(in.GetEmspOnly())
		case "custom_modules":
			t.Custom = readModules(in.GetCustomModules())
		case "from":
			t.From = readTime(in.GetFrom())
		case "until":
			t.Until = readTime(in.GetUntil())
		case "stand_in":
			t.StandIn = in.GetStandIn()
		case "catch_up":
			t.CatchUp = parties.CatchUp(in.GetCatchUp())
		default:
			return fault.New(fault.Invalid, "update_mask: there is no %q, want some of %s", field, strings.Join(termFields(), ", "))
		}
	}
	return checkTimes(t, in, fields)
}

// checkTimes refuses times that no calendar has.
func checkTimes(t *parties.Terms, in *adminv1.AgreementTerms, fields []string) error {
	if in.GetFrom() != nil && in.GetFrom().CheckValid() != nil || in.GetUntil() != nil && in.GetUntil().CheckValid() != nil {
		return fault.New(fault.Invalid, "terms: from and until must be times between the years 1 and 9999")
	}
	if slices.Contains(fields, "from") && t.From.IsZero() && len(fields) < len(termFields()) {
		return fault.New(fault.Invalid, "from: an agreement that exists has a first day, name it")
	}
	return nil
}

// readOrder reads how a change is asked for.
func readOrder(ctx context.Context, in *adminv1.AgreementOrder) (parties.Order, error) {
	by, err := readBy(ctx, "order.by", in.GetBy())
	return parties.Order{By: by, Dry: in.GetDryRun()}, err
}

// readBy puts the name of the caller's token before what the caller says of
// itself: several people may share a token, but none takes another's name.
func readBy(ctx context.Context, field, by string) (string, error) {
	by = strings.TrimSpace(by)
	if utf8.RuneCountInString(by) > maxName || strings.ContainsFunc(by, unicode.IsControl) {
		return "", fault.New(fault.Invalid, "%s: want at most %d printable characters", field, maxName)
	}
	name := callOf(ctx).caller.Name
	if by != "" && by != name {
		name += " (" + by + ")"
	}
	return name, nil
}

func readAgreementID(id string) (string, error) {
	if id == "" || len(id) > maxID {
		return "", fault.New(fault.Invalid, "agreement_id: want the id of an agreement, as agreements list shows it")
	}
	return id, nil
}

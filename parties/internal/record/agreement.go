package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// agreement is an agreement as it is written.
type agreement struct {
	ID       string    `json:"id"`
	CPO      partyID   `json:"cpo"`
	EMSP     partyID   `json:"emsp"`
	Modules  []string  `json:"modules,omitempty"`
	CPOOnly  []string  `json:"cpo_only,omitempty"`
	EMSPOnly []string  `json:"emsp_only,omitempty"`
	Custom   []string  `json:"custom_modules,omitempty"`
	From     time.Time `json:"from,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	StandIn  bool      `json:"stand_in,omitempty"`
	CatchUp  string    `json:"catch_up,omitempty"`
	State    string    `json:"state"`
	Changed  time.Time `json:"changed"`
	Told     bool      `json:"told,omitempty"`
	Owed     time.Time `json:"owed,omitzero"`
	Created  time.Time `json:"created"`
	History  []event   `json:"history,omitempty"`
	Revision uint64    `json:"revision"`
}

type partyID struct {
	Country string `json:"country_code"`
	ID      string `json:"party_id"`
}

type event struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	What string    `json:"what"`
}

// EncodeAgreement writes an agreement.
func EncodeAgreement(a *parties.Agreement) ([]byte, error) { return json.Marshal(fromAgreement(a)) }

// DecodeAgreement reads an agreement.
func DecodeAgreement(raw []byte) (*parties.Agreement, error) {
	var r agreement
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("the stored record cannot be read: %w", err)
	}
	return r.toAgreement(), nil
}

func fromAgreement(a *parties.Agreement) agreement {
	return agreement{
		ID: a.ID, CPO: partyID(a.CPO), EMSP: partyID(a.EMSP),
		Modules: each(a.Modules, fromModule), CPOOnly: each(a.CPOOnly, fromModule), EMSPOnly: each(a.EMSPOnly, fromModule),
		Custom: each(a.Custom, fromModule), From: a.From, Until: a.Until, StandIn: a.StandIn, CatchUp: string(a.CatchUp),
		State: string(a.State), Changed: a.Changed, Told: a.Told, Owed: a.Owed, Created: a.Created,
		History: each(a.History, fromEvent), Revision: a.Revision,
	}
}

func (r agreement) toAgreement() *parties.Agreement {
	return &parties.Agreement{
		ID: r.ID, CPO: ocpi.PartyID(r.CPO), EMSP: ocpi.PartyID(r.EMSP),
		Terms: parties.Terms{
			Modules: each(r.Modules, toModule), CPOOnly: each(r.CPOOnly, toModule), EMSPOnly: each(r.EMSPOnly, toModule),
			Custom: each(r.Custom, toModule), From: r.From, Until: r.Until,
			AgreementOptions: parties.AgreementOptions{StandIn: r.StandIn, CatchUp: parties.CatchUp(r.CatchUp)},
		},
		State: parties.AgreementState(r.State), Changed: r.Changed, Told: r.Told, Owed: r.Owed, Created: r.Created,
		History: each(r.History, toEvent), Revision: r.Revision,
	}
}

func fromModule(m ocpi.ModuleID) string { return string(m) }

func toModule(m string) ocpi.ModuleID { return ocpi.ModuleID(m) }

func fromEvent(e parties.AgreementEvent) event { return event(e) }

func toEvent(e event) parties.AgreementEvent { return parties.AgreementEvent(e) }

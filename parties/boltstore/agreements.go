package boltstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// agreement is an agreement as it is written, in JSON. Names and meanings are
// part of the file's format: add members, never change one.
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

// LoadAgreements implements parties.Store.
func (s *Store) LoadAgreements(ctx context.Context) (agreements []*parties.Agreement, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(s.in.agreements).ForEach(func(key, record []byte) error {
			a, err := decodeAgreement(key, record)
			agreements = append(agreements, a)
			return err
		})
	})
	return agreements, err
}

// SaveAgreement implements parties.Store.
func (s *Store) SaveAgreement(ctx context.Context, a *parties.Agreement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := writeAgreements(tx.Bucket(s.in.agreements), []*parties.Agreement{a}); err != nil {
			return err
		}
		return s.raiseEpoch(tx.Bucket(s.in.meta))
	}); err != nil {
		return err
	}
	a.Revision++
	s.changed.Ring()
	return nil
}

// agreementKey puts the agreements of two parties side by side.
func agreementKey(a *parties.Agreement) []byte { return append(agreementsOf(a), a.ID...) }

func agreementsOf(a *parties.Agreement) []byte {
	return []byte(a.CPO.String() + "/" + a.EMSP.String() + "/")
}

func decodeAgreement(key, record []byte) (*parties.Agreement, error) {
	var r agreement
	if err := json.Unmarshal(record, &r); err != nil {
		return nil, fmt.Errorf("agreement %s cannot be read: %w", key, err)
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

package fanout

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// rejectionRecord is a rejection as stores write it, in JSON, before it is
// sealed. Names and meanings are part of their formats: add members, never
// change one.
type rejectionRecord struct {
	Time       time.Time   `json:"time"`
	To         partyRecord `json:"to"`
	Module     string      `json:"module"`
	Owner      partyRecord `json:"owner"`
	ObjectID   string      `json:"object_id"`
	EVSE       string      `json:"evse,omitempty"`
	Connector  string      `json:"connector,omitempty"`
	Calendar   string      `json:"calendar,omitempty"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Query      string      `json:"query,omitempty"`
	Role       string      `json:"role"`
	Sender     string      `json:"sender,omitempty"`
	Version    string      `json:"version"`
	For        string      `json:"for,omitempty"`
	Newest     bool        `json:"newest,omitempty"`
	Correlated string      `json:"correlation_id,omitempty"`
	Reason     string      `json:"reason"`
	HTTPStatus int         `json:"http_status,omitempty"`
	Status     int         `json:"ocpi_status,omitempty"`
	Message    string      `json:"message,omitempty"`
	Attempts   int         `json:"attempts"`
}

type partyRecord struct {
	Country string `json:"country_code"`
	ID      string `json:"party_id"`
}

func (p partyRecord) party() ocpi.PartyID { return ocpi.PartyID{Country: p.Country, ID: p.ID} }

// Sealer protects what stores keep of rejections. Open fails when sealed was
// made with another key or altered.
type Sealer interface {
	Seal(text string) ([]byte, error)
	Open(sealed []byte) (string, error)
}

// SealRejection writes a rejection, without its ref, for a store. It is sealed
// as a whole: it names the object, and of a token that is the driver's secret,
// which a retry needs.
func SealRejection(s Sealer, r Rejection) ([]byte, error) {
	c := r.Change
	raw, err := json.Marshal(rejectionRecord{
		Time: r.Time, To: partyRecord{r.To.Country, r.To.ID}, Module: string(c.Key.Module), Owner: partyRecord{c.Key.Owner.Country, c.Key.Owner.ID},
		ObjectID: c.Key.ID, EVSE: c.Part.EVSE, Connector: c.Part.Connector, Calendar: c.Part.Calendar, Method: c.Method, Path: c.Path, Query: c.Query,
		Role: string(c.Role), Sender: c.Platform, Version: string(c.Version), For: c.For, Newest: c.Newest, Correlated: c.CorrelationID,
		Reason: string(r.Reason), HTTPStatus: r.HTTPStatus, Status: int(r.Status), Message: r.Message, Attempts: r.Attempts,
	})
	if err != nil {
		return nil, err
	}
	return s.Seal(string(raw))
}

// OpenRejection reads what SealRejection wrote of the rejection with a ref.
func OpenRejection(s Sealer, ref RejectionRef, sealed []byte) (Rejection, error) {
	text, err := s.Open(sealed)
	if err != nil {
		return Rejection{}, fmt.Errorf("rejection %s: %w", ref.ID, err)
	}
	var r rejectionRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Rejection{}, fmt.Errorf("rejection %s: %w", ref.ID, err)
	}
	return Rejection{
		ID: ref.ID, Platform: ref.Platform, Time: r.Time, To: r.To.party(),
		Change: Change{
			Key:  catalog.Key{Module: ocpi.ModuleID(r.Module), Owner: r.Owner.party(), ID: r.ObjectID},
			Part: catalog.Part{EVSE: r.EVSE, Connector: r.Connector, Calendar: r.Calendar}, Method: r.Method, Path: r.Path, Query: r.Query,
			Role: ocpi.Role(r.Role), Platform: r.Sender, Version: ocpi.Version(r.Version), For: r.For, Newest: r.Newest, CorrelationID: r.Correlated,
		},
		Reason: Reason(r.Reason), HTTPStatus: r.HTTPStatus, Status: ocpi.StatusCode(r.Status), Message: r.Message, Attempts: r.Attempts,
	}, nil
}

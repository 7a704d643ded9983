package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ocpihub/ocpihub/parties"
)

// told is what the others know of a member, as it is written.
type told struct {
	claimed
	Status  string    `json:"status"`
	Updated time.Time `json:"last_updated"`
}

// EncodeTold writes what was told of a member.
func EncodeTold(c parties.Claim, t parties.Told) ([]byte, error) {
	return json.Marshal(told{claimed: fromClaim(c), Status: string(t.Status), Updated: t.Updated})
}

// DecodeTold reads what was told of a member.
func DecodeTold(raw []byte) (parties.Claim, parties.Told, error) {
	var t told
	if err := json.Unmarshal(raw, &t); err != nil {
		return parties.Claim{}, parties.Told{}, fmt.Errorf("the stored record cannot be read: %w", err)
	}
	return t.toClaim(), parties.Told{Status: parties.Status(t.Status), Updated: t.Updated}, nil
}

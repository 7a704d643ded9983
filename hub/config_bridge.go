package hub

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // so that a time zone is known whatever the machine has

	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// BridgeConfig says what becomes of what a version of OCPI cannot say.
type BridgeConfig struct {
	TimeZone          string        // of locations of 2.1.1 that neither name one nor stand in a country with only one
	CommandTimeout    time.Duration // of commands to 2.1.1
	UnspecifiedFields string        // to 2.1.1
	LongAddresses     string        // to 2.1.1
	ConnectorTypes211 string        // which 2.1.1 does not know
	ConnectorTypes221 string        // which 2.2.1 does not know
	SAEJ3400          string        // to 2.2.1 and 2.1.1
	ClosedParking     string        // to 2.2.1 and 2.1.1
	CreditCDRs        string        // to 2.1.1
}

// What becomes of it.
const (
	BridgeKeep      = "keep"      // it goes on as it is
	BridgeDrop      = "drop"      // it is left out
	BridgeCut       = "cut"       // it is made shorter
	BridgeTesla     = "TESLA_S"   // it goes on as this type of connector
	BridgeCustomers = "CUSTOMERS" // it goes on as this restriction
	BridgeWithhold  = "withhold"  // the object is not sent
	BridgeSend      = "send"      // it is
)

func defaultBridge() BridgeConfig {
	return BridgeConfig{
		TimeZone: "Etc/UTC", CommandTimeout: 30 * time.Second,
		UnspecifiedFields: BridgeKeep, LongAddresses: BridgeCut,
		ConnectorTypes211: BridgeDrop, ConnectorTypes221: BridgeKeep, SAEJ3400: BridgeKeep,
		ClosedParking: BridgeDrop, CreditCDRs: BridgeWithhold,
	}
}

func (b *BridgeConfig) settings() []Setting {
	return []Setting{
		text("bridge.time_zone", &b.TimeZone),
		duration("bridge.command_timeout", &b.CommandTimeout),
		text("bridge.unspecified_fields", &b.UnspecifiedFields),
		text("bridge.long_addresses", &b.LongAddresses),
		text("bridge.connector_types_211", &b.ConnectorTypes211),
		text("bridge.connector_types_221", &b.ConnectorTypes221),
		text("bridge.sae_j3400", &b.SAEJ3400),
		text("bridge.closed_parking", &b.ClosedParking),
		text("bridge.credit_cdrs", &b.CreditCDRs),
	}
}

func (b *BridgeConfig) verify() error {
	return errors.Join(
		verifyTimeZone("bridge.time_zone", b.TimeZone),
		verifyWholeSeconds("bridge.command_timeout", b.CommandTimeout),
		verifyOneOf("bridge.unspecified_fields", b.UnspecifiedFields, BridgeKeep, BridgeDrop),
		verifyOneOf("bridge.long_addresses", b.LongAddresses, BridgeCut, BridgeKeep),
		verifyOneOf("bridge.connector_types_211", b.ConnectorTypes211, BridgeDrop, BridgeKeep),
		verifyOneOf("bridge.connector_types_221", b.ConnectorTypes221, BridgeKeep, BridgeDrop),
		verifyOneOf("bridge.sae_j3400", b.SAEJ3400, BridgeKeep, BridgeTesla),
		verifyOneOf("bridge.closed_parking", b.ClosedParking, BridgeDrop, BridgeCustomers),
		verifyOneOf("bridge.credit_cdrs", b.CreditCDRs, BridgeWithhold, BridgeSend),
	)
}

// verifyTimeZone wants a name that others know too: Local is a zone of Go alone.
func verifyTimeZone(key, zone string) error {
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return fmt.Errorf("%s: want a name of the IANA time zone database such as Europe/Madrid, got %q", key, zone)
	}
	return nil
}

// verifyWholeSeconds wants what OCPI can say.
func verifyWholeSeconds(key string, d time.Duration) error {
	if d < time.Second || d%time.Second != 0 {
		return fmt.Errorf("%s: want whole seconds, 1s or more, got %s", key, d)
	}
	return nil
}

// choices are what the bridge is told.
func (b *BridgeConfig) choices() bridge.Surroundings {
	return bridge.Surroundings{
		TimeZone: b.TimeZone, CommandTimeout: b.CommandTimeout,
		SpecifiedOnly:      b.UnspecifiedFields == BridgeDrop,
		KeepAddresses:      b.LongAddresses == BridgeKeep,
		KeepConnectorTypes: b.ConnectorTypes211 == BridgeKeep,
		DropConnectorTypes: b.ConnectorTypes221 == BridgeDrop,
		TeslaForJ3400:      b.SAEJ3400 == BridgeTesla,
		ClosedToCustomers:  b.ClosedParking == BridgeCustomers,
		CreditCDRs:         b.CreditCDRs == BridgeSend,
	}
}

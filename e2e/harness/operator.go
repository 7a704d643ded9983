package harness

import (
	"context"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// Operator is the admin API of a running hub.
type Operator struct {
	Platforms  adminv1.PlatformsClient
	Parties    adminv1.PartiesClient
	Routes     adminv1.RoutesClient
	Catalog    adminv1.CatalogClient
	Deliveries adminv1.DeliveriesClient
	// Conn is for the services that are not among these.
	Conn *grpc.ClientConn
}

// Close ends the connection.
func (o *Operator) Close() error { return o.Conn.Close() }

// NewOperator returns the admin API at an address, used with the token in a
// file. It connects at the first call.
func NewOperator(addr, tokenFile string) (*Operator, error) {
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return nil, fmt.Errorf("read the operator's token: %w", err)
	}
	conn, err := grpc.NewClient("passthrough:///"+addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(bearer(strings.TrimSpace(string(token)))))
	if err != nil {
		return nil, err
	}
	return &Operator{
		Platforms: adminv1.NewPlatformsClient(conn), Parties: adminv1.NewPartiesClient(conn),
		Routes: adminv1.NewRoutesClient(conn), Catalog: adminv1.NewCatalogClient(conn),
		Deliveries: adminv1.NewDeliveriesClient(conn), Conn: conn,
	}, nil
}

// bearer sends the token with every call.
type bearer string

// GetRequestMetadata is the header of a call.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity allows the call without TLS.
func (bearer) RequireTransportSecurity() bool { return false }

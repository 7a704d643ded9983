package hub_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

func TestAPlatformWithACertificateAuthorityOfItsOwnIsTrustedOnlyWhereItsCertificateIsNamed(t *testing.T) {
	o := of(ocpi.CPO, cpo)
	o.Name, o.Certificate = "CPO", &ocpitest.CertificateOrder{}
	p := ocpitest.Run(t, o)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, p.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	trusting := startHub(t, func(c *hub.Config) { c.Egress.CAFile = file })
	if _, err := trusting.Registry().Connect(t.Context(), parties.Invitation{Name: "CPO", VersionsURL: p.VersionsURL(), Token: p.Invite()}); err != nil {
		t.Errorf("the hub does not trust egress.ca_file: %v", err)
	}
	strict := startHub(t)
	if _, err := strict.Registry().Connect(t.Context(), parties.Invitation{Name: "CPO", VersionsURL: p.VersionsURL(), Token: p.Invite()}); err == nil {
		t.Error("the hub trusts anybody")
	}
}

func TestACertificateFileThatIsNoneStopsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := hub.Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.DataDir, cfg.Egress.CAFile = "127.0.0.1:0", "127.0.0.1:0", t.TempDir(), file
	_, err := hub.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "egress.ca_file") {
		t.Errorf("the start ends with %v", err)
	}
}

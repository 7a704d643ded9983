package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/e2e/harness"
)

type certificate struct{ certFile, keyFile string }

// selfSigned makes a certificate for the loopback interface, and the pool that
// trusts it.
func selfSigned(t *testing.T) (certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := certificate{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	for file, block := range map[string]*pem.Block{
		out.certFile: {Type: "CERTIFICATE", Bytes: der}, out.keyFile: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return out, pool
}

// ownHub starts a hub for this test alone.
func (s *stage) ownHub(env ...string) *site {
	s.Helper()
	built, err := programs()
	if err != nil {
		s.Fatal(err)
	}
	hub, err := harness.NewHub(built, filepath.Join(workshop, fmt.Sprint("own", s.number)), env...)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(hub.Kill)
	if err := hub.Start(); err != nil {
		s.Fatal(err)
	}
	out := &site{versionsURL: hub.VersionsURL(), process: hub}
	if out.operator, err = harness.NewOperator(hub.Admin, hub.TokenFile()); err != nil {
		s.Fatal(err)
	}
	return out
}

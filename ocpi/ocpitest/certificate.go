package ocpitest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// CertificateOrder orders a certificate that the platform makes for itself; who
// is to trust it needs Platform.CertificatePEM.
type CertificateOrder struct {
	// From and Until bound when it is good; zero is an hour ago, and a year
	// ahead.
	From, Until time.Time
	// Hosts are the names and addresses that it is good for; nil is the
	// loopback interface.
	Hosts []string
}

// issue makes the certificate, and what trusts it, as PEM.
func (o CertificateOrder) issue() (tls.Certificate, []byte, error) {
	setDefault(&o.From, time.Now().Add(-time.Hour))
	setDefault(&o.Until, time.Now().Add(365*day))
	if o.Hosts == nil {
		o.Hosts = []string{"127.0.0.1", "::1", "localhost"}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(o.From.UnixNano()), NotBefore: o.From, NotAfter: o.Until,
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range o.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// secure puts TLS before a listener, if a certificate was ordered.
func (p *Platform) secure(l net.Listener) (net.Listener, error) {
	if p.opts.Certificate == nil {
		return l, nil
	}
	if p.door.pem == nil {
		certificate, trust, err := p.opts.Certificate.issue()
		if err != nil {
			return nil, err
		}
		p.door.certificate, p.door.pem = certificate, trust
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{p.door.certificate}, MinVersion: tls.VersionTLS12,
	}), nil
}

// CertificatePEM returns the certificate that the platform made for itself, as
// whoever calls it must trust it; nil without TLS.
func (p *Platform) CertificatePEM() []byte {
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	return p.door.pem
}

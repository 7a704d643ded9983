package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func encoded(token string) string { return base64.StdEncoding.EncodeToString([]byte(token)) }

// authorization is a header with this after the scheme.
func authorization(value string) http.Header {
	return http.Header{"Authorization": {"Token " + value}}
}

func TestH001_EveryRequestOfTheHubCarriesAToken(t *testing.T) {
	s := newStage(t).informed()
	cpo, emsp := s.pair()
	s.came(emsp, s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0)))))
	if spoken() != ocpi.V211 {
		s.wait(cpo, "client info", ocpitest.Is(ocpi.HubClientInfo, "PUT"))
	}
	form := regexp.MustCompile(`^Token [^ ]+$`)
	modules := map[ocpi.ModuleID]bool{}
	for _, call := range append(emsp.Calls(), cpo.Calls()...) {
		modules[call.Module] = true
		s.check(form.MatchString(call.Header.Get("Authorization")) && len(call.Header.Values("Authorization")) == 1,
			"%v came with Authorization %q", call, call.Header.Values("Authorization"))
	}
	s.check(modules[ocpi.Versions] && modules[ocpi.Locations] && modules[ocpi.HubClientInfo] == (spoken() != ocpi.V211), "the hub called only %v", modules)
}

func TestH002_TheTokenIsSentInBase64WithPadding(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	reply := s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
	call := s.came(emsp, reply)
	want := "Token " + encoded(call.Token)
	s.check(call.Token != "" && call.Header.Get("Authorization") == want && strings.HasSuffix(want, "="),
		"Authorization is %q, want %q", call.Header.Get("Authorization"), want)
}

func TestH003_RawAndEncodedTokensAreTakenAndAPlatformGetsWhatItReads(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	token := s.partner(cpo).Token
	for _, value := range []string{token, encoded(token)} {
		reply := s.raw("GET", s.site.versionsURL, authorization(value), "")
		s.check(reply.status == 200 && reply.envelope().StatusCode == 1000, "the token as %q is answered HTTP %d", value, reply.status)
	}
	for _, encoding := range []ocpi.TokenEncoding{ocpi.TokenRaw, ocpi.TokenBase64} {
		o := s.options(ocpi.EMSP)
		o.TokenEncoding, o.StrictEncoding = encoding, true
		emsp := s.join(o)
		reply := s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
		got := s.came(emsp, reply).Header.Get("Authorization")
		raw := !strings.HasSuffix(got, "=") // the platform's tokens are of a length that is padded
		s.check(raw == (encoding == ocpi.TokenRaw), "a platform that reads %s only got %q", encoding, got)
	}
}

func TestH004_ALineFeedInsideTheBase64IsDroppedAndNeverSent(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	for _, end := range []string{"\n", "\r\n", " "} {
		reply := s.raw("GET", s.site.versionsURL, authorization(encoded(s.partner(cpo).Token+end)), "")
		s.check(reply.status == 200, "with %q at its end the token is answered HTTP %d", end, reply.status)
	}
	reply := s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))))
	_, value, _ := strings.Cut(s.came(emsp, reply).Header.Get("Authorization"), " ")
	sent, err := base64.StdEncoding.DecodeString(value)
	s.check(err == nil && !strings.ContainsAny(string(sent), "\r\n "), "the hub sent %q, %v", sent, err)
}

func TestH005_ATokenThatIsBase64ItselfIsTakenRawAndEncoded(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	token := s.partner(cpo).Token
	if _, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(token, "=")); err != nil {
		t.Log("the hub's own tokens are no Base64: only one reading is possible")
	}
	at := s.partner(cpo).Endpoint(ocpi.Credentials, ocpi.Sender)
	for _, value := range []string{token, encoded(token)} {
		reply := s.raw("GET", at, authorization(value), "")
		got := ocpi.FindString(reply.envelope().Data, "token")
		s.check(reply.status == 200 && got == token, "the token as %q authenticates as who has %q, HTTP %d", value, got, reply.status)
	}
	// The other way round: a platform hands out a token that is Base64.
	emsp := s.run(s.options(ocpi.EMSP))
	emsp.AcceptToken("YWJj")
	_, err := s.operator().Platforms.Connect(s.soon(), &adminv1.PlatformsConnectRequest{
		Name: emsp.Name(), VersionsUrl: emsp.VersionsURL(), Token: "YWJj", Claims: claims(emsp.Parties()),
	})
	calls := emsp.Calls(ocpitest.Is(ocpi.Versions, ""))
	s.check(err == nil && len(calls) > 0 && calls[0].Token == "YWJj", "the hub connects with it: %v, %v", err, calls)
}

func TestH006_WithoutAKnownTokenItIs401(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	partner := s.partner(cpo)
	for name, header := range map[string]http.Header{
		"no header": {}, "another scheme": {"Authorization": {"Bearer " + partner.Token}}, "no scheme": {"Authorization": {partner.Token}},
		"an unknown token": authorization(encoded("nobody")), "an empty one": authorization(""),
		"a part of one": authorization(encoded(partner.Token[1:])),
	} {
		for _, at := range []string{s.site.versionsURL, partner.Endpoint(ocpi.Locations, ocpi.Receiver), partner.Endpoint(ocpi.Credentials, ocpi.Sender)} {
			if reply := s.raw("GET", at, header, ""); reply.status != 401 {
				s.Errorf("%s at %s: HTTP %d", name, at, reply.status)
			}
		}
	}
}

func TestH007_HTTPErrorsAreEnvelopesToo(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	partner := s.partner(cpo)
	known := authorization(encoded(partner.Token))
	for status, reply := range map[int]plainReply{
		401: s.raw("GET", s.site.versionsURL, http.Header{}, ""),
		404: s.raw("GET", partner.Endpoint(ocpi.Locations, ocpi.Receiver)+"/x", known, ""),
		405: s.raw("PATCH", partner.Endpoint(ocpi.Credentials, ocpi.Sender), known, "{}"),
		400: s.raw("PUT", partner.Endpoint(ocpi.Locations, ocpi.Receiver)+"/"+path(id(cpo), "L1"), known, "{,}"),
	} {
		e := reply.envelope()
		_, err := ocpi.ParseDateTime(e.Timestamp)
		if reply.status != status || e.StatusCode < 2000 || e.StatusCode > 2999 || err != nil || len(e.Data) > 0 {
			s.Errorf("want HTTP %d in an envelope, got HTTP %d with %s", status, reply.status, reply.body)
		}
	}
}

func TestH008_TokensArePrintableUniqueAndOfAtMost64Characters(t *testing.T) {
	s := newStage(t)
	seen := map[string]bool{}
	form := regexp.MustCompile(`^[\x21-\x7e]{1,64}$`)
	for range 3 {
		o := s.options(ocpi.CPO)
		p := s.run(o)
		at, tokenA := s.site.invite(t, o.Name, o.Parties...)
		s.register(p, at, tokenA)
		for _, token := range []string{tokenA, s.partner(p).Token} {
			if !form.MatchString(token) || seen[token] {
				s.Errorf("the token %q has a wrong form, or was given before", token)
			}
			seen[token] = true
		}
	}
}

func TestH009_TokenAOpensVersionsAndCredentialsOnly(t *testing.T) {
	s := newStage(t)
	known := s.partner(s.cpo())
	at, tokenA := s.site.invite(t, s.Name())
	header := authorization(encoded(tokenA))
	for url, want := range map[string]int{
		at: 200, strings.TrimSuffix(at, "versions") + string(spoken()): 200, known.Endpoint(ocpi.Credentials, ocpi.Sender): 200,
		known.Endpoint(ocpi.Locations, ocpi.Sender): 401, known.Endpoint(ocpi.Tokens, ocpi.Sender): 401,
		known.Endpoint(ocpi.HubClientInfo, ocpi.Sender): 401,
	} {
		if reply := s.raw("GET", url, header, ""); reply.status != want {
			s.Errorf("%s is answered HTTP %d, want %d", url, reply.status, want)
		}
	}
}

func TestH010_TLSNeedsNoClientCertificate(t *testing.T) {
	s := special(t, plain, "a certificate of the tests")
	cert, pool := selfSigned(t)
	hub := s.ownHub("OCPI_HUB_TLS_CERT_FILE="+cert.certFile, "OCPI_HUB_TLS_KEY_FILE="+cert.keyFile)
	asked := false
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: pool, MinVersion: tls.VersionTLS12,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return &tls.Certificate{}, nil
		},
	}}}
	defer client.CloseIdleConnections()
	_, tokenA := hub.invite(t, s.Name())
	req, err := http.NewRequestWithContext(s.soon(), "GET", "https://"+hub.process.Listen+"/ocpi/versions", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = authorization(encoded(tokenA))
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	s.check(resp.StatusCode == 200 && resp.TLS != nil && !asked, "HTTP %d; a client certificate was asked for: %v", resp.StatusCode, asked)
	strict := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}}}
	if _, err := strict.Get(req.URL.String()); err == nil {
		t.Error("the certificate is not what proves the hub")
	}
}

func TestH011_ARotationIsAPUTOfTheHubAndEndsTheOldToken(t *testing.T) {
	s := newStage(t)
	cpo := s.cpo()
	old := s.partner(cpo)
	operator := s.operator()
	if _, err := operator.Platforms.Rotate(s.soon(), &adminv1.PlatformsRotateRequest{PlatformId: s.platformID(cpo)}); err != nil {
		t.Fatal(err)
	}
	call := s.wait(cpo, "PUT credentials of the hub", ocpitest.Is(ocpi.Credentials, "PUT"))
	fresh := s.partner(cpo).Token
	s.check(fresh != old.Token && field(string(call.Body), "token") == fresh, "the token before and after is the same, or not the one sent")
	s.want(cpo, get(ocpi.Tokens, cpo.Hub(), ""), 200, 1000)
	s.eventually("the old token is dead", func() bool {
		return s.raw("GET", s.site.versionsURL, authorization(encoded(old.Token)), "").status == 401
	})
}

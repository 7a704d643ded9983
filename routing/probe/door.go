package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// judgeEncoding tells how the platform reads tokens; base64 is an answer to a
// token in Base64, asked only where the platform is known to want it plain.
// OCPI 2.1.1 does not speak of Base64.
func judgeEncoding(v ocpi.Version, known ocpi.TokenEncoding, base64 *Exchange) Line {
	switch {
	case known == ocpi.TokenRaw && ocpi.UsualEncoding(v) == ocpi.TokenRaw:
		return checkTokenEncoding.ok("tokens are read as they are")
	case known != ocpi.TokenRaw:
		return checkTokenEncoding.ok("tokens are read in Base64")
	case base64 != nil && base64.refusal() == "":
		return checkTokenEncoding.ok("tokens are read in Base64 and plain; the hub writes them plain: hubctl platforms rotate learns anew")
	}
	return checkTokenEncoding.warn("tokens are read only if they are not in Base64; the hub writes them so",
		"decode the token of the Authorization header from Base64")
}

// judgeRefused looks at the answer to a token that nobody gave out.
func judgeRefused(x Exchange) Line {
	const mend = "answer HTTP 401 to a token that is not known"
	switch a := x.answer(); {
	case x.Err != nil:
		return checkTokenRefused.warn("a wrong token: "+told(x.Err), mend)
	case x.Reply.Status == http.StatusUnauthorized:
		return checkTokenRefused.ok("a wrong token is answered HTTP 401")
	case x.succeeded() && (a.form != enveloped || a.code.Success()):
		return checkTokenRefused.fail("a wrong token is taken: the data is open to everybody", mend)
	}
	return checkTokenRefused.warn("a wrong token is answered HTTP "+statusText(x.Reply.Status)+", not 401", mend)
}

// judgeUnknown looks at the answer to a path that there cannot be.
func judgeUnknown(x Exchange) Line {
	const mend = "answer HTTP 404, in the envelope of OCPI"
	a := x.answer()
	answered := "an unknown path is answered HTTP " + statusText(x.Reply.Status)
	switch {
	case x.Err != nil:
		return checkUnknownPath.warn("an unknown path: "+told(x.Err), mend)
	case x.succeeded() && (a.form != enveloped || a.code.Success()):
		return checkUnknownPath.fail("a path that there is not is answered like one that there is", mend)
	case x.Reply.Status >= http.StatusInternalServerError:
		return checkUnknownPath.fail(answered, mend)
	case x.Reply.Status != http.StatusNotFound && x.Reply.Status != http.StatusMethodNotAllowed:
		return checkUnknownPath.warn(answered, mend)
	case a.form == nothing, a.form == bare:
		return checkUnknownPath.warn(answered+" without an envelope", mend)
	}
	return checkUnknownPath.ok("%s, in an envelope", answered)
}

// judgeSecurity looks at the connections: TLS, and the certificate.
func judgeSecurity(all []Exchange, now time.Time) []Line {
	for _, x := range all {
		if broken, ok := errors.AsType[*tls.CertificateVerificationError](x.Err); ok {
			return []Line{judgeBroken(broken, now)}
		}
	}
	for _, x := range all {
		if x.Reply.Details == nil {
			continue
		}
		if state := x.Reply.Details.TLS; state != nil && len(state.PeerCertificates) > 0 {
			return []Line{checkTLS.ok("%s", tls.VersionName(state.Version)), judgeCertificate(state.PeerCertificates[0], now)}
		}
		return []Line{judgePlain(x.URL)}
	}
	return nil
}

func judgePlain(rawURL string) Line {
	const found, mend = "the platform is called without TLS: tokens and drivers' data go in clear", "serve https only"
	u, err := url.Parse(rawURL)
	if err != nil {
		return checkTLS.fail(found, mend)
	}
	switch ip := net.ParseIP(u.Hostname()); {
	case ip.IsLoopback(), u.Hostname() == "localhost":
		return checkTLS.ok("none, on this very machine")
	case ip.IsPrivate():
		return checkTLS.warn(found, mend)
	}
	return checkTLS.fail(found, mend)
}

// judgeBroken tells why a certificate is not trusted.
func judgeBroken(err *tls.CertificateVerificationError, now time.Time) Line {
	_, wrongHost := errors.AsType[x509.HostnameError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	switch {
	case wrongHost:
		return checkCertificate.fail("the certificate is for another host", "get one for the host of the URLs")
	case unknown:
		return checkCertificate.fail("the certificate is of an authority that the hub does not know, or the chain is not sent whole",
			"send the intermediate certificates too; for an authority of the partner's own set egress.ca_file")
	}
	for _, c := range err.UnverifiedCertificates {
		if now.After(c.NotAfter) {
			return checkCertificate.fail("the certificate ended on "+c.NotAfter.UTC().Format(time.DateOnly), "renew it now: nothing reaches the platform")
		}
	}
	return checkCertificate.fail("the certificate is not good", "get one that is")
}

const (
	day = 24 * time.Hour
	// renewBefore is when a certificate should have been renewed; those that
	// live shortly, when a third of their time is left.
	renewBefore = 14 * day
)

func judgeCertificate(c *x509.Certificate, now time.Time) Line {
	left, life := c.NotAfter.Sub(now), c.NotAfter.Sub(c.NotBefore)
	found := fmt.Sprintf("the certificate ends in %s, on %s", count(int(left/day), "day"), c.NotAfter.UTC().Format(time.DateOnly))
	if left < min(renewBefore, life/3) {
		return checkCertificate.warn(found, "renew it now: afterwards nothing reaches the platform")
	}
	return checkCertificate.ok("%s", found)
}

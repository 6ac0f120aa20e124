package sip

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"syscall"
)

// linkError is why a place could not be connected to, in words that an operator can act upon and that identify nobody.
type linkError struct{ err error }

func (l linkError) Error() string {
	for _, c := range causes {
		if c.is(l.err) {
			return c.says
		}
	}
	return "the connection failed"
}

func (l linkError) Unwrap() error { return l.err }

// noStream is why a message could not be given to any connection.
type noStream string

func (n noStream) Error() string { return string(n) }

const (
	errNoFlow    = noStream("its connection is closed, and it can be reached by no other")
	errNoStreams = noStream("there are too many connections")
	errQueueFull = noStream("it takes nothing more")
	errLate      = noStream("it waited too long for its connection")
)

// causes are what is told apart, the first that fits.
var causes = []struct {
	is   func(error) bool
	says string
}{
	{is[x509.UnknownAuthorityError], "its certificate is signed by nobody we trust"},
	{is[x509.HostnameError], "its certificate is for another name"},
	{expired, "its certificate has expired, or is not valid yet"},
	{is[*tls.CertificateVerificationError], "its certificate is not valid"},
	{is[tls.RecordHeaderError], "it does not speak TLS at this port"},
	{is[tls.AlertError], "it refuses our TLS, or our certificate"},
	{remoteAlert, "it refuses our TLS, or our certificate"},
	{errno(syscall.ECONNREFUSED), "nothing listens there"},
	{errno(syscall.EHOSTUNREACH), "there is no way there"},
	{errno(syscall.ENETUNREACH), "there is no way there"},
	{timedOut, "no answer in time"},
}

// untrusted reports whether it is TLS that failed, and not the connection under it.
func untrusted(err error) bool {
	for _, of := range []func(error) bool{
		is[x509.UnknownAuthorityError], is[x509.HostnameError], expired, is[*tls.CertificateVerificationError], is[tls.RecordHeaderError], is[tls.AlertError], remoteAlert,
	} {
		if of(err) {
			return true
		}
	}
	return false
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func expired(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

// remoteAlert: crypto/tls tells an alert of the far end as an error of this operation.
func remoteAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

func errno(number syscall.Errno) func(error) bool {
	return func(err error) bool { return errors.Is(err, number) }
}

func timedOut(err error) bool {
	var slow net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &slow) && slow.Timeout()
}

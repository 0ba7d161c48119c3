package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
)

// suite gives the number of a cipher suite by its IANA name without TLS_.
func suite(name string) (dtls.CipherSuiteID, error) {
	for _, each := range dtls.CipherSuites() {
		if each.Name == "TLS_"+name {
			return dtls.CipherSuiteID(each.ID), nil
		}
	}
	// It has this one, and does not list it.
	if name == "PSK_WITH_AES_128_CBC_SHA256" {
		return dtls.TLS_PSK_WITH_AES_128_CBC_SHA256, nil
	}
	return 0, fmt.Errorf("pion has no %s", name)
}

// shared gives the options that clients and servers have.
func shared(w words) ([]dtls.Option, error) {
	var suites []dtls.CipherSuiteID
	for _, name := range strings.Split(w.fields["suites"], ",") {
		id, err := suite(name)
		if err != nil {
			return nil, err
		}
		suites = append(suites, id)
	}
	options := []dtls.Option{dtls.WithCipherSuites(suites...), dtls.WithSessionStore(sessions)}
	if identity, found := w.fields["identity"]; found {
		key, err := hex.DecodeString(w.fields["key"])
		if err != nil {
			return nil, err
		}
		options = append(options, dtls.WithPSK(func([]byte) ([]byte, error) { return key, nil }),
			dtls.WithPSKIdentityHint([]byte(identity)))
	}
	if cid, found := w.fields["cid"]; found {
		length, err := strconv.Atoi(cid)
		if err != nil {
			return nil, err
		}
		generator := dtls.RandomCIDGenerator(length)
		if length == 0 {
			generator = dtls.OnlySendCIDGenerator()
		}
		options = append(options, dtls.WithConnectionIDGenerator(generator))
	}
	if padding, found := w.fields["padding"]; found {
		length, err := strconv.Atoi(padding)
		if err != nil {
			return nil, err
		}
		options = append(options, dtls.WithPaddingLengthGenerator(func(uint) uint { return uint(length) }))
	}
	if mtu, found := w.fields["mtu"]; found {
		length, err := strconv.Atoi(mtu)
		if err != nil {
			return nil, err
		}
		options = append(options, dtls.WithMTU(length))
	}
	if interval, found := w.fields["retransmission"]; found {
		milliseconds, err := strconv.Atoi(interval)
		if err != nil {
			return nil, err
		}
		options = append(options, dtls.WithFlightInterval(time.Duration(milliseconds)*time.Millisecond))
	}
	switch w.fields["ems"] {
	case "required":
		options = append(options, dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret))
	case "off":
		options = append(options, dtls.WithExtendedMasterSecret(dtls.DisableExtendedMasterSecret))
	}
	if file, found := w.fields["private"]; found {
		pair, err := tls.LoadX509KeyPair(w.fields["chain"], file)
		if err != nil {
			return nil, err
		}
		options = append(options, dtls.WithCertificates(pair))
	}
	return options, nil
}

func roots(w words) (*x509.CertPool, error) {
	pem, err := os.ReadFile(w.fields["roots"])
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificates", w.fields["roots"])
	}
	return pool, nil
}

func clientOptions(w words) ([]dtls.ClientOption, error) {
	both, err := shared(w)
	if err != nil {
		return nil, err
	}
	options := []dtls.ClientOption{dtls.WithServerName("localhost")}
	for _, each := range both {
		options = append(options, each)
	}
	if _, found := w.fields["roots"]; found {
		pool, err := roots(w)
		if err != nil {
			return nil, err
		}
		options = append(options, dtls.WithRootCAs(pool))
	}
	return options, nil
}

func serverOptions(w words) ([]dtls.ServerOption, error) {
	both, err := shared(w)
	if err != nil {
		return nil, err
	}
	var options []dtls.ServerOption
	for _, each := range both {
		options = append(options, each)
	}
	if _, found := w.fields["roots"]; found {
		pool, err := roots(w)
		if err != nil {
			return nil, err
		}
		options = append(options, dtls.WithClientCAs(pool), dtls.WithClientAuth(dtls.RequireAndVerifyClientCert))
	}
	return options, nil
}

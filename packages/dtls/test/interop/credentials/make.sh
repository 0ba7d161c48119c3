#!/bin/bash
# Makes all keys and certificates of this folder anew. They are for tests alone: everybody has the private keys.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500

key() { # name, curve: NAME.key (PKCS #8) and NAME.pub (SubjectPublicKeyInfo)
  openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:${2:-P-256}" -out "$1.key"
  openssl pkey -in "$1.key" -pubout -out "$1.pub"
}

authority() { # name, subject: its key is thrown away
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key"
  openssl req -x509 -new -key "$work/$1.key" -subj "$2" -sha256 -days $days -out "$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

certificate() { # name, its key, subject, authority, extensions
  openssl req -new -key "$2" -subj "$3" -out "$work/$1.csr"
  openssl x509 -req -in "$work/$1.csr" -CA "$4.crt" -CAkey "$work/$4.key" -set_serial "0x$(openssl rand -hex 8)" \
    -sha256 -days $days -extfile <(printf "$5") -out "$1.crt"
}

leaf='basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n'

authority ca '/CN=Test Authority'
key server
certificate server server.key /CN=localhost ca "${leaf}extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n"
key server384 P-384
certificate server384 server384.key /CN=localhost ca "${leaf}extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n"
key client
certificate client client.key /CN=dev1 ca "${leaf}extendedKeyUsage=clientAuth\n"

# A client whose chain has a certificate in between: chained.crt is the whole chain.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/issuer.key"
certificate issuer "$work/issuer.key" '/CN=Test Issuer' ca 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n'
key chained
certificate chained chained.key /CN=dev2 issuer "${leaf}extendedKeyUsage=clientAuth\n"
cat issuer.crt >>chained.crt

# A client of an authority that nobody trusts.
authority stranger-ca '/CN=Unknown Authority'
key stranger
certificate stranger stranger.key /CN=dev1 stranger-ca "${leaf}extendedKeyUsage=clientAuth\n"
rm stranger-ca.crt stranger.pub chained.pub server384.pub

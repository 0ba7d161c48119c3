#!/bin/bash
# The foreign CoAP stacks and LwM2M codecs that the tests in packages/*/test/interop talk to: into .peers/ (or
# $COAP_PEERS_FOLDER), from the package registries by their own clients. Quick when they are there already. A stack that can't be had is named with the
# reason, and its tests are skipped: this never fails.
set -u
cd "$(dirname "$0")/.." || exit 0

AIOCOAP=0.4.17
CALIFORNIUM=3.14.0
LESHAN=2.0.0-M18

peers=${COAP_PEERS_FOLDER:-$PWD/.peers}
sources=$PWD/packages/coap/test/interop
log=$peers/install.log
mkdir -p "$peers" && : >"$log" || exit 0

missing() { # stack, reason
  echo "no $1: $2"
}

# What runs longer than a minute or two will not come any more.
bounded() {
  if command -v timeout >/dev/null; then timeout 150 "$@" >>"$log" 2>&1; else "$@" >>"$log" 2>&1; fi
}

# Whether a stack was built from exactly this: its version and our sources.
stamp_of() { # version, source file…
  local version=$1
  shift
  echo "$version $(cat "$@" | cksum)"
}

is_current() { # folder, stamp
  [ "$(cat "$1/stamp" 2>/dev/null)" = "$2" ]
}

install_libcoap() {
  command -v coap-client-notls >/dev/null && command -v coap-server-notls >/dev/null && return
  command -v apt-get >/dev/null || { missing libcoap 'there is no apt-get'; return; }
  [ "$(id -u)" = 0 ] || { missing libcoap 'its package libcoap3-bin wants root'; return; }
  bounded apt-get update -qq
  DEBIAN_FRONTEND=noninteractive bounded apt-get install -y -qq --no-install-recommends libcoap3-bin ||
    missing libcoap "apt-get failed, see $log"
}

install_aiocoap() {
  local folder=$peers/aiocoap
  is_current "$folder" "$AIOCOAP" && return
  command -v python3 >/dev/null || { missing aiocoap 'there is no python3'; return; }
  rm -rf "$folder"
  if bounded python3 -m pip install --quiet --target "$folder" "aiocoap==$AIOCOAP"; then
    echo "$AIOCOAP" >"$folder/stamp"
  else
    missing aiocoap "pip failed, see $log"
  fi
}

# A Java program of ours, and the library it is about.
install_java() { # name, folder name, its sources, the property of its pom.xml that has the version, version
  local name=$1 folder=$peers/$2 sources=$3 property=$4 version=$5 stamp tool
  stamp=$(stamp_of "$version" "$sources"/*)
  is_current "$folder" "$stamp" && return
  for tool in java javac mvn; do
    command -v $tool >/dev/null || { missing "$name" "there is no $tool"; return; }
  done
  rm -rf "$folder"
  mkdir -p "$folder/classes"
  if ! bounded mvn -B -q -f "$sources/pom.xml" "-D$property=$version" \
    dependency:copy-dependencies "-DoutputDirectory=$folder/lib"; then
    missing "$name" "mvn failed, see $log"
  elif ! bounded javac -d "$folder/classes" -cp "$folder/lib/*" "$sources"/*.java; then
    missing "$name" "javac failed, see $log"
  else
    echo "$stamp" >"$folder/stamp"
  fi
}

install_go_coap() {
  local folder=$peers/go-coap stamp
  stamp=$(stamp_of go "$sources"/go-coap/*)
  is_current "$folder" "$stamp" && return
  command -v go >/dev/null || { missing go-coap 'there is no go'; return; }
  rm -rf "$folder"
  mkdir -p "$folder"
  if (cd "$sources/go-coap" && bounded go build -o "$folder/plugtest" .); then
    echo "$stamp" >"$folder/stamp"
  else
    missing go-coap "go build failed, see $log"
  fi
}

install_libcoap &
install_aiocoap &
install_java Californium californium "$sources/californium" californium.version $CALIFORNIUM &
install_java Leshan leshan packages/lwm2m-core/test/interop/leshan leshan.version $LESHAN &
install_go_coap &
wait
exit 0

#!/bin/bash
# The foreign CoAP and DTLS stacks and LwM2M codecs that the tests in packages/*/test/interop talk to: into .peers/ (or
# $COAP_PEERS_FOLDER), from the package registries by their own clients. Quick when they are there already. A stack that can't be had is named with the
# reason, and its tests are skipped: this never fails.
set -u
cd "$(dirname "$0")/.." || exit 0

AIOCOAP=0.4.17
COAP_NODE=0.2.5
CALIFORNIUM=3.14.0
LESHAN=2.0.0-M18
# Of LwM2M 1.0.
LESHAN_1=1.5.0
# Of the Node-RED nodes for LwM2M, which bring the sources of Eclipse Wakaama 1.0 and of tinydtls.
WAKAAMA_FROM=2.12.3
# The Debian release whose Mbed TLS has the Connection ID of RFC 9146 compiled in: 3.6.
MBEDTLS_FROM=trixie

peers=${COAP_PEERS_FOLDER:-$PWD/.peers}
sources=$PWD/packages/coap/test/interop
dtls_sources=$PWD/packages/dtls/test/interop
device_sources=$PWD/packages/lwm2m-server/test/interop
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

# One call of apt-get for all: two at a time lock each other out.
install_debian() {
  local wanted=()
  command -v coap-client-notls >/dev/null && command -v coap-server-notls >/dev/null || wanted+=(libcoap3-bin)
  command -v coap-client-gnutls >/dev/null && command -v coap-client-openssl >/dev/null || wanted+=(libcoap3-bin)
  command -v gnutls-cli >/dev/null && command -v gnutls-serv >/dev/null || wanted+=(gnutls-bin)
  command -v openssl >/dev/null || wanted+=(openssl)
  [ ${#wanted[@]} = 0 ] && return
  command -v apt-get >/dev/null || { missing "${wanted[*]}" 'there is no apt-get'; return; }
  [ "$(id -u)" = 0 ] || { missing "${wanted[*]}" 'Debian packages want root'; return; }
  bounded apt-get update -qq
  DEBIAN_FRONTEND=noninteractive bounded apt-get install -y -qq --no-install-recommends "${wanted[@]}" ||
    missing "${wanted[*]}" "apt-get failed, see $log"
}

# The programs of Mbed TLS, built from the source package of a newer Debian. The lists and caches of the system's apt are left alone.
install_mbedtls() {
  local folder=$peers/mbedtls archive tool keys=/usr/share/keyrings/debian-archive-keyring.gpg
  is_current "$folder" "$MBEDTLS_FROM" && return
  for tool in apt-get dpkg-source gcc make; do
    command -v $tool >/dev/null || { missing 'Mbed TLS' "there is no $tool"; return; }
  done
  archive=$(apt-get indextargets --format '$(LABEL) $(SITE)' 'Created-By: Packages' 2>>"$log" | sed -n 's/^Debian //p' | head -1)
  [ -n "$archive" ] && [ -f $keys ] || { missing 'Mbed TLS' 'this system knows no Debian archive'; return; }
  rm -rf "$folder"
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/bin"
  echo "deb-src [signed-by=$keys] $archive $MBEDTLS_FROM main" >"$folder/apt/sources.list"
  local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" -o APT::Sandbox::User=root)
  if ! bounded "${apt[@]}" update || ! (cd "$folder/apt" && bounded "${apt[@]}" source mbedtls); then
    missing 'Mbed TLS' "apt-get failed, see $log"
  elif ! bounded make -j2 -C "$folder"/apt/mbedtls-*/library static ||
    ! bounded make -j2 -C "$folder"/apt/mbedtls-*/programs ssl/ssl_client2 ssl/ssl_server2 test/udp_proxy; then
    missing 'Mbed TLS' "make failed, see $log"
  else
    cp "$folder"/apt/mbedtls-*/programs/{ssl/ssl_client2,ssl/ssl_server2,test/udp_proxy} "$folder/bin"
    rm -rf "$folder/apt"
    echo "$MBEDTLS_FROM" >"$folder/stamp"
  fi
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

install_coap_node() {
  local folder=$peers/coap-node
  is_current "$folder" "$COAP_NODE" && return
  command -v npm >/dev/null || { missing coap-node 'there is no npm'; return; }
  rm -rf "$folder"
  mkdir -p "$folder"
  if bounded npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$folder" "coap-node@$COAP_NODE"; then
    echo "$COAP_NODE" >"$folder/stamp"
  else
    missing coap-node "npm failed, see $log"
  fi
}

# The client of Wakaama, with and without DTLS. Nothing of the package is run: npm fetches it, and gcc compiles what we name.
install_wakaama() {
  local folder=$peers/wakaama tool
  is_current "$folder" "$WAKAAMA_FROM" && return
  for tool in npm tar gcc; do
    command -v $tool >/dev/null || { missing Wakaama "there is no $tool"; return; }
  done
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  if ! (cd "$folder" && bounded npm pack --silent "node-red-contrib-lwm2m@$WAKAAMA_FROM" && bounded tar xzf ./*.tgz); then
    missing Wakaama "npm failed, see $log"
    return
  fi
  local deps=$folder/package/deps/wakatiwai/deps
  local core=$deps/wakaama/core shared=$deps/wakaama/examples/shared tinydtls=$deps/wakaama/examples/shared/tinydtls
  local sources=("$core"/*.c "$core/er-coap-13/er-coap-13.c" "$shared"/{commandline,platform,memtrace}.c
    "$deps"/wakaama/examples/client/*.c)
  local flags=(-w -O1 -DLWM2M_CLIENT_MODE -DLWM2M_BOOTSTRAP -DLWM2M_SUPPORT_JSON -DLWM2M_LITTLE_ENDIAN
    "-I$core" "-I$core/er-coap-13" "-I$shared")
  local dtls=(-DWITH_TINYDTLS -DDTLSv12 -DWITH_SHA256 -DDTLS_PSK -DDTLS_ECC "-I$deps/tinydtls" "-I$tinydtls"
    "-I$tinydtls/aes" "-I$tinydtls/ecc" "-I$tinydtls/sha2" "$shared/dtlsconnection.c"
    "$tinydtls"/{ccm,crypto,dtls_debug,dtls_time,dtls,hmac,netq,peer,session}.c
    "$tinydtls"/{sha2/sha2,aes/rijndael,ecc/ecc}.c)
  if ! bounded gcc "${flags[@]}" "${sources[@]}" "$shared/connection.c" -o "$folder/bin/lwm2mclient" ||
    ! bounded gcc "${flags[@]}" "${sources[@]}" "${dtls[@]}" -o "$folder/bin/lwm2mclient-dtls"; then
    missing Wakaama "gcc failed, see $log"
    return
  fi
  rm -rf "$folder/package" "$folder"/*.tgz
  echo "$WAKAAMA_FROM" >"$folder/stamp"
}

# A Java program of ours, and the library it is about.
install_java() { # name, folder name, its sources, the property of its pom.xml that has the version, version, further source files
  local name=$1 folder=$peers/$2 sources=$3 property=$4 version=$5 stamp tool
  shift 5
  stamp=$(stamp_of "$version" "$sources"/* "$@")
  is_current "$folder" "$stamp" && return
  for tool in java javac mvn; do
    command -v $tool >/dev/null || { missing "$name" "there is no $tool"; return; }
  done
  rm -rf "$folder"
  mkdir -p "$folder/classes"
  if ! bounded mvn -B -q -f "$sources/pom.xml" "-D$property=$version" \
    dependency:copy-dependencies "-DoutputDirectory=$folder/lib"; then
    missing "$name" "mvn failed, see $log"
  elif ! bounded javac -d "$folder/classes" -cp "$folder/lib/*" "$sources"/*.java "$@"; then
    missing "$name" "javac failed, see $log"
  else
    echo "$stamp" >"$folder/stamp"
  fi
}

# A Go program of ours, and the library it is about.
install_go() { # name, its folder among the peers, its sources
  local name=$1 folder=$peers/$2 sources=$3 stamp
  stamp=$(stamp_of go "$sources"/*)
  is_current "$folder" "$stamp" && return
  command -v go >/dev/null || { missing "$name" 'there is no go'; return; }
  rm -rf "$folder"
  mkdir -p "$folder"
  if (cd "$sources" && bounded go build -o "$folder/plugtest" .); then
    echo "$stamp" >"$folder/stamp"
  else
    missing "$name" "go build failed, see $log"
  fi
}

# One after another: Maven's repository is no place for two at a time, and each of them keeps both cores of a small machine busy.
install_all_java() {
  install_java Californium californium "$sources/californium" californium.version $CALIFORNIUM
  install_java Scandium scandium "$dtls_sources/scandium" californium.version $CALIFORNIUM
  install_java Leshan leshan packages/lwm2m-core/test/interop/leshan leshan.version $LESHAN
  install_java "Leshan's server" leshan-bench bench/lwm2m/leshan leshan.version $LESHAN
  install_java "Leshan's client" leshan-2 "$device_sources/leshan/leshan-2" leshan.version $LESHAN "$device_sources"/leshan/shared/*.java
  install_java "Leshan's client of LwM2M 1.0" leshan-1 "$device_sources/leshan/leshan-1" leshan.version $LESHAN_1 "$device_sources"/leshan/shared/*.java
}

install_debian &
install_mbedtls &
install_aiocoap &
install_all_java &
install_coap_node &
install_wakaama &
install_go go-coap go-coap "$sources/go-coap" &
install_go pion pion "$dtls_sources/pion" &
wait
exit 0

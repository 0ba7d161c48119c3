// pion/dtls as a client or as a server that sends back what it gets: see line-peer.ts.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
)

const patience = 10 * time.Second

var (
	given      words
	connection *dtls.Conn
	sessions   = &memory{}
	lastLock   sync.Mutex
	last       *dtls.Conn
)

func main() {
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		answer, err := obey(parse(lines.Text()))
		if err != nil {
			answer = "error " + strings.Join(strings.Fields(err.Error()), " ")
		}
		fmt.Println(answer)
	}
}

func obey(w words) (string, error) {
	switch w.operation {
	case "connect":
		given = w
		return "done", connect()
	case "serve":
		return serve(w)
	case "send":
		return exchange(w.rest)
	case "context":
		return describe()
	case "resume":
		disconnect()
		return "done", connect()
	case "close":
		disconnect()
		return "done", nil
	}
	return "", fmt.Errorf("pion can not %s", w.operation)
}

func connect() error {
	options, err := clientOptions(given)
	if err != nil {
		return err
	}
	address, err := net.ResolveUDPAddr("udp4", "127.0.0.1:"+given.fields["port"])
	if err != nil {
		return err
	}
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if connection, err = dtls.ClientWithOptions(socket, address, options...); err != nil {
		return err
	}
	remember(connection)
	limited, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return connection.HandshakeContext(limited)
}

func disconnect() {
	if connection != nil {
		_ = connection.Close()
		connection = nil
	}
}

func exchange(payload string) (string, error) {
	bytes, err := hex.DecodeString(payload)
	if err != nil {
		return "", err
	}
	if connection == nil {
		return "", errors.New("not connected")
	}
	if _, err := connection.Write(bytes); err != nil {
		return "", err
	}
	buffer := make([]byte, 1<<14)
	if err := connection.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	length, err := connection.Read(buffer)
	if err != nil {
		return "", err
	}
	return "received " + hex.EncodeToString(buffer[:length]), nil
}

func serve(w words) (string, error) {
	options, err := serverOptions(w)
	if err != nil {
		return "", err
	}
	listener, err := dtls.ListenWithOptions("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, options...)
	if err != nil {
		return "", err
	}
	go func() {
		for {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			if accepted, ok := accepted.(*dtls.Conn); ok {
				go sendBack(accepted)
			}
		}
	}()
	return fmt.Sprint("port ", listener.Addr().(*net.UDPAddr).Port), nil
}

func sendBack(accepted *dtls.Conn) {
	buffer := make([]byte, 1<<14)
	for {
		length, err := accepted.Read(buffer)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			_ = accepted.Close()
			return
		}
		remember(accepted)
		if _, err := accepted.Write(buffer[:length]); err != nil {
			return
		}
	}
}

func remember(present *dtls.Conn) {
	lastLock.Lock()
	defer lastLock.Unlock()
	last = present
}

// describe is about the association that was used last.
func describe() (string, error) {
	lastLock.Lock()
	defer lastLock.Unlock()
	state, ok := last.ConnectionState()
	if !ok {
		return "", errors.New("not connected")
	}
	suite := strings.TrimPrefix(dtls.CipherSuiteName(state.CipherSuiteID), "TLS_")
	return fmt.Sprintf("context suite=%s session=%x peer=%s", suite, state.SessionID, state.IdentityHint), nil
}

type words struct {
	operation string
	rest      string
	fields    map[string]string
}

// parse reads OPERATION name=value ..., or send with hexadecimal bytes.
func parse(line string) words {
	operation, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	fields := map[string]string{}
	for _, field := range strings.Fields(rest) {
		if name, value, found := strings.Cut(field, "="); found {
			fields[name] = value
		}
	}
	return words{operation: operation, rest: rest, fields: fields}
}

// memory keeps sessions for resumption.
type memory struct{ kept sync.Map }

func (m *memory) Set(key []byte, session dtls.Session) error {
	m.kept.Store(string(key), session)
	return nil
}

func (m *memory) Get(key []byte) (dtls.Session, error) {
	if session, found := m.kept.Load(string(key)); found {
		return session.(dtls.Session), nil
	}
	return dtls.Session{}, nil
}

func (m *memory) Del(key []byte) error {
	m.kept.Delete(string(key))
	return nil
}

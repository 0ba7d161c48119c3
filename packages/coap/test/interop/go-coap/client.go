package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/bits"
	"os"
	"sync"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"
)

type observation interface {
	Cancel(ctx context.Context, opts ...message.Option) error
}

var (
	observing    sync.Mutex
	observations = map[string]observation{}
	connecting   sync.Mutex
	connections  = map[string]*client.Conn{}
)

func runClient() error {
	say("ready")
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		given := parseCommand(lines.Text())
		go func() {
			if err := obey(given); err != nil {
				say(given.id, "error", err.Error())
			}
		}()
	}
	return lines.Err()
}

func obey(given command) error {
	switch given.operation {
	case "request":
		return request(given)
	case "observe":
		return observe(given)
	case "cancel":
		return cancel(given)
	case "ping":
		connection, err := connect(given)
		if err != nil {
			return err
		}
		if err := connection.Ping(connection.Context()); err != nil {
			return err
		}
		say(given.id, "done")
		return nil
	}
	return fmt.Errorf("go-coap can not %s", given.operation)
}

// connect gives the connection for a port and a size of blocks: go-coap has the size with the connection.
func connect(given command) (*client.Conn, error) {
	port, _ := given.first("port")
	szx := blockwise.SZX1024
	size, sized := given.number("block")
	if sized {
		szx = blockwise.SZX(bits.Len(uint(size)) - 5)
	}
	key := fmt.Sprintf("%s %d", port, szx)
	connecting.Lock()
	defer connecting.Unlock()
	if connection, found := connections[key]; found {
		return connection, nil
	}
	connection, err := udp.Dial("127.0.0.1:"+port, transmission(), ticks(), options.WithBlockwise(true, szx, time.Minute))
	if err == nil {
		connections[key] = connection
	}
	return connection, err
}

func messageOf(given command, connection *client.Conn) (*pool.Message, error) {
	m := connection.AcquireMessage(connection.Context())
	method, _ := given.number("method")
	m.SetCode(codes.Code(method))
	if _, empty := given.number("emptytoken"); !empty {
		token, err := message.GetToken()
		if err != nil {
			return nil, err
		}
		m.SetToken(token)
	}
	m.SetType(message.NonConfirmable)
	if confirmable, _ := given.number("con"); confirmable == 1 {
		m.SetType(message.Confirmable)
	}
	for _, segment := range given.all("path") {
		m.AddOptionString(message.URIPath, string(unhex(segment)))
	}
	for _, part := range given.all("query") {
		m.AddQuery(string(unhex(part)))
	}
	for _, etag := range given.all("etag") {
		if err := m.AddETag(unhex(etag)); err != nil {
			return nil, err
		}
	}
	for _, etag := range given.all("ifmatch") {
		m.AddOptionBytes(message.IfMatch, unhex(etag))
	}
	if _, found := given.number("ifnonematch"); found {
		m.SetOptionBytes(message.IfNoneMatch, nil)
	}
	if format, found := given.number("format"); found {
		m.SetContentFormat(message.MediaType(format))
	}
	if accept, found := given.number("accept"); found {
		m.SetAccept(message.MediaType(accept))
	}
	if payload, found := given.first("payload"); found {
		m.SetBody(bytes.NewReader(unhex(payload)))
	}
	if size, found := given.number("block"); found && codes.Code(method) == codes.GET {
		m.SetOptionUint32(message.Block2, uint32(bits.Len(uint(size))-5))
	}
	return m, nil
}

func request(given command) error {
	connection, err := connect(given)
	if err != nil {
		return err
	}
	m, err := messageOf(given, connection)
	if err != nil {
		return err
	}
	response, err := connection.Do(m)
	if err != nil {
		return err
	}
	return tell(given.id, "reply", response)
}

func observe(given command) error {
	connection, err := connect(given)
	if err != nil {
		return err
	}
	m, err := messageOf(given, connection)
	if err != nil {
		return err
	}
	m.SetObserve(0)
	word := "reply"
	observed, err := connection.DoObserve(m, func(notification *pool.Message) {
		if err := tell(given.id, word, notification); err != nil {
			say(given.id, "error", err.Error())
		}
		word = "notification"
	})
	if err != nil {
		return err
	}
	observing.Lock()
	defer observing.Unlock()
	observations[given.id] = observed
	return nil
}

func cancel(given command) error {
	id, _ := given.first("observation")
	observing.Lock()
	observed := observations[id]
	observing.Unlock()
	if err := observed.Cancel(context.Background()); err != nil {
		return err
	}
	say(given.id, "done")
	return nil
}

// tell says what the client got.
func tell(id, word string, response *pool.Message) error {
	body, err := response.ReadBody()
	if err != nil {
		return err
	}
	words := []string{id, word, fmt.Sprintf("code=%d", response.Code()), "payload=" + hex.EncodeToString(body)}
	if format, err := response.ContentFormat(); err == nil {
		words = append(words, fmt.Sprintf("format=%d", format))
	}
	if etag, err := response.ETag(); err == nil {
		words = append(words, "etag="+hex.EncodeToString(etag))
	}
	for _, option := range response.Options() {
		switch option.ID {
		case message.LocationPath:
			words = append(words, "lpath="+hex.EncodeToString(option.Value))
		case message.LocationQuery:
			words = append(words, "lquery="+hex.EncodeToString(option.Value))
		}
	}
	say(words...)
	return nil
}

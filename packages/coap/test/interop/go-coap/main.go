// The client and the server of go-coap as partners of the tests: see foreign-program.ts.
package main

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/pkg/runner/periodic"
)

var (
	period        = flag.Int("period", 250, "how often observable resources change, in milliseconds")
	separate      = flag.Int("separate", 300, "how long /separate takes, in milliseconds")
	ackTimeout    = flag.Int("ack-timeout", 2000, "ACK_TIMEOUT in milliseconds")
	maxRetransmit = flag.Uint("max-retransmit", 4, "MAX_RETRANSMIT")
)

func main() {
	if len(os.Args) < 2 {
		fail("client or server?")
	}
	if err := flag.CommandLine.Parse(os.Args[2:]); err != nil {
		fail(err.Error())
	}
	var err error
	switch os.Args[1] {
	case "client":
		err = runClient()
	case "server":
		err = runServer()
	default:
		err = fmt.Errorf("client or server, not %s", os.Args[1])
	}
	if err != nil {
		fail(err.Error())
	}
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(1)
}

func transmission() options.TransmissionOpt {
	return options.WithTransmission(1, time.Duration(*ackTimeout)*time.Millisecond, uint32(*maxRetransmit))
}

// ticks looks for what is to be sent again often enough for a short ACK_TIMEOUT; go-coap's own does so every 4 s.
func ticks() options.PeriodicRunnerOpt {
	return options.WithPeriodicRunner(periodic.New(make(chan struct{}), 20*time.Millisecond))
}

var saying sync.Mutex

func say(words ...string) {
	saying.Lock()
	defer saying.Unlock()
	fmt.Println(strings.Join(words, " "))
}

// command is `ID OPERATION name=value ...`.
type command struct {
	id, operation string
	fields        [][2]string
}

func parseCommand(line string) command {
	words := strings.Fields(line)
	parsed := command{id: words[0], operation: words[1]}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		parsed.fields = append(parsed.fields, [2]string{name, value})
	}
	return parsed
}

func (c command) all(name string) []string {
	var values []string
	for _, field := range c.fields {
		if field[0] == name {
			values = append(values, field[1])
		}
	}
	return values
}

func (c command) first(name string) (string, bool) {
	values := c.all(name)
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

func (c command) number(name string) (int, bool) {
	value, found := c.first(name)
	if !found {
		return 0, false
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		fail(err.Error())
	}
	return number, true
}

func unhex(value string) []byte {
	bytes, err := hex.DecodeString(value)
	if err != nil {
		fail(err.Error())
	}
	return bytes
}

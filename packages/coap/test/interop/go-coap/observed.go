package main

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
)

// content is a representation, or the error that ends an observation.
type content struct {
	code   codes.Code
	format message.MediaType
	body   []byte
}

// observer gets one notification after the other; of those that wait only the last.
type observer struct {
	connection mux.Conn
	token      message.Token
	pending    chan content
	number     uint32
}

var allObserved []*observed

// onReset ends the observations of a peer: which notification it has rejected, go-coap does not tell.
func onReset(connection mux.Conn) {
	for _, o := range allObserved {
		o.Lock()
		for key := range o.observers {
			if strings.HasPrefix(key, connection.RemoteAddr().String()+" ") {
				o.end(key)
			}
		}
		o.Unlock()
	}
}

// observed changes by itself, and when somebody puts something into it.
type observed struct {
	sync.Mutex
	kind      message.Type
	represent func(changes int) []byte
	changes   int
	current   content
	observers map[string]*observer
}

func newObserved(kind message.Type, represent func(changes int) []byte) *observed {
	o := &observed{kind: kind, represent: represent, observers: map[string]*observer{}}
	o.current = content{codes.Content, message.TextPlain, represent(0)}
	allObserved = append(allObserved, o)
	go func() {
		for range time.Tick(time.Duration(*period) * time.Millisecond) {
			o.Lock()
			o.changes++
			o.current = content{codes.Content, message.TextPlain, o.represent(o.changes)}
			o.notify(o.current)
			o.Unlock()
		}
	}()
	return o
}

func (o *observed) handle(w mux.ResponseWriter, r *mux.Message) {
	o.Lock()
	defer o.Unlock()
	switch r.Code() {
	case codes.GET:
		var options message.Options
		if value, err := r.Observe(); err == nil {
			key := w.Conn().RemoteAddr().String() + " " + r.Token().String()
			o.end(key)
			if value == 0 {
				o.begin(key, w.Conn(), r.Token())
				options = append(options, message.Option{ID: message.Observe, Value: []byte{}})
			}
		}
		reply(w, o.current.code, o.current.format, o.current.body, options...)
	case codes.PUT:
		format, _ := r.ContentFormat()
		same := format == o.current.format
		o.current = content{codes.Content, format, read(r)}
		reply(w, codes.Changed, message.TextPlain, nil)
		if same {
			o.notify(o.current)
		} else {
			o.notify(content{code: codes.NotAcceptable})
		}
	case codes.DELETE:
		reply(w, codes.Deleted, message.TextPlain, nil)
		o.notify(content{code: codes.NotFound})
	default:
		reply(w, codes.MethodNotAllowed, message.TextPlain, nil)
	}
}

func (o *observed) begin(key string, connection mux.Conn, token message.Token) {
	added := &observer{connection: connection, token: bytes.Clone(token), pending: make(chan content, 1)}
	o.observers[key] = added
	go func() {
		for next := range added.pending {
			if err := o.send(added, next); err != nil || next.code != codes.Content {
				o.Lock()
				if o.observers[key] == added {
					o.end(key)
				}
				o.Unlock()
			}
		}
	}()
}

func (o *observed) end(key string) {
	if ended, found := o.observers[key]; found {
		close(ended.pending)
		delete(o.observers, key)
	}
}

func (o *observed) notify(next content) {
	for _, each := range o.observers {
		select {
		case <-each.pending:
		default:
		}
		each.pending <- next
	}
}

func (o *observed) send(to *observer, next content) error {
	m := to.connection.AcquireMessage(to.connection.Context())
	defer to.connection.ReleaseMessage(m)
	m.SetCode(next.code)
	m.SetType(o.kind)
	m.SetToken(to.token)
	if next.code == codes.Content {
		to.number++
		m.SetObserve(to.number)
		m.SetContentFormat(next.format)
		m.SetOptionUint32(message.MaxAge, uint32(max(1, *period/1000)))
		m.SetBody(bytes.NewReader(next.body))
	}
	return to.connection.WriteMessage(m)
}

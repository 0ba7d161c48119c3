package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapNet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
)

type handler = func(w mux.ResponseWriter, r *mux.Message)

func runServer() error {
	listener, err := coapNet.NewListenUDP("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	blocks := options.WithBlockwise(true, blockwise.SZX1024, time.Minute)
	server := udp.NewServer(options.WithMux(routes()), transmission(), ticks(), blocks)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	_, port, _ := strings.Cut(listener.LocalAddr().String(), ":")
	say("port", port)
	return server.Serve(listener)
}

func routes() *mux.Router {
	router := mux.NewRouter()
	add := func(path string, handle handler) {
		if err := router.Handle(path, mux.HandlerFunc(handle)); err != nil {
			fail(err.Error())
		}
	}
	// go-coap hands a Reset over like a request, and its own default answers it.
	router.DefaultHandleFunc(func(w mux.ResponseWriter, r *mux.Message) {
		if r.Type() == message.Reset {
			onReset(w.Conn())
		} else {
			reply(w, codes.NotFound, message.TextPlain, nil)
		}
	})
	large := largeText()
	add("/test", byMethod(map[codes.Code]handler{
		codes.GET: text("test"),
		codes.PUT: empty(codes.Changed),
		codes.POST: empty(codes.Created,
			texts(message.LocationPath, "location1", "location2", "location3")...),
		codes.DELETE: empty(codes.Deleted),
	}))
	add("/separate", byMethod(map[codes.Code]handler{codes.GET: answerLater}))
	add("/seg1/seg2/seg3", byMethod(map[codes.Code]handler{codes.GET: text("seg1/seg2/seg3")}))
	add("/query", byMethod(map[codes.Code]handler{codes.GET: func(w mux.ResponseWriter, r *mux.Message) {
		queries, _ := r.Queries()
		reply(w, codes.Content, message.TextPlain, []byte(strings.Join(queries, "&")))
	}}))
	add("/location-query", byMethod(map[codes.Code]handler{
		codes.POST: empty(codes.Created, texts(message.LocationQuery, "first=1", "second=2")...),
	}))
	add("/multi-format", byMethod(map[codes.Code]handler{codes.GET: multiFormat}))
	add("/validate", newStored([]byte("first")).handle)
	add("/create1", newStored(nil).handle)
	add("/large", byMethod(map[codes.Code]handler{codes.GET: text(large)}))
	add("/large-update", newStored([]byte(large)).handle)
	add("/large-create", creating(add))
	add("/large-post", byMethod(map[codes.Code]handler{codes.POST: func(w mux.ResponseWriter, r *mux.Message) {
		reply(w, codes.Changed, message.TextPlain, bytes.ToUpper(read(r)))
	}}))
	short := func(changes int) []byte { return fmt.Appendf(nil, "change %d", changes) }
	add("/obs", newObserved(message.Confirmable, short).handle)
	add("/obs-non", newObserved(message.NonConfirmable, short).handle)
	add("/obs-large", newObserved(message.Confirmable, func(changes int) []byte {
		return fmt.Appendf(nil, "change %d\n%s", changes, large)
	}).handle)
	add("/obs-pumping", newObserved(message.Confirmable, func(changes int) []byte {
		if changes%2 == 1 {
			return short(changes)
		}
		return fmt.Appendf(nil, "change %d\n%s", changes, large)
	}).handle)
	return router
}

func byMethod(handlers map[codes.Code]handler) handler {
	return func(w mux.ResponseWriter, r *mux.Message) {
		if handle, found := handlers[r.Code()]; found {
			handle(w, r)
		} else {
			reply(w, codes.MethodNotAllowed, message.TextPlain, nil)
		}
	}
}

func text(body string) handler {
	return func(w mux.ResponseWriter, _ *mux.Message) {
		reply(w, codes.Content, message.TextPlain, []byte(body))
	}
}

func empty(code codes.Code, options ...message.Option) handler {
	return func(w mux.ResponseWriter, _ *mux.Message) {
		reply(w, code, message.TextPlain, nil, options...)
	}
}

func texts(id message.OptionID, values ...string) []message.Option {
	var options []message.Option
	for _, value := range values {
		options = append(options, message.Option{ID: id, Value: []byte(value)})
	}
	return options
}

// answerLater leaves the request without a response, which go-coap acknowledges, and sends the response on its own.
func answerLater(w mux.ResponseWriter, r *mux.Message) {
	connection, token, kind := w.Conn(), bytes.Clone(r.Token()), r.Type()
	time.AfterFunc(time.Duration(*separate)*time.Millisecond, func() {
		m := connection.AcquireMessage(connection.Context())
		defer connection.ReleaseMessage(m)
		m.SetCode(codes.Content)
		m.SetType(kind)
		m.SetToken(token)
		m.SetContentFormat(message.TextPlain)
		m.SetBody(strings.NewReader("separate"))
		_ = connection.WriteMessage(m)
	})
}

func multiFormat(w mux.ResponseWriter, r *mux.Message) {
	accept, err := r.Accept()
	switch {
	case err != nil || accept == message.TextPlain:
		reply(w, codes.Content, message.TextPlain, []byte("plain"))
	case accept == message.AppXML:
		reply(w, codes.Content, message.AppXML, []byte("<xml/>"))
	default:
		reply(w, codes.NotAcceptable, message.TextPlain, nil)
	}
}

func creating(add func(path string, handle handler)) handler {
	var lock sync.Mutex
	created := 0
	return byMethod(map[codes.Code]handler{codes.POST: func(w mux.ResponseWriter, r *mux.Message) {
		lock.Lock()
		defer lock.Unlock()
		created++
		name := fmt.Sprint(created)
		add("/large-create/"+name, newStored(read(r)).handle)
		reply(w, codes.Created, message.TextPlain, nil, texts(message.LocationPath, "large-create", name)...)
	}})
}

// stored has an ETag and can be put under conditions.
type stored struct {
	sync.Mutex
	body    []byte
	format  message.MediaType
	version byte
}

func newStored(body []byte) *stored {
	return &stored{body: body, format: message.TextPlain, version: 1}
}

func (s *stored) handle(w mux.ResponseWriter, r *mux.Message) {
	s.Lock()
	defer s.Unlock()
	etag := []byte{s.version}
	switch r.Code() {
	case codes.GET:
		switch {
		case s.body == nil:
			reply(w, codes.NotFound, message.TextPlain, nil)
		case has(r, message.ETag, etag):
			reply(w, codes.Valid, message.TextPlain, nil, message.Option{ID: message.ETag, Value: etag})
		default:
			reply(w, codes.Content, s.format, s.body, message.Option{ID: message.ETag, Value: etag})
		}
	case codes.PUT:
		exists := s.body != nil
		conditional := r.HasOption(message.IfMatch)
		if (r.HasOption(message.IfNoneMatch) && exists) || (conditional && !(exists && has(r, message.IfMatch, etag))) {
			reply(w, codes.PreconditionFailed, message.TextPlain, nil)
			return
		}
		s.version++
		s.body = read(r)
		if format, err := r.ContentFormat(); err == nil {
			s.format = format
		}
		if exists {
			reply(w, codes.Changed, message.TextPlain, nil)
		} else {
			reply(w, codes.Created, message.TextPlain, nil)
		}
	case codes.DELETE:
		s.body = nil
		reply(w, codes.Deleted, message.TextPlain, nil)
	default:
		reply(w, codes.MethodNotAllowed, message.TextPlain, nil)
	}
}

func has(r *mux.Message, id message.OptionID, value []byte) bool {
	for _, option := range r.Options() {
		if option.ID == id && bytes.Equal(option.Value, value) {
			return true
		}
	}
	return false
}

func read(r *mux.Message) []byte {
	body, err := r.ReadBody()
	if err != nil {
		fail(err.Error())
	}
	return append([]byte{}, body...)
}

func reply(w mux.ResponseWriter, code codes.Code, format message.MediaType, body []byte, options ...message.Option) {
	var reader io.ReadSeeker
	if body != nil {
		reader = bytes.NewReader(body)
	}
	if err := w.SetResponse(code, format, reader, options...); err != nil {
		fail(err.Error())
	}
}

func largeText() string {
	var lines strings.Builder
	for index := range 80 {
		fmt.Fprintf(&lines, "block of sixteen %02d\n", index)
	}
	return lines.String()
}

package main

import (
	"net"
	"sync"
	"time"
)

// movingSocket is a socket that can take another port while it is in use, like a device behind a NAT that has forgotten it.
type movingSocket struct {
	lock    sync.Mutex
	present net.PacketConn
}

func open() (net.PacketConn, error) {
	return net.ListenPacket("udp4", "127.0.0.1:0")
}

func newMovingSocket() (*movingSocket, error) {
	first, err := open()
	return &movingSocket{present: first}, err
}

func (m *movingSocket) move() error {
	next, err := open()
	if err != nil {
		return err
	}
	m.lock.Lock()
	before := m.present
	m.present = next
	m.lock.Unlock()
	return before.Close()
}

func (m *movingSocket) socket() net.PacketConn {
	m.lock.Lock()
	defer m.lock.Unlock()
	return m.present
}

func (m *movingSocket) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		socket := m.socket()
		length, from, err := socket.ReadFrom(buffer)
		if err == nil || socket == m.socket() {
			return length, from, err
		}
	}
}

func (m *movingSocket) WriteTo(bytes []byte, to net.Addr) (int, error) {
	return m.socket().WriteTo(bytes, to)
}

func (m *movingSocket) Close() error                        { return m.socket().Close() }
func (m *movingSocket) LocalAddr() net.Addr                 { return m.socket().LocalAddr() }
func (m *movingSocket) SetDeadline(at time.Time) error      { return m.socket().SetDeadline(at) }
func (m *movingSocket) SetReadDeadline(at time.Time) error  { return m.socket().SetReadDeadline(at) }
func (m *movingSocket) SetWriteDeadline(at time.Time) error { return m.socket().SetWriteDeadline(at) }

// What node:dgram itself costs: each datagram goes back as it came.
import { createSocket } from 'node:dgram';
import { measured } from './measured-server.ts';

const socket = createSocket('udp4');
socket.on('message', (message, { port, address }) => socket.send(message, port, address));
socket.bind(0, '127.0.0.1', () => measured(socket.address().port));

// The cheapest echo that node:dgram has: nothing asks the resolver what the address of an address is.
import { createSocket } from 'node:dgram';
import { measured } from './measured-server.ts';

const socket = createSocket({ type: 'udp4', lookup: (address, _options, callback) => callback(null, address, 4) });
socket.on('message', (message, { port, address }) => socket.send(message, port, address));
socket.bind(0, '127.0.0.1', () => measured(socket.address().port));

// The package `coap` of the npm registry.
import { createServer } from 'coap';
import { createSocket } from 'node:dgram';
import { VALUE } from '../messages.ts';
import { measured } from './measured-server.ts';

const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1', () => {
  const server = createServer((request, response) => {
    if (request.url !== '/bench/value') {
      response.code = '4.04';
      response.end();
    } else if (request.method === 'POST') {
      response.code = '2.04';
      response.end();
    } else {
      response.setOption('Content-Format', 'text/plain');
      response.end(VALUE);
    }
  });
  server.listen(socket);
  measured(socket.address().port);
});

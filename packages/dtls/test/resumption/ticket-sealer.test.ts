import { describe, expect, it } from 'vitest';
import { seededRandom } from '@flownexus/datagram/testing';
import { TICKET_OVERHEAD, TicketSealer } from '../../src/resumption/ticket-sealer.ts';

const CONTENT = new TextEncoder().encode('what a session consists of');
const sealer = (seed = 1): TicketSealer => new TicketSealer({ random: seededRandom(seed), keyMs: 1000 });

describe('TicketSealer', () => {
  it('opens what it has sealed', () => {
    const tickets = sealer();
    const ticket = tickets.seal(CONTENT, 0);
    expect(ticket.length).toBe(CONTENT.length + TICKET_OVERHEAD);
    expect(tickets.open(ticket, 0)).toEqual(CONTENT);
  });

  it('seals the same content differently each time', () => {
    const tickets = sealer();
    expect(tickets.seal(CONTENT, 0)).not.toEqual(tickets.seal(CONTENT, 0));
  });

  it('opens nothing that was changed in any byte or cut short', () => {
    const tickets = sealer();
    const ticket = tickets.seal(CONTENT, 0);
    for (let index = 0; index < ticket.length; index += 1) {
      const changed = Uint8Array.from(ticket);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(tickets.open(changed, 0)).toBeUndefined();
      expect(tickets.open(ticket.subarray(0, index), 0)).toBeUndefined();
    }
    expect(tickets.open(Uint8Array.of(...ticket, 0), 0)).toBeUndefined();
  });

  it("opens no other sealer's tickets, and none before it has sealed any", () => {
    const ticket = sealer(2).seal(CONTENT, 0);
    const tickets = sealer(1);
    expect(tickets.open(ticket, 0)).toBeUndefined();
    tickets.seal(CONTENT, 0);
    expect(tickets.open(ticket, 0)).toBeUndefined();
  });

  it('rotates its key, and the one before still opens', () => {
    const tickets = sealer();
    const first = tickets.seal(CONTENT, 0);
    const second = tickets.seal(CONTENT, 999);
    const third = tickets.seal(CONTENT, 1000);
    expect(second.subarray(0, 16)).toEqual(first.subarray(0, 16));
    expect(third.subarray(0, 16)).not.toEqual(first.subarray(0, 16));
    expect(tickets.open(first, 1999)).toEqual(CONTENT);
    tickets.seal(CONTENT, 2000);
    expect(tickets.open(second, 2000)).toBeUndefined();
    expect(tickets.open(third, 2000)).toEqual(CONTENT);
  });

  it('lets a key go by time alone, without anything new to seal', () => {
    const tickets = sealer();
    const ticket = tickets.seal(CONTENT, 0);
    expect(tickets.open(ticket, 1999)).toEqual(CONTENT);
    expect(tickets.open(ticket, 2000)).toBeUndefined();
  });

  it('gives content of its own', () => {
    const tickets = sealer();
    const opened = tickets.open(tickets.seal(CONTENT, 0), 0);
    expect(opened?.buffer.byteLength).toBe(CONTENT.length);
  });
});

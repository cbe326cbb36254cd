// The words that a packet is listed by.
import assert from 'node:assert/strict';
import test from 'node:test';
import { dissect } from '../../web/src/dissect.js';
import { randomPackets } from './packets.mjs';

const bytes = (text) => Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
const ETHERNET = '020000000009 020000000007';
const IP4 = (protocol, fragment = '0000') => `4500 0028 1c46 ${fragment} 40 ${protocol} 0000 c0000211 cb007109`;
const IP6 = '60000000 0014 06 40 20010db8000000010000000000000007 20010db8000000000000000000000009';

for (const [name, linkType, packet, words] of [
  ['TCP over IPv4', 1, `${ETHERNET} 0800 ${IP4('06')} 0050 1f90`, 'IP 192.0.2.17.80 > 203.0.113.9.8080: TCP'],
  ['ICMP', 1, `${ETHERNET} 0800 ${IP4('01')} 0800`, 'IP 192.0.2.17 > 203.0.113.9: ICMP'],
  ['a fragment', 1, `${ETHERNET} 0800 ${IP4('11', '0002')} 0050 1f90`, 'IP 192.0.2.17 > 203.0.113.9: UDP, fragment at 16'],
  ['behind a VLAN tag', 1, `${ETHERNET} 8100 2064 0800 ${IP4('11')} 0050 1f90`, 'vlan 100, IP 192.0.2.17.80 > 203.0.113.9.8080: UDP'],
  ['TCP over IPv6', 1, `${ETHERNET} 86dd ${IP6} 0050 1f90`, 'IP6 2001:db8:0:1::7.80 > 2001:db8::9.8080: TCP'],
  ['ARP', 1, `${ETHERNET} 0806 0001 0800 06 04 0001 020000000007 c6336407 000000000000 c6336401`, 'ARP, Request who-has 198.51.100.1 tell 198.51.100.7'],
  ['cut short', 1, `${ETHERNET} 0800 4500`, 'IP, cut short'],
  ['another type', 1, `${ETHERNET} 88cc 00`, 'LLDP'],
  ['raw IPv6', 12, `${IP6} 0050 1f90`, 'IP6 2001:db8:0:1::7.80 > 2001:db8::9.8080: TCP'],
  ['cooked', 113, `0000 0001 0006 0200000000070000 0800 ${IP4('06')} 0050 1f90`, 'IP 192.0.2.17.80 > 203.0.113.9.8080: TCP'],
  ['cooked, version 2', 276, `0800 0000 00000003 0001 00 06 0200000000070000 ${IP4('06')} 0050 1f90`, 'IP 192.0.2.17.80 > 203.0.113.9.8080: TCP'],
  ['nothing', 1, '', ''],
  ['a link type that is not known', 105, '0800', ''],
]) {
  test(`tells ${name}`, () => assert.equal(dissect(bytes(packet), linkType), words));
}

test('has words for whatever comes', () => {
  for (const { bytes: packet } of randomPackets(300, 11)) {
    for (let length = 0; length <= packet.length; length += 7) assert.equal(typeof dissect(packet.subarray(0, length), 1), 'string');
  }
});

"""Programs: options, errors, results, and what the kernel makes of them."""

import ctypes
import os
import signal
import socket
import struct
import threading
import unittest

import bpfopt
from bpfopt import host, icmp, ip, port, rand, tcp, udp

TCP_PACKET = bytes.fromhex("0202020202020101010101010800 4500002800000000400600000a0000010a000002") + bytes(20)


class Compile(unittest.TestCase):
    def test_what_stands_in_the_issue(self):
        program = ip & rand(0.1) & icmp
        self.assertIn("ld       [random]", program.compile().asm)
        self.assertTrue(program.compile().verify())

    def test_text_and_expressions_are_the_same(self):
        self.assertEqual(bpfopt.compile("tcp port 80"), tcp.port(80).compile())

    def test_options(self):
        self.assertEqual(ip.compile(link_type="RAW")[0], (0x30, 0, 0, 0))
        self.assertEqual(ip.compile(link_type=12), ip.compile(link_type="RAW"))
        self.assertIn((6, 0, 0, 96), ip.compile(snaplen=96))
        self.assertFalse(tcp.compile(level=1).proven)
        self.assertTrue(tcp.compile(relation="strict", objective="size", proof="required").proven)
        self.assertEqual(host("box").compile(hosts={"box": "192.0.2.1"}), host("192.0.2.1").compile())
        self.assertEqual(host("box").compile(hosts="192.0.2.1 box\n"), host("192.0.2.1").compile())
        self.assertEqual(host("box").compile(hosts=lambda name: ["192.0.2.1"]), host("192.0.2.1").compile())
        self.assertEqual(
            bpfopt.compile("src host in { @list }", read_file={"list": "192.0.2.1"}.__getitem__),
            bpfopt.compile("src host in { 192.0.2.1 }"),
        )
        self.assertEqual(tcp.compile(disabled_passes=bpfopt.passes(), level=1, time_limit=60).run(TCP_PACKET), 262144)

    def test_an_error_has_its_place(self):
        with self.assertRaises(bpfopt.InvalidInput) as caught:
            bpfopt.compile("tcp\nand bort 80")
        error = caught.exception
        self.assertEqual((error.offset, error.length, error.line, error.column), (8, 4, 2, 5))
        self.assertTrue(str(error).endswith("\n  and bort 80\n      ^~~~"), str(error))
        self.assertIsInstance(error, ValueError)

    def test_each_failure_has_its_exception(self):
        with self.assertRaises(bpfopt.TooLarge):
            port(53).compile(limit=5)
        with self.assertRaises(bpfopt.Cancelled):
            bpfopt.compile("ip[4:4] * ip[8:4] = ip[12:4] * ip[16:4] * ip[2:2]", time_limit=0.001, level=3)
        with self.assertRaises(bpfopt.InvalidInput):
            tcp.compile(link_type="EN11MB")
        with self.assertRaises(bpfopt.InvalidInput):
            tcp.compile(relation="equal")
        with self.assertRaises(bpfopt.InvalidInput):
            tcp.compile(snaplen=-1)
        with self.assertRaisesRegex(TypeError, "no option 'snap'"):
            tcp.compile(snap=5)

    def test_exceptions_of_callbacks_come_back(self):
        with self.assertRaises(ZeroDivisionError):
            host("box").compile(hosts=lambda name: 1 // 0)
        with self.assertRaises(KeyError):
            bpfopt.compile("src host in { @list }", read_file={}.__getitem__)

    def test_control_c_ends_a_compile(self):
        hard = "ip[4] * ip[5] * ip[6] + ip[8:2] * ip[10:2] = ip[12:4] * ip[16:4] and ip[4:4] % ip[8:4] = 7"
        # Whoever starts the tests in the background has them ignore the signal.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        with self.assertRaises(KeyboardInterrupt):
            timer.start()
            for _ in range(1000):  # however quick the machine is
                bpfopt.compile(hard, level=3, proof_steps=1 << 40, time_limit=60)
        timer.join()

    def test_warnings(self):
        self.assertTrue(any("no packet" in each for each in bpfopt.compile("ip and not ip").warnings))


class Programs(unittest.TestCase):
    def test_bytes_are_sock_filters(self):
        program = tcp.compile()
        data = bytes(program)
        self.assertEqual(len(data), 8 * len(program))
        self.assertEqual(struct.unpack_from("=HBBI", data), tuple(program[0]))
        self.assertEqual(bpfopt.Program(data), program)
        self.assertEqual(hash(bpfopt.Program(list(program))), hash(program))

    def test_every_format_is_read_back(self):
        program = port(53).compile()
        for name in ("asm", "c", "decimal", "json", "iptables", "bpf_asm"):
            self.assertEqual(bpfopt.Program.parse(program.format(name)), program, name)
        self.assertEqual(ip.compile().iptables, "4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0")
        with self.assertRaises(bpfopt.InvalidInput):
            bpfopt.Program.parse("(000) ldx [x + 5]")

    def test_runs(self):
        self.assertEqual(tcp.compile().run(TCP_PACKET), 262144)
        self.assertEqual(udp.compile().run(TCP_PACKET), 0)

    def test_optimizes(self):
        given = bpfopt.Program.parse("4,48 0 0 9,21 0 1 6,6 0 0 65535,6 0 0 65535")
        smaller = given.optimize(target="linux")
        self.assertEqual(smaller.iptables, "2,48 0 0 9,6 0 0 65535")
        self.assertTrue(smaller.verify(given, target="linux"))
        self.assertEqual(smaller.source, given)

    def test_compares(self):
        verdict = bpfopt.verify(tcp.compile(), udp.compile())
        self.assertFalse(verdict)
        self.assertEqual(verdict.answer, "different")
        example = verdict.counterexample
        self.assertNotEqual(
            tcp.compile().run(example.packet, example.wire_length), udp.compile().run(example.packet, example.wire_length)
        )
        self.assertTrue(bpfopt.implies(tcp.port(80).compile(), tcp.compile()))
        self.assertFalse(bpfopt.implies(tcp.compile(), tcp.port(80).compile()))
        with self.assertRaises(TypeError):
            bpfopt.Program(bytes(tcp.compile())).verify()


@unittest.skipUnless(os.uname().sysname == "Linux", "SO_ATTACH_FILTER is Linux's")
class Kernel(unittest.TestCase):
    def received(self, attach):
        """Which of two packets come through a socket that `attach` was called with."""
        sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with sender, receiver:
            attach(receiver)
            udp_packet = bytearray(TCP_PACKET)
            udp_packet[23] = 17
            for packet in (TCP_PACKET, bytes(udp_packet)):
                try:
                    sender.send(packet)
                except PermissionError:  # the receiver's filter rejects it
                    pass
            receiver.setblocking(False)
            kinds = []
            while True:
                try:
                    kinds.append(receiver.recv(2048)[23])
                except BlockingIOError:
                    return kinds

    def test_a_socket_takes_the_program(self):
        self.assertEqual(self.received(lambda _: None), [6, 17])
        self.assertEqual(self.received(tcp.compile(target="linux").attach), [6])
        self.assertEqual(self.received(lambda sock: bpfopt.attach_filter(sock, "udp", "eth0")), [17])
        self.assertEqual(self.received(lambda sock: bpfopt.attach_filter(sock, tcp | udp)), [6, 17])

    def test_as_scapy_attaches_bytes(self):
        # What scapy.arch.linux does with the instructions of a program.
        def attach(sock):
            program = udp.compile(target="linux")
            buffer = ctypes.create_string_buffer(bytes(program))
            fprog = struct.pack("HL", len(program), ctypes.addressof(buffer))
            sock.setsockopt(socket.SOL_SOCKET, 26, fprog)

        self.assertEqual(self.received(attach), [17])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""fault_proxy.py PORT TARGET_PORT SEED RATE: an HTTP proxy on loopback that spoils one request in RATE.

What it does to a request is drawn from SEED: an answer of "slow down" or of a failure, a line that dies before or
after the server did what it was asked, an answer that is cut, has a bit flipped or is that of an earlier listing, a
request that arrives twice. RATE 0 spoils nothing. It prints a line for each fault and stops when its input ends.
"""
import http.client
import random
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, TARGET, SEED, RATE = (int(word) for word in sys.argv[1:5])
FAULTS = ("slow down", "failure", "die before", "die after", "cut", "flip", "stale", "twice")
draw, lock, listings = random.Random(SEED), threading.Lock(), {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def die(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def say(self, status, body, headers=()):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def forward(self, body):
        link = http.client.HTTPConnection("127.0.0.1", TARGET, timeout=60)
        link.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "content-length"):
                link.putheader(name, value)
        if body or self.command in ("PUT", "POST"):
            link.putheader("Content-Length", str(len(body)))
        link.endheaders()
        if body:
            link.send(body)
        answer = link.getresponse()
        headers = [pair for pair in answer.getheaders() if pair[0].lower() not in ("connection", "transfer-encoding")]
        return answer.status, answer.read(), headers

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock:
            fault = draw.choice(FAULTS) if RATE and draw.randrange(RATE) == 0 else None
            place = draw.random()
        if fault:
            print(fault, self.command, self.path.split("?")[0], flush=True)
        if fault in ("slow down", "failure"):
            code = "SlowDown" if fault == "slow down" else "InternalError"
            return self.say(503 if fault == "slow down" else 500,
                            f"<Error><Code>{code}</Code><Message>spoiled</Message></Error>".encode())
        if fault == "die before":
            return self.die()
        if fault == "twice":
            self.forward(body)
        status, text, headers = self.forward(body)
        key = self.path if self.command == "GET" and "list-type" in self.path else None
        if fault == "stale" and key in listings:
            status, text, headers = listings[key]
        elif key:
            listings[key] = status, text, headers
        if fault == "die after":
            return self.die()
        if fault == "flip" and text:
            at = int(place * len(text))
            text = text[:at] + bytes([text[at] ^ 1 << int(place * 8e6) % 8]) + text[at + 1:]
        if fault == "cut" and text:
            self.say(status, text[:int(place * len(text))], headers)
            return self.die()
        return self.say(status, text, headers)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer


server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()

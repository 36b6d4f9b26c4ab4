# SPDX-License-Identifier: Apache-2.0
"""A proxy between a hub and those who read it, that misbehaves on demand: an HTTP answer is fetched whole and then given as the fault says."""
import http.client, json, random, socket, struct, threading, time


class Proxy:
    """fault(n, path, head, body) -> None to pass it on, or a function (sock, answer bytes) that gives it; n counts answers."""

    def __init__(self, port):
        self.upstream = port
        self.fault = None
        self.answers = 0
        self.old = []  # whole answers to requests for objects, for those who repeat them
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.refuses = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            if self.refuses:
                reset(s)
                continue
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        try:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            f = s.makefile("rb")
            while self.one(s, f):
                pass
        except (OSError, ValueError, http.client.HTTPException):
            pass
        finally:
            s.close()

    def one(self, s, f):
        line = f.readline().decode("latin-1").split()
        if len(line) < 3:
            return False
        headers = {}
        while (h := f.readline().decode("latin-1").strip()):
            k, _, v = h.partition(":")
            headers[k.strip()] = v.strip()
        c = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        c.request(line[0], line[1], headers={k: v for k, v in headers.items() if k.lower() not in ("connection", "accept-encoding")})
        r = c.getresponse()
        body = r.read()
        head = [(k, v) for k, v in r.getheaders() if k.lower() not in ("content-length", "transfer-encoding", "connection")]
        c.close()
        whole = whole_answer(r.status, r.reason, head, body)
        if "/objects/" in line[1] and body != b"{}":
            self.old.append((line[1].partition("?")[0], whole))
        self.answers += 1
        give = self.fault and self.fault(self.answers, line[1], (r.status, r.reason, head), body)
        if not give:
            s.sendall(whole)
            return True
        return give(s, whole)

    def close(self):
        self.listener.close()


def whole_answer(status, reason, head, body):
    return (f"HTTP/1.1 {status} {reason}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in head) + f"Content-Length: {len(body)}\r\n\r\n").encode("latin-1") + body


def reset(s):
    """Closes with RST."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


# ---- ways to give an answer: true where the connection goes on ----

def cut(n):
    def give(s, whole):
        s.sendall(whole[:n])
        time.sleep(0.002)
        reset(s)
        return False
    return give


def truncated(n):
    def give(s, whole):
        s.sendall(whole[:n])
        return False  # closed in good order, too early
    return give


def late(seconds):
    def give(s, whole):
        time.sleep(seconds)
        s.sendall(whole)
        return True
    return give


def never(s, whole):
    """Half open: nothing comes, nothing closes."""
    s.settimeout(40)
    try:
        s.recv(1)
    except OSError:
        pass
    return False


def drip(s, whole):
    """A byte now and then."""
    for i in range(len(whole)):
        s.sendall(whole[i:i + 1])
        time.sleep(0.05)
    return True


def instead(other):
    def give(s, whole):
        s.sendall(other)
        return True
    return give


def changed(head, body, change):
    """The answer with its JSON changed."""
    v = json.loads(body)
    change(v)
    return instead(whole_answer(*head, json.dumps(v).encode()))

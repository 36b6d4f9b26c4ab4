# SPDX-License-Identifier: Apache-2.0
"""What the whole-program tests share: hubs as processes, HTTP as foreign tools speak it, TAP."""
import atexit, base64, http.client, json, os, signal, subprocess, sys, tempfile, time, uuid

BIN = os.environ.get("MUSUBI", "build/musubi")
SHARED = os.environ.get("MUSUBI_SHARED", "../shared")
TAXII = "application/taxii+json;version=2.1"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
STRICT = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"

_count = 0
_failed = 0


def ok(good, title, *detail):
    """One TAP line; details are printed as comments when it failed."""
    global _count, _failed
    _count += 1
    if not good:
        _failed += 1
        for d in detail:
            for line in str(d).splitlines()[:20]:
                print("#", line[:600])
    print(("ok" if good else "not ok"), _count, "-", title)
    sys.stdout.flush()
    return good


def note(text):
    print("#", text)
    sys.stdout.flush()


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


def run(*args, input=None, status=0, timeout=120):
    """Runs a subcommand; its stdout as text. Another exit status than expected is an error that shows what was said."""
    r = subprocess.run([BIN, *map(str, args)], input=input, capture_output=True, timeout=timeout)
    if status is not None and r.returncode != status:
        raise RuntimeError(f"musubi {' '.join(map(str, args))}: status {r.returncode}, expected {status}\n{r.stdout.decode(errors='replace')}\n{r.stderr.decode(errors='replace')}")
    return r.stdout.decode() if status is not None else r


def ask(*args, **kw):
    return json.loads(run(*args, "--json", **kw))


work = tempfile.mkdtemp(prefix="musubi-test-")  # files of one test


def path(name, text=None):
    """Where a file of this name would be; with a text (or what becomes JSON) it is written."""
    p = os.path.join(work, name)
    if text is not None:
        with open(p, "w", newline="") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
    return p


def said(*args, **kw):
    """(status, stdout, stderr) of a call."""
    r = run(*args, status=None, **kw)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def refused(title, want, *args, words=(), **kw):
    """The call fails with this status, prints nothing, and says these words."""
    status, out, err = said(*args, **kw)
    ok(status == want and not out and err.startswith("musubi") and all(w in err for w in words), title, args, status, out, err)


class Hub:
    def __init__(self, name, country="JP", directory=None):
        self.dir = directory or os.path.join(tempfile.mkdtemp(prefix="musubi-test-"), name)
        made = ask("init", self.dir, "--name", name, "--country", country)
        self.id, self.admin = made["hub_id"], made["admin_token"]
        self.process, self.port, self.url = None, 0, None

    def start(self, listen=None):
        log = open(self.dir + ".log", "ab")
        self.process = subprocess.Popen([BIN, "serve", self.dir, "--listen", listen or f"127.0.0.1:{self.port}", "--json"], stdout=subprocess.PIPE, stderr=log)
        atexit.register(self.stop, signal.SIGKILL)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the hub did not start: " + open(self.dir + ".log").read()[-2000:])
        self.url = json.loads(line)["url"]
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            status = self.process.wait(30)
            self.process.stdout.close()
            self.process = None
            return status

    def member(self, name, country="JP", kind="company", *more):
        return ask("member", "add", self.dir, "--name", name, "--country", country, "--kind", kind, *more)["id"]

    def token(self, member, *more):
        return ask("token", "new", self.dir, "--member", member, *more)

    def config(self, key, value):
        run("config", self.dir, key, value)

    def request(self, method, path, token=None, body=None, headers=None, raw=False):
        """(status, headers, body): body parsed when it is JSON and raw is not set. token: text, (user, password) or None."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        h = {"Accept": TAXII}
        if isinstance(token, tuple):
            h["Authorization"] = "Basic " + base64.b64encode(":".join(token).encode()).decode()
        elif token:
            h["Authorization"] = "Bearer " + token
        if body is not None:
            h["Content-Type"] = TAXII
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        h.update(headers or {})
        c.request(method, path, body, {k: v for k, v in h.items() if v is not None})
        r = c.getresponse()
        data = r.read()
        c.close()
        if not raw:
            try:
                data = json.loads(data)
            except ValueError:
                pass
        return r.status, {k.lower(): v for k, v in r.getheaders()}, data

    def objects(self, token, collection="shared", **filters):
        """All pages of a collection."""
        got, next = [], None
        while True:
            q = "&".join([f"{k}={v}" for k, v in filters.items()] + ([f"next={next}"] if next else []))
            status, _, body = self.request("GET", f"/taxii2/hub/collections/{collection}/objects/" + ("?" + q if q else ""), token)
            if status != 200:
                raise RuntimeError(f"{status} {body}")
            got += body.get("objects", [])
            next = body.get("next")
            if not body.get("more"):
                return got

    def share(self, token, *objects, collection="shared"):
        status, _, body = self.request("POST", f"/taxii2/hub/collections/{collection}/objects/", token, {"objects": list(objects)})
        if status != 202:
            raise RuntimeError(f"{status} {body}")
        return body


def new_id(type):
    return f"{type}--{uuid.uuid4()}"


def stamp(offset=0):
    t = time.time() + offset
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + f".{int(t * 1000) % 1000:03d}Z"


def malware(name="sample", markings=(GREEN,), **more):
    now = stamp(-1)
    return {"type": "malware", "spec_version": "2.1", "id": new_id("malware"), "created": now, "modified": now, "name": name, "is_family": False,
            "object_marking_refs": list(markings), **more}


def indicator(pattern, markings=(GREEN,), **more):
    now = stamp(-1)
    return {"type": "indicator", "spec_version": "2.1", "id": new_id("indicator"), "created": now, "modified": now, "name": pattern, "pattern": pattern,
            "pattern_type": "stix", "valid_from": now, "indicator_types": ["malicious-activity"], "object_marking_refs": list(markings), **more}


def introduce(*hubs):
    """Full mesh: each hub lets each other in."""
    for at in hubs:
        for other in hubs:
            if at is not other:
                m = at.member("hub " + other.id[-6:], "JP", "hub")
                run("peer", "add", other.dir, "--url", at.url, "--token", at.token(m)["token"])


def wait_for(what, seconds=15, every=0.05):
    end = time.time() + seconds
    while time.time() < end:
        v = what()
        if v:
            return v
        time.sleep(every)
    return what()

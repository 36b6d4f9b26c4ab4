#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hubs together (design/federation.md): real hubs on loopback, real commands; directory, release, revision, revocation, restarts, no transit."""
import http.server, json, os, shutil, signal, sqlite3, subprocess, sys, threading, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

LATE = 30  # seconds that a busy machine may need for what takes less than one


def ids(objects):
    return [o["id"] for o in objects]


def has(hub, token, id, collection="shared"):
    return id in ids(hub.objects(token, collection))


def version_of(hub, token, id):
    return next((o["modified"] for o in hub.objects(token) if o["id"] == id), None)


def knows_member(hub, id):
    return id in [m["id"] for m in ask("member", "list", hub.dir)]


def holds_bytes(hub, id):
    """Anything at all about this id in the hub's files?"""
    for name in os.listdir(hub.dir):
        path = os.path.join(hub.dir, name)
        if os.path.isfile(path) and id.encode() in open(path, "rb").read():
            return True
    return False


def link_of(hub, url):
    return next(l for l in ask("peer", "status", hub.dir) if l["url"] == url)


def agree(hub, title, directory, ceiling="amber"):
    path = os.path.join(directory, "agreement.json")
    json.dump({"kind": "agreement", "title": {"en": title}, "version": 1, "effective": "2026-01-01T00:00:00Z", "expires": "2099-01-01T00:00:00Z",
               "policy": {"ceiling": ceiling, "clients": False, "personal_data": "none", "retroactive": "none"}}, open(path, "w"))
    made = ask("agreement", "add", hub.dir, path)
    return made["id"], made["marking"]


def sign(hub, agreement, member):
    def attempt():
        return run("agreement", "sign", hub.dir, agreement, "--member", member, status=None).returncode == 0
    return wait_for(attempt, LATE)


def parties(hub, agreement):
    shown = run("agreement", "show", hub.dir, agreement, "--json", status=None)
    return shown.stdout.decode() if shown.returncode == 0 else ""


def two_hubs(a, b):
    a.start()
    b.start()
    introduce(a, b)  # running hubs notice
    a.one = a.member("Contoh Steel", "JP")
    a.two = a.member("Mihon Water", "JP")
    b.one = b.member("Tuayang Bank", "TH")
    b.two = b.member("Tuayang Airline", "TH")
    for hub in (a, b):
        hub.one_token, hub.two_token = hub.token(hub.one)["token"], hub.token(hub.two)["token"]


def directory(a, b):
    began = time.time()
    ok(wait_for(lambda: knows_member(b, a.one) and knows_member(b, a.two) and knows_member(a, b.one), LATE), "members of each hub are known at the other")
    note(f"directory in {time.time() - began:.2f} s")
    a.agreement, a.marking = agree(a, "Sample agreement (fictional)", os.path.dirname(a.dir))
    ok(sign(a, a.agreement, a.one), "a member signs where the agreement was added")
    ok(sign(b, a.agreement, b.one), "a member of another hub signs there, once the agreement has travelled")
    ok(wait_for(lambda: b.one in parties(a, a.agreement) and a.one in parties(b, a.agreement), LATE), "both signatures are known at both hubs")


def release(a, b):
    green, amber, red = malware("green"), malware("amber", (AMBER, a.marking)), malware("red", (RED,))
    status = a.share(a.one_token, green, amber, red)
    ok(status["success_count"] == 3, "one report in three parts is accepted", status)
    ok(wait_for(lambda: has(b, b.one_token, green["id"]) and has(b, b.one_token, amber["id"]), LATE), "a party at the other hub has what is TLP:GREEN and what is under the agreement")
    ok(wait_for(lambda: has(b, b.two_token, green["id"]), LATE), "a non-party there has what is TLP:GREEN")
    time.sleep(1)
    ok(not has(b, b.two_token, amber["id"]), "a non-party there does not have what is under the agreement")
    ok(not has(a, a.two_token, amber["id"]), "nor does a non-party at home")
    ok(not has(b, b.one_token, red["id"]) and not holds_bytes(b, red["id"]), "TLP:RED never came to the other hub")
    return green, amber


def revise(a, b, amber):
    newer = dict(amber, name="amber, revised", modified=stamp())
    a.share(a.one_token, newer)
    ok(wait_for(lambda: version_of(b, b.one_token, amber["id"]) == newer["modified"], LATE), "a revision reaches the party")
    gone = dict(newer, revoked=True, modified=stamp(0.01))
    a.share(a.one_token, gone)
    ok(wait_for(lambda: version_of(b, b.one_token, amber["id"]) == gone["modified"], LATE), "a revocation reaches the party")
    again = dict(gone, revoked=False, modified=stamp(0.02))
    ok(a.share(a.one_token, again)["failure_count"] == 1, "what was revoked does not come back")
    ok(not has(b, b.two_token, amber["id"]), "and the non-party still knows nothing of it")


def the_way_back(a, b, green):
    now = stamp(-1)
    seen = {"type": "sighting", "spec_version": "2.1", "id": new_id("sighting"), "created": now, "modified": now, "sighting_of_ref": green["id"],
            "count": 3, "object_marking_refs": [GREEN]}
    b.share(b.one_token, seen)
    ok(wait_for(lambda: has(a, a.one_token, seen["id"]), LATE), "a sighting finds its way back to the reporter")


def restarts(a, b):
    b.stop()
    missed = [malware(f"while b was away {i}") for i in range(5)]
    for m in missed:
        a.share(a.one_token, m)
    b.start()
    ok(wait_for(lambda: set(ids(missed)) <= set(ids(b.objects(b.two_token))), LATE), "what came while the other hub was stopped arrives after it")
    a.stop(signal.SIGKILL)
    time.sleep(2)
    a.start()
    began = time.time()
    back = malware("after a was killed")
    a.share(a.one_token, back)
    ok(wait_for(lambda: has(b, b.two_token, back["id"]), LATE), "what comes after a hub was killed and started arrives")
    took = time.time() - began
    note(f"caught up {took:.2f} s after the hub was back")
    ok(took < 5 * SLOW, "within five seconds")
    every = ids(b.objects(b.two_token))
    ok(len(every) == len(set(every)), "and nothing came twice")


def frozen(a, b):
    """A hub that stands still for a while: its peers neither lose anything nor wait long."""
    a.process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    a.process.send_signal(signal.SIGCONT)
    began = time.time()
    m = malware("after standing still")
    a.share(a.one_token, m)
    ok(wait_for(lambda: has(b, b.two_token, m["id"]), LATE) and time.time() - began < 5 * SLOW, "what comes after a hub stood still arrives within five seconds")
    note(f"{time.time() - began:.2f} s after it went on")


def latency(a, b, count=25):
    """Report to reader over two hubs: the reader waits at b, the reporter submits at a."""
    newest = malware("last before the clock")
    a.share(a.one_token, newest)
    wait_for(lambda: has(b, b.one_token, newest["id"]), LATE)
    after = b.request("GET", "/taxii2/hub/collections/shared/objects/", b.one_token)[1]["x-taxii-date-added-last"]
    times = []
    for i in range(count):
        m, got = malware(f"timed {i}"), {}

        def read():
            nonlocal after
            end = time.time() + LATE
            while time.time() < end:
                _, head, body = b.request("GET", f"/taxii2/hub/collections/shared/objects/?added_after={after}", b.one_token, headers={"Prefer": "wait=10"})
                if body.get("objects"):
                    after = head["x-taxii-date-added-last"]
                if m["id"] in ids(body.get("objects", [])):
                    got["at"] = time.time()
                    return
        t = threading.Thread(target=read)
        t.start()
        time.sleep(0.05)
        began = time.time()
        a.share(a.one_token, m)
        t.join()
        times.append((got["at"] - began) * 1000 if "at" in got else 1e9)
    times.sort()
    note(f"report to reader across two hubs: median {times[len(times) // 2]:.1f} ms, p90 {times[int(len(times) * 0.9)]:.1f} ms, worst {times[-1]:.1f} ms")
    ok(times[len(times) // 2] < 1000 * SLOW, "a report is with its readers at the other hub within a second (median)")


def commands(a, b):
    m = malware("by command")
    shared = run("share", "-", "--hub", a.url, "--token", a.one_token, "--collection", "shared", "--json", input=json.dumps({"type": "bundle", "id": new_id("bundle"), "objects": [m]}).encode())
    told = json.loads(shared)
    ok(told["accepted"] == 1 and told["objects"][0]["id"] == m["id"], "musubi share tells each object's fate", shared)
    refused = run("share", "-", "--hub", a.url, "--token", a.one_token, "--json", input=json.dumps(malware("no marking", ())).encode(), status=None)
    ok(refused.returncode == 65 and json.loads(refused.stdout)["refused"] == 1, "and ends with 65 when one was refused", refused)
    ok(wait_for(lambda: has(b, b.one_token, m["id"]), LATE), "what was shared by command travels")
    lines = run("pull", b.url, "--token", b.one_token, "--collection", "shared").splitlines()
    ok(m["id"] in [json.loads(l)["id"] for l in lines], "musubi pull prints one object a line")
    wrapped = [json.loads(l) for l in run("pull", b.url, "--token", b.one_token, "--json").splitlines()]
    last = wrapped[-1].get("stamp")
    ok(last and all(w["collection"] == "shared" for w in wrapped), "with --json each line says where it is from, the last one where to resume", wrapped[-1])
    ok(run("pull", b.url, "--token", b.one_token, "--since", last) == "", "and nothing is printed twice when resumed there")
    ok(run("pull", b.url, "--token", "nonsense", status=None).returncode == 77, "a token that does not hold ends with 77")
    follower = subprocess.Popen([BIN, "pull", b.url, "--token", b.one_token, "--since", last, "--follow"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    m = malware("followed")
    a.share(a.one_token, m)
    line = follower.stdout.readline()
    ok(json.loads(line)["id"] == m["id"], "musubi pull --follow prints what comes, as it comes")
    follower.send_signal(signal.SIGTERM)
    _, talk = follower.communicate(timeout=LATE)
    ok(follower.returncode == 0 and b"resume with --since 20" in talk, "SIGTERM ends it cleanly, and it says where to resume", talk)


def pieces(a):
    """What does not fit into one request goes in several; what fits into none is told."""
    a.config("body.bytes", "4096")
    wait_for(lambda: a.request("GET", "/taxii2/hub/", a.one_token)[2]["max_content_length"] == 4096, LATE)
    many = [malware(f"piece {i}") for i in range(40)] + [malware("x" * 5000)]
    r = run("share", "-", "--hub", a.url, "--token", a.one_token, "--json", input="\n".join(map(json.dumps, many)).encode(), status=None)
    told = json.loads(r.stdout)
    ok(told["accepted"] == 40 and told["refused"] == 1 and r.returncode == 65, "a submission larger than the server takes goes in pieces, one object a line", told, r.stderr)
    ok(set(ids(many[:40])) <= set(ids(a.objects(a.one_token))), "and every piece is there")
    a.config("body.bytes", "67108864")


def status(a, b):
    wait_for(lambda: link_of(b, a.url)["connected"] and link_of(b, a.url)["taken"] > 5, LATE)
    l = link_of(b, a.url)
    ok(l["connected"] and l["taken"] > 5 and l["lag_ms"] is not None and l["hub_id"] == a.id, "musubi peer status tells of the link", l)
    ok(l["refused"] == 0 and not l["last_error"], "nothing was refused on the way", l)


def no_transit():
    a, b, c = Hub("left", "JP"), Hub("middle", "TH"), Hub("right", "ID")
    for h in (a, b, c):
        h.start()
    introduce(a, b)
    introduce(b, c)
    m = {h: h.member(f"member of {h.id[-4:]}", "JP") for h in (a, b, c)}
    for h in (a, b, c):
        h.one_token = h.token(m[h])["token"]
    from_a, from_b = malware("from the left"), malware("from the middle")
    wait_for(lambda: knows_member(b, m[a]) and knows_member(c, m[b]), LATE)
    a.share(a.one_token, from_a)
    b.share(b.one_token, from_b)
    ok(wait_for(lambda: has(b, b.one_token, from_a["id"]), LATE), "three in a row: the middle has what the left reported")
    ok(wait_for(lambda: has(c, c.one_token, from_b["id"]), LATE), "the right has what the middle reported")
    time.sleep(1.5)
    ok(not has(c, c.one_token, from_a["id"]) and not holds_bytes(c, from_a["id"]), "the right has nothing of the left: no transit")
    ok(not knows_member(c, m[a]), "and does not know its members")
    agreement, marking = agree(a, "Agreement of the left (fictional)", os.path.dirname(a.dir))
    ok(sign(b, agreement, m[b]), "a member of the middle signs what the left has brought in")
    time.sleep(1)
    ok(not parties(c, agreement), "the right has heard of the signature and not of the agreement")
    introduce(a, c)
    ok(wait_for(lambda: m[b] in parties(c, agreement), LATE), "once the left has told of it, the signature that waited counts")
    ok(sign(c, agreement, m[c]), "and the right can sign")
    under = malware("under the agreement of the left", (AMBER, marking))
    b.share(b.one_token, under)
    ok(wait_for(lambda: has(c, c.one_token, under["id"]), LATE), "what the middle shares under it reaches the right")
    ok(not has(a, a.one_token, under["id"]), "and not the left, who has not signed")
    ok(wait_for(lambda: has(c, c.one_token, from_a["id"]), LATE), "and now the right has what the left reported before")
    for h in (a, b, c):
        h.stop()


class Foreign(http.server.BaseHTTPRequestHandler):
    """A TAXII 2.1 server as others write them: no next, equal stamps, an invalid object in the middle, knows nothing of Prefer."""
    objects = []  # (stamp, object)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        q = dict(p.split("=", 1) for p in query.split("&") if p)
        headers = {}
        if path == "/taxii2/":
            body = {"title": "other", "api_roots": ["/api/"]}
        elif path == "/api/":
            body = {"title": "other", "versions": [TAXII], "max_content_length": 1000000}
        elif path == "/api/collections/":
            body = {"collections": [{"id": "c1", "title": "Feed", "can_read": True, "can_write": False}]}
        elif path == "/api/collections/c1/":
            body = {"id": "c1", "title": "Feed", "can_read": True, "can_write": False}
        elif path == "/api/collections/c1/objects/":
            after, limit = q.get("added_after", "").replace("%3A", ":"), min(int(q.get("limit", 4)), 4)
            some = [(s, o) for s, o in self.objects if s > after]
            body = {"more": len(some) > limit, "objects": [o for _, o in some[:limit]]} if some else {}
            if some:
                headers = {"X-TAXII-Date-Added-First": some[0][0], "X-TAXII-Date-Added-Last": some[:limit][-1][0]}
        else:
            return self.send_error(404)
        data = json.dumps(body).encode()
        self.send_response(200)
        for k, v in {"Content-Type": TAXII, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def foreign_server():
    hub = Hub("reader", "JP")
    member = hub.member("Feed keeper")
    reader = hub.token(hub.member("Reader"))["token"]
    good = [malware(f"feed {i}") for i in range(9)]
    broken = dict(malware("broken"), modified="yesterday")
    stamps = [1, 2, 2, 2, 3, 4, 5, 5, 6, 6]
    Foreign.objects = [(f"2026-01-01T00:00:{s:02d}.000000Z", o) for s, o in zip(stamps, good[:5] + [broken] + good[5:])]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    server.handle_error = lambda *_: None  # a hub that is stopped cuts its connections
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/taxii2/"
    hub.start()
    ok(run("peer", "add", hub.dir, "--url", url, "--member", member, "--into", "feed", "--id", "feed").strip() == "feed", "a server that is no hub is added, with the member who answers for it")
    ok(wait_for(lambda: hub.request("GET", "/taxii2/hub/collections/feed/", reader)[0] == 200, LATE), "a running hub starts the link and makes the collection")
    ok(wait_for(lambda: set(ids(good)) <= set(ids(hub.objects(reader, "feed"))), LATE), "every valid object arrives, whatever its stamp")
    wait_for(lambda: link_of(hub, url)["refused"], LATE)
    l = link_of(hub, url)
    ok(l["refused"] == 1 and l["refusals"][0]["object"] == broken["id"] and l["refusals"][0]["reason"], "the invalid one is set aside with its reason, and blocks nothing", l)
    run("peer", "remove", hub.dir, "feed")
    ok(ask("peer", "list", hub.dir) == [], "and the link is removed again")
    hub.stop()
    server.shutdown()


def withdrawal(a, b):
    """A party that withdraws gets nothing more, wherever it is and whoever shares."""
    before = malware("before the withdrawal", (AMBER, a.marking))
    a.share(a.one_token, before)
    ok(wait_for(lambda: has(b, b.one_token, before["id"]), LATE), "a party gets what is shared under the agreement")
    began = time.time()
    run("agreement", "withdraw", b.dir, a.agreement, "--member", b.one)
    ok(wait_for(lambda: not has(b, b.one_token, before["id"]), LATE), "once it has withdrawn its own hub gives it nothing more")
    note(f"{(time.time() - began) * 1000:.0f} ms after the command was given")
    began = time.time()
    run("agreement", "withdraw", a.dir, a.agreement, "--member", a.one)
    third = b.member("Tuayang Water", "TH")
    ok(wait_for(lambda: run("agreement", "sign", b.dir, a.agreement, "--member", third, status=None).returncode == 0, LATE), "another one signs")
    ok(wait_for(lambda: third in parties(a, a.agreement), LATE), "and is known as a party at the other hub")
    after = malware("by one who has withdrawn", (AMBER, a.marking))
    ok(a.share(a.one_token, after)["failure_count"] == 1, "who has withdrawn shares nothing more under it")


def set_news(hub, of, seconds):
    """As if the hub had been off: when it last heard of another one, so many seconds ago."""
    db = sqlite3.connect(os.path.join(hub.dir, "musubi.db"))
    db.execute("UPDATE accord_news SET at = ? WHERE hub = ?", (int((time.time() - seconds) * 1e6), of.id))
    db.commit()
    db.close()


def silence(a, b):
    """F11: what came from a hub of which nothing was heard for too long is given to nobody, until it is heard of again."""
    agreement, marking = agree(a, "Strict agreement (fictional)", os.path.dirname(a.dir), ceiling="amber+strict")
    ok(sign(a, agreement, a.one) and sign(b, agreement, b.one) and wait_for(lambda: b.one in parties(a, agreement), LATE), "two sign a strict agreement")
    green, strict = malware("green, of a hub that falls silent"), malware("strict, of a hub that falls silent", (STRICT, marking))
    a.share(a.one_token, green, strict)
    ok(wait_for(lambda: has(b, b.one_token, green["id"]) and has(b, b.one_token, strict["id"]), LATE), "both have what is shared")
    after = b.request("GET", "/taxii2/hub/collections/shared/objects/", b.one_token)[1]["x-taxii-date-added-last"]
    shown = link_of(b, a.url)
    ok(shown["last_news"] and shown["withheld"] == "none", "peer status tells when the hub was last heard of", shown)
    a.stop()
    for seconds, gives, withheld in ((3700, [True, False], "amber+strict"), (90000, [False, False], "all")):
        b.stop()
        set_news(b, a, seconds)
        b.start()
        ok([has(b, b.one_token, o["id"]) for o in (green, strict)] == gives, f"heard of {seconds // 3600} h ago: {withheld} is withheld")
        shown = link_of(b, a.url)
        ok(shown["withheld"] == withheld and "it is heard of again" in run("peer", "status", b.dir), "and peer status says so", shown)
        why = ask("why", b.dir, strict["id"], b.one)
        ok(not why["released"] and why["reason"] == "silent", "and so does why", why)
    a.start()
    ok(wait_for(lambda: has(b, b.one_token, green["id"]) and has(b, b.one_token, strict["id"]), LATE), "heard of again: all of it is given again")
    ok(b.objects(b.one_token, added_after=after) == [], "but not a second time to those who had it")
    ok(link_of(b, a.url)["withheld"] == "none", "and peer status says nothing more")


def another_hub(a, b):
    """Somebody else answers at the address of a known hub."""
    port = a.port
    a.stop()
    other = Hub("impostor", "JP")
    other.start(f"127.0.0.1:{port}")
    ok(wait_for(lambda: "another hub" in link_of(b, a.url)["last_error"], LATE), "another hub under a known address is refused, in words", link_of(b, a.url))
    other.stop()
    a.start()
    m = malware("the right one again")
    a.share(a.one_token, m)
    ok(wait_for(lambda: has(b, b.one_token, m["id"]), LATE * 2), "and the right one is taken again")


def encrypted():
    """A hub with TLS: trusted by its CA file only, by commands and by links."""
    if not shutil.which("openssl"):
        note("openssl is not here: no certificates to test TLS with")
        return
    a, b = Hub("sealed", "JP"), Hub("reader of the sealed", "TH")
    home = os.path.dirname(a.dir)
    key, cert = os.path.join(home, "key.pem"), os.path.join(home, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "3",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    os.chmod(key, 0o600)
    a.config("tls.certificate", cert)
    a.config("tls.key", key)
    a.start()
    b.start()
    ok(a.url.startswith("https://"), "a hub with a certificate speaks https")
    member = a.member("Sealed member")
    token = a.token(member)["token"]
    r = run("pull", a.url, "--token", token, status=None)
    ok(r.returncode == 74 and b"not trusted" in r.stderr, "a client that does not know its issuer goes no further", r.stderr)
    ok(run("pull", a.url, "--token", token, "--ca", cert) == "", "one that does reads")
    ok(run("pull", a.url.replace("https", "http"), "--token", token, status=None).returncode == 74, "nobody reads without TLS")
    made = ask("peer", "invite", a.dir, "--name", "reader", "--country", "TH")
    run("peer", "add", b.dir, "--url", a.url, "--token", made["token"], "--ca", cert)
    made = ask("peer", "invite", b.dir, "--name", "sealed", "--country", "JP")  # a gives only what some member of b may have: it has to know them
    run("peer", "add", a.dir, "--url", b.url, "--token", made["token"])
    m = malware("sealed")
    shared = run("share", "-", "--hub", a.url, "--token", token, "--ca", cert, "--json", input=json.dumps(m).encode())
    ok(json.loads(shared)["accepted"] == 1, "a member shares over TLS")
    reader = b.token(b.member("Reader", "TH"))["token"]
    ok(wait_for(lambda: has(b, reader, m["id"]), LATE), "and a link over TLS brings it to the other hub")
    a.stop()
    b.stop()


SLOW = float(os.environ.get("MUSUBI_TEST_SLOW", "3"))  # sanitizers and a shared machine


def main():
    a, b = Hub("tokyo", "JP"), Hub("bangkok", "TH")
    two_hubs(a, b)
    directory(a, b)
    green, amber = release(a, b)
    revise(a, b, amber)
    the_way_back(a, b, green)
    commands(a, b)
    pieces(a)
    status(a, b)
    restarts(a, b)
    frozen(a, b)
    latency(a, b)
    another_hub(a, b)
    silence(a, b)
    withdrawal(a, b)
    a.stop()
    b.stop()
    no_transit()
    foreign_server()
    encrypted()
    done()


main()

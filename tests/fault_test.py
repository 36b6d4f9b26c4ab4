#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hubs together over bad links (design/federation.md, F1-F9, F12): answers cut at every offset, truncated, late, never, twice, old, and changed on the way.
The seed of the random part is printed; MUSUBI_SEED repeats it."""
import os, random, signal, sys, threading, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *
from faults import *

LATE = 40
SEED = int(os.environ.get("MUSUBI_SEED", time.time_ns() % 1000000))


def ids(objects):
    return [o["id"] for o in objects]


def status_of(hub, url):
    return next(l for l in ask("peer", "status", hub.dir) if l["url"] == url)


def link(reader, at, url):
    m = at.member("hub " + reader.id[-6:], "JP", "hub")
    run("peer", "add", reader.dir, "--url", url, "--token", at.token(m)["token"])


def memory(hub):
    for line in open(f"/proc/{hub.process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])


class Reader(threading.Thread):
    """Follows a feed by its dates, as a member does, and keeps everything in order."""

    def __init__(self, hub, token):
        super().__init__(daemon=True)
        self.hub, self.token, self.got, self.after, self.ends = hub, token, [], None, False
        self.start()

    def run(self):
        while not self.ends:
            q = f"?added_after={self.after}" if self.after else ""
            try:
                s, head, body = self.hub.request("GET", "/taxii2/hub/collections/shared/objects/" + q, self.token, headers={"Prefer": "wait=1"})
            except OSError:
                time.sleep(0.1)
                continue
            if s == 200 and body.get("objects"):
                self.got += body["objects"]
                self.after = head["x-taxii-date-added-last"]
            elif s != 200:
                time.sleep(0.1)

    def has(self, wanted):
        return set(wanted) <= set(keys(self.got))


def key(o):
    return (o["id"], o.get("modified", o["created"]))


def keys(objects):
    return [key(o) for o in objects]


class Stage:
    """a and c report; b reads a over the proxy and c directly."""

    def __init__(self):
        self.a, self.b, self.c = Hub("tokyo", "JP"), Hub("bangkok", "TH"), Hub("jakarta", "ID")
        for h in (self.a, self.b, self.c):
            h.start()
            h.one = h.member("First of " + h.id[-4:], "JP")
            h.two = h.member("Second of " + h.id[-4:], "JP")
            h.one_token, h.two_token = h.token(h.one)["token"], h.token(h.two)["token"]
        self.proxy = Proxy(self.a.port)
        link(self.b, self.a, self.proxy.url)
        link(self.a, self.b, self.b.url)
        link(self.b, self.c, self.c.url)
        link(self.c, self.b, self.b.url)

    def known(self):
        def all_there():
            there = {h: {m["id"] for m in ask("member", "list", h.dir)} for h in (self.a, self.b, self.c)}
            return {self.a.one, self.c.one} <= there[self.b] and self.b.one in there[self.a] and self.b.one in there[self.c]
        return wait_for(all_there, LATE)

    def arrives(self, objects, title):
        ok(wait_for(lambda: set(keys(objects)) <= set(keys(self.b.objects(self.b.two_token))), LATE), title)


def every_offset(s, name, fault):
    """Each answer about objects breaks off a little later than the one before, until one is whole."""
    sent = []
    at = [0]

    def breaks(n, path, head, body):
        if "/objects/" not in path or not json.loads(body).get("objects"):
            return None
        at[0] += 1
        length = len(body) + 400
        return fault(at[0] * 173 % length) if at[0] <= 7 else None

    s.proxy.fault = breaks
    for i in range(6):
        m = [malware(f"{name} {i} {k}") for k in range(3)]
        s.a.share(s.a.one_token, *m)
        sent += m
        time.sleep(0.1)
    s.arrives(sent, f"answers {name} at seven offsets: everything arrives all the same (F2)")
    s.proxy.fault = None
    got = ids(s.b.objects(s.b.two_token))
    ok(len(got) == len(set(got)) and at[0] > 7, f"answers {name}: nothing twice (F3)", at)


def old_answers(s):
    """Answers of before are given again, in any order; what was revoked stays so."""
    line = malware("soon revoked")
    s.a.share(s.a.one_token, line)
    s.arrives([line], "a version arrives")
    gone = dict(line, modified=stamp(), revoked=True)
    s.a.share(s.a.one_token, gone)
    s.arrives([gone], "and its revocation")
    dice = random.Random(SEED)
    used = [0]

    def old(n, path, head, body):
        same = [w for p, w in s.proxy.old if p == path.partition("?")[0]]
        if "/objects/" in path and same and dice.random() < 0.6:
            used[0] += 1
            return instead(dice.choice(same))

    s.proxy.fault = old
    sent = []
    for i in range(12):
        sent.append(malware(f"among old answers {i}"))
        s.a.share(s.a.one_token, sent[-1])
        time.sleep(0.15)
    s.proxy.fault = None
    s.arrives(sent, "old answers, repeated and out of order, lose nothing (F4)")
    ok(used[0] > 3, "old answers were given", used)
    ok([o for o in s.b.objects(s.b.two_token) if o["id"] == line["id"]] == [gone], "what was revoked did not come back (F6)")
    same = lambda h: {o["id"]: o["modified"] for o in h.objects(h.two_token)}
    mine, theirs = same(s.a), same(s.b)
    ok(all(theirs.get(i) == v for i, v in mine.items()), "both hubs agree on every object's current version (F5)", {i: (v, theirs.get(i)) for i, v in mine.items() if theirs.get(i) != v})


def changed_answers(s):
    """A page whose objects were changed or invented on the way: what cannot be taken is set aside, the rest comes."""
    good, bad, foreign = malware("good"), malware("made invalid"), malware("given to another origin")
    invented = malware("invented", created_by_ref=s.c.one)

    def change(v):
        for i, o in enumerate(v["objects"]):
            if o["id"] == bad["id"]:
                o["modified"] = "yesterday"
            elif o["id"] == foreign["id"]:
                v["x_musubi"][i]["origin"] = s.c.one
        v["objects"].append(invented)
        v["x_musubi"].append({"origin": s.a.one, "added": stamp(), "home": s.a.id})

    def tampers(n, path, head, body):
        if b"made invalid" in body and "/objects/" in path:
            return changed(head, body, change)

    s.proxy.fault = tampers
    before = status_of(s.b, s.proxy.url)["refused"]
    s.a.share(s.a.one_token, bad, foreign, good)
    s.arrives([good], "the good object of a page with poison arrives (F9)")
    last = malware("after the poison")
    s.a.share(s.a.one_token, last)
    s.arrives([last], "and so does what comes after it")
    s.proxy.fault = None
    there = ids(s.b.objects(s.b.two_token))
    ok(not {bad["id"], foreign["id"], invented["id"]} & set(there), "nothing invalid, nothing of another's origin and nothing invented was taken (F7)")
    l = wait_for(lambda: (lambda l: l if l["refused"] >= before + 3 else None)(status_of(s.b, s.proxy.url)), LATE) or status_of(s.b, s.proxy.url)
    told = {r["object"]: r["reason"] for r in l["refusals"]}
    ok({bad["id"], foreign["id"], invented["id"]} <= set(told) and all(told.values()), "each is set aside with its reason", told)


def isolation(s):
    """While the link to one peer hangs, drips or is flooded with rubbish, another peer's objects come as before and memory stays bounded."""
    reader = Reader(s.b, s.b.two_token)

    def timed(n):
        times = []
        for i in range(n):
            m = malware(f"of the third {i}")
            began = time.time()
            s.c.share(s.c.one_token, m)
            if not wait_for(lambda: reader.has([key(m)]), LATE, 0.002):
                return None
            times.append(time.time() - began)
        return sorted(times)

    def rubbish(k, whole):
        k.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/taxii+json;version=2.1\r\n\r\n{\"objects\":[")
        junk = b"{\"type\":\"x\"}," * 4096
        for _ in range(400):
            k.sendall(junk)
        return False

    timed(5)
    healthy, bad, before = [], [], memory(s.b)
    for name, fault in (("hangs", never), ("drips", drip), ("floods", rubbish)):
        s.proxy.fault = None
        healthy += timed(8) or []
        s.proxy.fault = lambda n, path, head, body: fault
        s.a.share(s.a.one_token, malware(f"behind a link that {name}"))
        t = timed(8)
        ok(t, f"a peer whose link {name} does not keep another's objects away (F8)")
        bad += t or []
    healthy.sort()
    bad.sort()
    grown = memory(s.b) - before
    note(f"report to reader from another peer: median {healthy[len(healthy) // 2] * 1000:.1f} ms healthy, {bad[len(bad) // 2] * 1000:.1f} ms beside a bad link; worst {healthy[-1] * 1000:.1f} and {bad[-1] * 1000:.1f} ms")
    note(f"memory grew by {grown / 1024:.1f} MB")
    ok(grown < 400 << 10, "a bad link costs bounded memory (F8)", grown)
    s.proxy.fault = None
    reader.ends = True


def random_life(s):
    """Reports and faults at random, the readers' hub killed now and then; at the end every reader has exactly what it may have."""
    note(f"seed {SEED}")
    dice = random.Random(SEED)
    path = os.path.join(os.path.dirname(s.a.dir), "agreement.json")
    json.dump({"kind": "agreement", "title": {"en": "Sample agreement (fictional)"}, "version": 1, "effective": "2026-01-01T00:00:00Z", "policy": {"ceiling": "amber+strict", "retroactive": "all"}}, open(path, "w"))
    made = ask("agreement", "add", s.a.dir, path)
    run("agreement", "sign", s.a.dir, made["id"], "--member", s.a.one)
    ok(wait_for(lambda: run("agreement", "sign", s.b.dir, made["id"], "--member", s.b.one, status=None).returncode == 0, LATE), "an agreement crosses")
    wait_for(lambda: s.b.one in run("agreement", "show", s.a.dir, made["id"], "--json"), LATE)
    party, other = Reader(s.b, s.b.one_token), Reader(s.b, s.b.two_token)
    ways = [None, None, cut, truncated, late, never, drip]

    def fault(n, path, head, body):
        way = mood[0]
        return way(dice.randrange(len(body) + 300)) if way in (cut, truncated) else way(0.3) if way is late else way

    mood, all_green, all_amber = [None], [], []
    s.proxy.fault = fault
    end = time.time() + 10
    while time.time() < end:
        what = dice.randrange(10)
        if what < 2:
            mood[0] = dice.choice(ways)
            s.proxy.refuses = dice.random() < 0.15
        elif what == 2 and dice.random() < 0.3:
            s.b.stop(signal.SIGKILL)
            s.b.start(f"127.0.0.1:{s.b.port}")
        else:
            m = malware(f"random {what}", (GREEN,) if what < 7 else (STRICT, made["marking"]))
            if s.a.share(s.a.one_token, m)["failure_count"] == 0:
                (all_green if what < 7 else all_amber).append(m)
        time.sleep(dice.random() * 0.1)
    mood[0], s.proxy.refuses, s.proxy.fault = None, False, None
    healed = time.time()
    ok(wait_for(lambda: party.has(keys(all_green + all_amber)) and other.has(keys(all_green)), LATE), "once the link is whole every reader has everything that it may have (F2)",
       len(all_green), len(all_amber), len(party.got), len(other.got))
    note(f"{len(all_green)} and {len(all_amber)} objects; caught up {time.time() - healed:.2f} s after the link healed")
    party.ends = other.ends = True
    ok(not set(keys(all_amber)) & set(keys(other.got)), "and nothing else: what is under the agreement went to its party alone (F1)")
    for name, r in (("party", party), ("other", other)):
        ok(len(keys(r.got)) == len(set(keys(r.got))), f"and nothing twice, for the {name} (F3)", len(r.got))
    checked = run("check", s.b.dir, status=None)
    ok(checked.returncode == 0, "the reading hub's store is in order after all that (F12)", checked.stdout, checked.stderr)


def main():
    s = Stage()
    ok(s.known(), "three hubs know each other's members, one over a proxy")
    for part in (lambda s: every_offset(s, "cut", cut), lambda s: every_offset(s, "truncated", truncated), old_answers, changed_answers, isolation, random_life):
        began = time.time()
        part(s)
        note(f"{time.time() - began:.1f} s")
    for h in (s.a, s.b, s.c):
        h.stop()
    s.proxy.close()
    done()


main()

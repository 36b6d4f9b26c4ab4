#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""musubi match as a user runs it: lists, STIX, logs, a hub, sightings; exit statuses; what is never sent."""
import gzip, json, lzma, os, shutil, signal, subprocess, sys, tempfile, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

HERE = tempfile.mkdtemp(prefix="musubi-match-")


def file(name, text):
    path = os.path.join(HERE, name)
    with open(path, "wb") as out:
        out.write(text if isinstance(text, bytes) else text.encode())
    return path


def match(*args, status, input=None):
    """(parsed JSON lines, what was said): the status must be as said."""
    r = run("match", *args, "--json", input=input, status=None)
    if r.returncode != status:
        raise RuntimeError(f"match {args}: status {r.returncode}, expected {status}\n{r.stdout.decode()}\n{r.stderr.decode()}")
    return [json.loads(l) for l in r.stdout.decode().splitlines()], r.stderr.decode()


def lists_and_logs():
    listing = file("list.txt", "\ufeff# comment\nevil[.]example ; why\n0.0.0.0 sunk.example # hosts\n198.51.100.0/24\n\nco.jp\nno value\nhxxps://evil[.]example/a\n")
    log = file("query.log", b"one evil.example.com\r\ntwo www.EVIL.example. 198.51.100.9\nthree sunk.example\n\x00 https://evil.example:443/a")
    hits, said = match("--indicators", listing, log, status=1)
    ok([(h["line"], h["text"], h["value"], h["kind"]) for h in hits] == [(2, "www.EVIL.example", "evil.example", "domain"), (2, "198.51.100.9", "198.51.100.0/24", "ipv4"),
        (3, "sunk.example", "sunk.example", "domain"), (4, "https://evil.example:443/a", "https://evil.example/a", "url"), (4, "evil.example", "evil.example", "domain")],
       "a list with comments, hosts lines and defanged values finds what stands in a log", hits)
    data = open(log, "rb").read()
    ok(all(data[h["offset"]:].startswith(h["text"].encode()) for h in hits), "offsets are bytes of the file")
    ok(all(h["file"] == log and h["source"] == listing and h["indicator"] is None for h in hits), "hits name their file and source")
    ok('"no value"' in said and "line 7" in said and "public suffix" in said, "what could not be used is said", said)
    ok(match("--indicators", listing, "-", status=0, input=b"nothing here\n")[0] == [], "nothing found is status 0")
    ok(len(match("--indicators", "-", log, status=1, input=b"evil.example\n")[0]) == 2, "a list may come from standard input")
    hits, _ = match("--indicators", listing, os.path.join(HERE, "none"), log, status=2)
    ok(len(hits) == 5, "a log that is not there is trouble, the others are searched all the same")
    ok(run("match", log, status=None).returncode == 2, "without indicators there is nothing to do: 2")
    ok(run("match", "--indicators", os.path.join(HERE, "none"), log, status=None).returncode == 2, "a list that is not there is trouble")
    text = run("match", "--indicators", listing, log, status=1).splitlines()
    ok(text[0].split("\t") == [f"{log}:2:26", "www.EVIL.example", "evil.example", "evil[.]example", "-", listing], "text has a line a hit", text[0])
    told = run("match", "--indicators", listing, "--summary", log, status=1).splitlines()
    ok(told[0].startswith("2\tevil[.]example\t"), "a summary counts", told)
    escape = file("escape.log", b"\x1b[31m evil.example\x1b]0;x\x07\n")
    ok("\x1b" not in run("match", "--indicators", listing, escape, status=1), "escape sequences of a log do not reach the terminal")


def index_files():
    listing, log = file("values.txt", "evil.example\n198.51.100.0/24\n"), file("some.log", "x evil.example\n198.51.100.4\nno\n")
    index = os.path.join(HERE, "values.index")
    hits, _ = match("--indicators", listing, "--index", index, log, status=1)
    ok(match("--index", index, log, status=1)[0] == hits and len(hits) == 2, "an index file finds what its list finds", hits)
    run("match", "--indicators", file("other.txt", "other.example"), "--index", index)
    ok(match("--index", index, log, status=0)[0] == [], "it is made anew by the same command, without logs too")
    whole = open(index, "rb").read()
    for name, data in ("cut", whole[:-64]), ("changed", whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]), ("nothing", b""), ("foreign", b"x" * 100000):
        r = run("match", "--index", file(name, data), log, status=None)
        ok(r.returncode == 2 and b"index" in r.stderr, f"an index file that is {name} is refused", r.stderr.decode())
    ok(run("match", "--index", os.path.join(HERE, "none.index"), log, status=None).returncode == 2, "one that is not there too")


EVE = '{"timestamp":"2026-11-22T10:20:%02d.000001+0900","event_type":"dns","src_ip":"10.0.0.1","dest_ip":"8.8.8.8","dns":{"rrname":"%s"},"note":"%s"}\n'


def formats_and_forms():
    listing = file("forms.txt", "evil.example\n203.0.113.0/24\n8.8.8.8\n")
    log = file("eve.json", EVE % (1, "good.example", "evil.example") + EVE % (2, "www.evil.example", "x") + EVE % (3, "evil.example", "x"))
    hits, said = match("--indicators", listing, log, status=1)
    ok([(h["line"], h["field"], h["sco"]) for h in hits] == [(2, "dns.rrname", "domain-name:value"), (3, "dns.rrname", "domain-name:value")], "a value counts in fields of its kind, and the hit names the field", hits)
    ok(hits[0]["time"] == "2026-11-22T01:20:02.000001Z", "the time is the event's", hits[0])
    ok(len(match("--indicators", listing, "--format", "text", log, status=1)[0]) == 3, "--format text looks everywhere")
    hits, _ = match("--indicators", listing, "--warn", "mark", log, status=1)
    ok([h.get("warninglist") for h in hits if h["value"] == "8.8.8.8"] == ["public DNS resolvers"] * 3, "--warn mark shows what is well known, and on which list", hits)
    misp = file("misp.json", json.dumps({"name": "ours", "type": "hostname", "version": 1, "list": ["evil.example"], "matching_attributes": ["domain"]}))
    ok(match("--indicators", listing, "--warninglist", misp, log, status=0)[0] == [], "a warning list in MISP's form suppresses")
    ok(len(match("--indicators", listing, "--no-warninglists", log, status=1)[0]) == 5, "--no-warninglists")
    out = lambda form: run("match", "--indicators", listing, "--output", form, log, status=None).stdout.decode()
    ecs = [json.loads(l) for l in out("ecs").splitlines()]
    ok(ecs[0]["threat.indicator.type"] == "domain-name" and ecs[0]["threat.enrichments.matched.field"] == "dns.rrname" and ecs[0]["@timestamp"] == "2026-11-22T01:20:02.000001Z", "ECS", ecs)
    eve = [json.loads(l) for l in out("eve").splitlines()]
    ok(eve[0]["event_type"] == "alert" and eve[0]["alert"]["signature"] == "evil.example" and eve[0]["musubi"]["line"] == 2, "EVE alerts", eve)
    ok(out("csv").splitlines()[0].startswith("file,line,offset,time,field") and len(out("csv").splitlines()) == 3, "CSV with a header", out("csv"))
    summary, _ = match("--indicators", listing, "--summary", log, status=1)
    ok([(s["value"], s["count"], s["first"], s["last"]) for s in summary] == [("evil.example", 2, "2026-11-22T01:20:02.000001Z", "2026-11-22T01:20:03.000001Z")], "the summary has count, first and last time", summary)
    page = os.path.join(HERE, "report.html")
    match("--indicators", file("html.txt", "evil.example\n"), "--report", page, log, status=1)
    text = open(page).read()
    ok("<code>evil.example</code>" in text and "<script" not in text and "1 of them was found" in text, "a page to read", text)
    told = run("match", "--indicators", listing, "--explain", EVE % (1, "evil.example", "203.0.113.4"), status=None).stdout.decode()
    ok("evil.example in dns.rrname: a hit" in told and "203.0.113.4 in note: no hit" in told and "public DNS resolvers" in told and "Suricata EVE" in told, "--explain says why and why not", told)


def patterns():
    chain = indicator("([domain-name:value LIKE 'x%'] FOLLOWEDBY [domain-name:value = 'late.example']) WITHIN 60 SECONDS", name="chain")
    chain["valid_from"] = "2026-01-01T00:00:00.000Z"
    bundle = file("pattern.json", json.dumps({"type": "bundle", "id": new_id("bundle"), "objects": [chain]}))
    first, second = file("one.json", EVE % (1, "xyz.example", "")), file("two.json", EVE % (31, "nothing.example", "") + EVE % (33, "late.example", ""))
    hits, said = match("--indicators", bundle, first, second, status=1)
    ok([(h["file"], h["line"], h["name"]) for h in hits] == [(second, 2, "chain")], "a pattern over time is watched for across files", hits, said)
    ok(match("--indicators", bundle, second, first, status=0)[0] == [], "in the order of events")
    ok("watched for" in run("match", "--indicators", bundle, second, status=None).stderr.decode(), "which is said")


def packed_and_folders():
    listing = file("packed.txt", "evil.example\n")
    where = os.path.join(HERE, "logs", "deep")
    os.makedirs(where)
    lines = b"nothing\n" * 5000 + b"evil.example\n"
    plain = file("logs/a.log", lines)
    open(os.path.join(where, "b.log.gz"), "wb").write(gzip.compress(lines) + gzip.compress(b"evil.example\n"))
    open(os.path.join(where, "c.log.xz"), "wb").write(lzma.compress(lines))
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", plain, "-o", os.path.join(where, "d.log.zst")], check=True)
    hits, _ = match("--indicators", listing, os.path.join(HERE, "logs"), status=1)
    ok(sorted((os.path.basename(h["file"]), h["line"]) for h in hits)[:4] == [("a.log", 5001), ("b.log.gz", 5001), ("b.log.gz", 5002), ("c.log.xz", 5001)], "folders and packed files are read as they are", hits)
    cut = gzip.compress(os.urandom(100000) + b"\nevil.example\n" + os.urandom(300000))
    r = run("match", "--indicators", listing, "--json", file("cut.gz", cut[:len(cut) - 50000]), status=None)
    ok(r.returncode == 2 and b"evil.example" in r.stdout and b"middle" in r.stderr, "a truncated file is trouble; what came before is searched", r.stderr.decode())
    r = run("match", "--indicators", listing, file("bad.xz", b"\xfd7zXZ\x00" + b"x" * 1000), status=None)
    ok(r.returncode == 2 and b"damaged" in r.stderr, "damaged data is trouble", r.stderr.decode())
    ok(match("--indicators", listing, "-", status=1, input=gzip.compress(lines))[0][0]["line"] == 5001, "standard input may be packed too")


def odd_input():
    listing = file("odd.txt", "evil.example\n")
    for name, data, hits in (("empty", b"", 0), ("no end", b"evil.example", 1), ("NULs", b"\0\0evil.example\0", 1), ("not UTF-8", b"\xff\xfe evil.example \x80", 1), ("CR LF", b"x\r\nevil.example\r\n", 1),
            ("a long line", b"x" * 5000000 + b" evil.example " + b"y." * 2000000, 1)):
        ok(len(match("--indicators", listing, file("odd.log", data), status=1 if hits else 0)[0]) == hits, f"a log that is {name}")
    for value in "0.0.0.0/0", "com", "::/0", "co.jp":
        r = run("match", "--indicators", file("wide.txt", value + "\n"), file("odd.log", "1.2.3.4 x.com a.co.jp ::2\n"), status=None)
        ok(r.returncode == 0 and b"nothing can be found" in r.stderr, f"{value} would match everything and is refused", r.stderr.decode())
    p = subprocess.Popen([BIN, "match", "--indicators", listing, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    p.stdout.close()
    try:
        p.stdin.write(b"evil.example\n" * 200000)
        p.stdin.close()
    except BrokenPipeError:
        pass
    ok(p.wait(60) not in (0, 1), "a reader that goes away ends the run")


def since():
    old, new = indicator("[domain-name:value = 'old.example']"), indicator("[domain-name:value = 'new.example']")
    old["modified"] = old["created"] = "2020-01-01T00:00:00.000Z"
    old["valid_from"] = new["valid_from"] = "2020-01-01T00:00:00Z"
    bundle = lambda *o: file("since.json", json.dumps({"type": "bundle", "id": new_id("bundle"), "objects": list(o)}))
    log, state = file("since.log", "old.example new.example\n"), os.path.join(HERE, "since.state")
    ok(len(match("--indicators", bundle(old, new), "--since", "2025-01-01", log, status=1)[0]) == 1, "--since looks for what is newer only")
    args = ["--since", "last", "--state", state, log]
    ok(len(match("--indicators", bundle(old), *args, status=1)[0]) == 1, "the first run looks for everything")
    late = dict(new, modified=stamp(5))
    hits, _ = match("--indicators", bundle(old, late), *args, status=1)
    ok([h["value"] for h in hits] == ["new.example"], "the next one for what came since", hits)
    ok(run("match", "--indicators", bundle(old), "--since", "last", log, status=None).returncode == 2, "--since last needs a state file")
    sure, unsure = dict(new, confidence=80), dict(old, confidence=20)
    ok([h["confidence"] for h in match("--indicators", bundle(sure, unsure), "--min-confidence", "50", log, status=1)[0]] == [80], "--min-confidence leaves out the less sure")


def follow():
    listing, state = file("follow.txt", "evil.example\n"), os.path.join(HERE, "follow.state")
    log, seen = os.path.join(HERE, "grow.log"), os.path.join(HERE, "grow.out")

    def start():
        return subprocess.Popen([BIN, "match", "--indicators", listing, "--follow", "--state", state, "--json", log], stdout=open(seen, "ab"), stderr=subprocess.PIPE)

    def hits():
        return [json.loads(l)["line"] for l in open(seen)]

    def say(text, mode="a"):
        with open(log, mode) as out:
            out.write(text)

    say("1 evil.example\n2\n", "w")
    p = start()
    ok(wait_for(lambda: hits() == [1], 30), "--follow finds what is there", hits())
    say("3 evil")
    time.sleep(0.6)
    say(".example\n4 evil.example\n")
    ok(wait_for(lambda: hits() == [1, 3, 4], 30), "what is added, also in two pieces", hits())
    say("5 evil.exam")
    os.rename(log, log + ".1")
    with open(log + ".1", "a") as out:
        out.write("ple\n")
    say("1 new evil.example\n", "w")
    ok(wait_for(lambda: hits() == [1, 3, 4, 5, 1], 30), "across rotation in the middle of a line", hits())
    p.send_signal(signal.SIGTERM)
    ok(p.wait(30) == 1, "ends with its count when told")
    say("2 while away evil.example\n")
    p = start()
    ok(wait_for(lambda: hits() == [1, 3, 4, 5, 1, 2], 30), "goes on where it was after a restart", hits())
    say("1 cut evil.example\n", "w")
    ok(wait_for(lambda: hits() == [1, 3, 4, 5, 1, 2, 1], 30), "a file that was cut short is read from its beginning", hits())
    p.send_signal(signal.SIGTERM)
    p.wait(30)


def stix_files():
    old, new = indicator("[ipv4-addr:value = '1.1.1.1']"), None
    new = dict(old, modified=stamp(0), pattern="[ipv4-addr:value = '2.2.2.2' AND domain-name:value = 'x.example']")
    new["pattern"] = "[ipv4-addr:value = '2.2.2.2']"
    revoked = indicator("[ipv4-addr:value = '3.3.3.3']", revoked=True)
    expired = indicator("[ipv4-addr:value = '4.4.4.4']", valid_from="2020-01-01T00:00:00Z", valid_until="2021-01-01T00:00:00Z")
    future = indicator("[ipv4-addr:value = '5.5.5.5']", valid_from="2099-01-01T00:00:00Z")
    broken = indicator("[ipv4-addr:value = ]")
    yara = indicator("rule x", pattern_type="yara")
    both = indicator("[network-traffic:dst_ref.value = '6.6.6.6' AND network-traffic:src_ref.value = '7.7.7.7']", markings=[AMBER])
    all = [old, new, revoked, expired, future, broken, yara, both]
    log = file("all.log", "1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6\n7.7.7.7\n6.6.6.6 7.7.7.7\n")
    bundle = file("bundle.json", json.dumps({"type": "bundle", "id": new_id("bundle"), "objects": all}, indent=2))
    envelope = file("envelope.json", json.dumps({"more": False, "objects": all}))
    lines = file("lines.ndjson", "\n".join(json.dumps(o) for o in all))
    want = [(1, "2.2.2.2", old["id"]), (3, "6.6.6.6", both["id"]), (3, "7.7.7.7", both["id"])]
    for path in (bundle, envelope, lines):
        hits, said = match("--indicators", path, log, status=1)
        ok([(h["line"], h["value"], h["indicator"]) for h in hits] == want, f"{os.path.basename(path)}: newest, not revoked, valid now, all of an AND in one line", hits)
    told = run("match", "--indicators", bundle, "--summary", log, status=1).splitlines()
    ok([t.split("\t")[0] for t in told] == ["1", "1"], "an indicator of two values counts lines, not values", told)
    ok([h["tlp"] for h in hits] == ["green", "amber", "amber"], "the TLP is told")
    ok(broken["id"] in said and "line 1 column 20" in said, "a broken pattern is said with its place", said)
    hits, _ = match("--indicators", bundle, "--indicators", file("more.txt", "7.7.7.7"), log, status=1)
    ok(len(hits) == 5, "several sources work together")
    ok(match("--indicators", file("bad.json", '{"type":"bundle","objects":[{'), log, status=2)[0] == [], "a broken file of indicators is trouble, not fewer hits")


def hub_and_sightings():
    hub = Hub("match").start()
    finder, reporter = hub.member("Finder"), hub.member("Reporter")
    token, others = hub.token(finder)["token"], hub.token(reporter)["token"]
    first, second = indicator("[domain-name:value = 'evil.example']", name="C2"), indicator("[ipv4-addr:value = '203.0.113.7']")
    hidden = indicator("[domain-name:value = 'hidden.example']", markings=[RED])
    hub.share(others, first, second, hidden)
    log = file("hub.log", "secret-user asked evil.example\nagain evil.example evil.example\n203.0.113.7 hidden.example\n")
    hits, _ = match("--hub", hub.url, "--token", token, log, status=1)
    ok([(h["line"], h["indicator"]) for h in hits] == [(1, first["id"]), (2, first["id"]), (3, second["id"])], "a member's log is searched for what the member may have", hits)
    ok(hits[0]["name"] == "C2" and hits[0]["tlp"] == "green" and hits[0]["source"] == f"{hub.url} shared", "a hit tells name, TLP and source", hits[0])
    ok(not [o for o in hub.objects(token) if o["type"] == "sighting"], "nothing is reported unasked")
    rows, _ = match("--hub", hub.url, "--token", token, "--sight", "--indicators", file("own.txt", "203.0.113.7"), log, status=1)
    fates = [r for r in rows if "fate" in r]
    ok(sorted((r["indicator"], r["fate"]) for r in fates if r["sighting"]) == sorted([(first["id"], "accepted"), (second["id"], "accepted")]), "one sighting an indicator, with its fate", rows)
    ok([r["fate"] for r in fates if not r["sighting"]] == ["not reported"], "what came from a file is not reported, and that is said")
    seen = {o["sighting_of_ref"]: o for o in hub.objects(others) if o["type"] == "sighting"}
    s = seen.get(first["id"], {})
    ok(s.get("count") == 2 and s.get("where_sighted_refs") == [finder] and s.get("created_by_ref") == finder and s.get("object_marking_refs") == [GREEN] and s.get("first_seen") == s.get("last_seen"),
       "the reporter learns who saw it how often, under the same marking", s)
    ok("secret-user" not in json.dumps(list(seen.values())) and log not in json.dumps(list(seen.values())), "neither a line nor a file name of the log leaves the house")
    hub.share(others, dict(first, modified=stamp(0), revoked=True))
    hits, _ = match("--hub", hub.url, "--token", token, log, status=1)
    ok([h["indicator"] for h in hits] == [second["id"]], "once revoked it is not found again")
    ok(match("--hub", hub.url, "--token", token, "--collection", "shared", log, status=1)[0] == hits, "a collection can be chosen")
    r = run("match", "--hub", hub.url, "--token", "wrong", log, status=None)
    ok(r.returncode == 2 and not r.stdout, "a wrong token is trouble", r.stderr.decode())
    run("user", "add", hub.dir, "--member", finder, "--name", "fin", "--password-stdin", input=b"correct horse battery\n")
    r = run("match", "--hub", hub.url, "--user", "fin", "--password-stdin", log, input=b"correct horse battery\n", status=None)
    ok(r.returncode == 1 and b"203.0.113.7" in r.stdout, "a user name and password do as well", r.stderr.decode())
    fresh = indicator("[domain-name:value = 'fresh.example']")
    grow, seen = file("hub-grow.log", ""), os.path.join(HERE, "hub-grow.out")
    p = subprocess.Popen([BIN, "match", "--hub", hub.url, "--token", token, "--follow", "--refresh", "1", "--json", grow], stdout=open(seen, "wb"), stderr=subprocess.DEVNULL)
    hub.share(others, fresh)
    for n in range(60):
        with open(grow, "a") as out:
            out.write(f"{n} 203.0.113.7\n{n} fresh.example\n")
        if "fresh.example" in open(seen).read():
            break
        time.sleep(0.5)
    p.send_signal(signal.SIGTERM)
    p.wait(30)
    got = [json.loads(l) for l in open(seen)]
    lines = [h["line"] for h in got if h["value"] == "203.0.113.7"]
    ok(any(h["value"] == "fresh.example" for h in got), "--follow takes what the hub learns while it runs")
    ok(lines == [2 * i + 1 for i in range(len(lines))] and len(lines) >= n, "without a missed or doubled line", lines)
    hub.stop()
    ok(run("match", "--hub", hub.url, "--token", token, log, status=None).returncode == 2, "a hub that does not answer is trouble, not an empty result")


lists_and_logs()
index_files()
formats_and_forms()
patterns()
packed_and_folders()
odd_input()
since()
follow()
stix_files()
hub_and_sightings()
done()

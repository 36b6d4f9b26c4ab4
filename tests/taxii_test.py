#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# TAXII 2.1 as a foreign client meets it: every line of design/taxii.md's table, the standard's required behaviour, and input that no client should send.
import random, re, socket, sys, os, threading, time, urllib.parse
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

hub = Hub("taxii")
hub.config("rate.requests", 0)
hub.config("rate.logins", 0)
a, b = hub.member("Alpha KK", "JP"), hub.member("Beta PT", "ID")
A, B = hub.token(a)["token"], hub.token(b)["token"]
run("user", "add", hub.dir, "--member", b, "--name", "beta", "--password-stdin", input=b"correct horse\n")
run("collection", "add", hub.dir, "--alias", "inbox", "--title", "Write only", "--write-only")
run("collection", "add", hub.dir, "--alias", "library", "--title", "Read only", "--read-only")
run("collection", "add", hub.dir, "--alias", "open", "--title", "Open", "--default-tlp", "clear")
hub.start()
ROOT = "/taxii2/hub/"
C = ROOT + "collections/shared/"
O = C + "objects/"


def get(path, token=A, **more):
    return hub.request("GET", path, token, **more)


def objects(path, token=A):
    return get(path, token)[2].get("objects", [])


def q(**kw):
    return "?" + urllib.parse.urlencode({k: v for k, v in kw.items()})


def m(**kw):
    """match[...] filters"""
    return "?" + "&".join(f"match[{k}]={urllib.parse.quote(v, safe=',:')}" for k, v in kw.items())


def is_error(status, headers, body, expect):
    return status == expect and headers.get("content-type") == TAXII and isinstance(body, dict) and body.get("title") and body.get("http_status") == str(expect)


def unmarked(name):
    return {k: v for k, v in malware(name).items() if k != "object_marking_refs"}


def version(o, modified, **more):
    return {**o, "modified": modified, **more}


# ---- discovery, media types, methods ----

s, h, d = get("/taxii2/", None)
ok(s == 200 and h["content-type"] == TAXII and d["api_roots"] and d["default"] in d["api_roots"] and d["title"], "discovery names its API root", s, d)
ok(d["default"] == hub.url + ROOT and d["x_musubi"]["hub_id"] == hub.id, "the API root is an absolute URL, and the hub says who it is", d)
s, h, d = get(ROOT)
ok(s == 200 and d["versions"] == [TAXII] and d["max_content_length"] > 0, "the API root has versions and max_content_length", d)
for accept, expect in [("application/taxii+json;version=2.1", 200), ("application/taxii+json", 200), ("application/taxii+json; version=2.1", 200),
                       ("APPLICATION/TAXII+JSON;VERSION=2.1", 200), ("text/html, application/taxii+json;version=2.1;q=0.5", 200), ("*/*", 200), ("application/*", 200),
                       (None, 200), ("application/taxii+json;version=2.0", 406), ("text/html", 406), ("application/taxii+json;version=2.1;q=0", 406),
                       ("application/json", 406)]:
    s, h, d = get(ROOT, headers={"Accept": accept})
    ok((s == 200 and h["content-type"] == TAXII) if expect == 200 else is_error(s, h, d, 406), f"Accept: {accept} is {expect}", s, d)
for path in ("/taxii2", ROOT[:-1], ROOT + "collections", C[:-1], O[:-1], C + "manifest"):
    ok(get(path)[0] == 200, f"{path} works without its last slash")
s, h, d = hub.request("PUT", O, A, {"objects": []})
ok(is_error(s, h, d, 405) and "GET" in h["allow"] and "POST" in h["allow"], "405 lists what is allowed", s, h)
ok(is_error(*get("/taxii2/elsewhere/"), 404), "an unknown path is an error resource")
s, h, d = hub.request("HEAD", O, A, raw=True)
ok(s == 200 and d == b"", "HEAD has no body")
s, h, d = hub.request("OPTIONS", O, None, raw=True)
ok(s == 204 and "POST" in h["allow"], "OPTIONS tells the methods without a log-in")

# ---- who asks ----

for path in (ROOT, ROOT + "collections/", C, O, C + "manifest/", O + "malware--00000000-0000-4000-8000-000000000000/"):
    s, h, d = get(path, None)
    ok(is_error(s, h, d, 401) and "www-authenticate" in h, f"{path} without a log-in is 401 with WWW-Authenticate", s, h)
ok(get(O, ("beta", "correct horse"))[0] == 200, "HTTP Basic logs in")
ok(is_error(*get(O, ("beta", "wrong")), 401), "a wrong password is 401")
ok(is_error(*get(O, headers={"Authorization": "Negotiate abc"}), 401), "an unknown scheme is 401")
begin = time.time()
for _ in range(50):
    get(O, ("beta", "correct horse"))
ok(time.time() - begin < 2.5, "Basic credentials are verified once and cached", f"50 requests took {time.time() - begin:.2f} s")

# ---- collections ----

s, h, d = get(ROOT + "collections/")
by = {c["alias"]: c for c in d["collections"]}
ok(set(by) == {"shared", "inbox", "library", "open"}, "a member sees the collections it may know of, and not the directory", list(by))
ok(by["shared"]["can_read"] and by["shared"]["can_write"] and "application/stix+json;version=2.1" in by["shared"]["media_types"], "rights and media types are told", by["shared"])
ok(not by["inbox"]["can_read"] and by["inbox"]["can_write"] and by["library"]["can_read"] and not by["library"]["can_write"], "write-only and read-only are told", by)
ok(get(C)[2]["id"] == by["shared"]["id"] and get(ROOT + f"collections/{by['shared']['id']}/")[2] == get(C)[2], "a collection is found by id and by alias")
ok(is_error(*get(ROOT + "collections/inbox/objects/"), 403), "reading a write-only collection is 403 to who may know of it")
ok(is_error(*hub.request("POST", ROOT + "collections/library/objects/", A, {"objects": [malware()]}), 403), "writing to a read-only collection is 403")
for name in ("directory", "nothing", "00000000-0000-4000-8000-000000000000"):
    bodies = [get(ROOT + f"collections/{name}/" + tail) for tail in ("", "objects/", "manifest/")]
    ok(all(is_error(*x, 404) for x in bodies), f"a collection that one may not know of ({name}) is 404 everywhere")
ok(get(ROOT + "collections/directory/")[2] == get(ROOT + "collections/nothing/")[2], "and says the same as one that is not there")

# ---- empty ----

s, h, d = get(O, raw=True)
ok(s == 200 and d == b"{}" and "x-taxii-date-added-first" not in h, "an empty page is {} and has no dates", d, h)
s, h, d = get(O + q(added_after="2026-01-01T00:00:00.123456Z"), raw=True)
ok(d == b"{}" and h["x-taxii-date-added-first"] == h["x-taxii-date-added-last"] == "2026-01-01T00:00:00.123456Z", "an empty page repeats added_after", h)

# ---- submitting ----

one = malware("one")
raw = json.dumps(one, indent=3).encode()
s, h, d = hub.request("POST", O, A, b'{"objects":[' + raw + b"]}")
ok(s == 202 and d["status"] == "complete" and d["total_count"] == d["success_count"] == 1 and d["failure_count"] == d["pending_count"] == 0, "a submission is 202 with its status", s, d)
ok(d["successes"][0]["id"] == one["id"] and d["successes"][0]["version"] == one["modified"], "the status names object and version", d)
ok(get(ROOT + f"status/{d['id']}/")[2] == d, "the status can be read again, the same")
ok(is_error(*get(ROOT + f"status/{d['id']}/", B), 404), "but not by somebody else")
s, h, body = get(O, B, raw=True)
ok(raw in body, "the object comes back byte for byte", body[:300])
ok(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", h["x-taxii-date-added-first"]) and h["x-taxii-date-added-first"] == h["x-taxii-date-added-last"], "dates have microseconds", h)
s, h, d = hub.request("POST", O, A, b'{"objects":[' + raw + b"]}")
ok(d["success_count"] == 1 and len(objects(O)) == 1, "an exact duplicate counts under successes and is stored once", d)
s, h, d = hub.request("POST", O, A, {"objects": [{**one, "name": "another"}]})
ok(d["failure_count"] == 1 and "same id and modified, different content" in d["failures"][0]["message"] and objects(O)[0] == one, "same id and modified, different content, is a failure", d)
bad = {**malware(), "type": "malwar e"}
mixed = [malware("good"), bad, 17, {"type": "malware"}, unmarked("no tlp"), malware("good too")]
s, h, d = hub.request("POST", O, A, {"objects": mixed})
ok(s == 202 and d["success_count"] == 2 and d["failure_count"] == 4 and all(f.get("message") for f in d["failures"]), "objects are judged one by one, each failure with its reason", d)
ok(any("TLP" in f["message"] for f in d["failures"]), "what has no TLP marking is told so", d)
s, h, d = hub.request("POST", ROOT + "collections/open/objects/", A, {"objects": [unmarked("defaulted")]})
ok(d["success_count"] == 1, "a collection's default TLP stands in", d)
for body, expect, what in [(b'{"objects":[{]}', 400, "malformed JSON"), (b'{"objects":[{}', 400, "cut JSON"), (b"", 400, "no body"), (b'{"objects":[{"a":"\xff"}]}', 400, "invalid UTF-8"),
                           (b"[1]", None, "a list"), (b'{"objects":{}}', 422, "objects that are no list"), (b"{}", 422, "no objects"), (b'{"objects":[]}', 422, "empty objects"),
                           (b'{"objects":[' + b'[' * 100000 + b"]}", 400, "too deep"), (b'{"objects":[{"a":1e999}]}', 400, "a number too large"),
                           (b'\xef\xbb\xbf{"objects":[]}', None, "a byte order mark"), (b'{"objects":[]}x', 400, "text after the envelope")]:
    before = len(objects(O))
    s, h, d = hub.request("POST", O, A, body)
    ok((s in (400, 422) if expect is None else s == expect) and d.get("title") and len(objects(O)) == before, f"{what} is refused whole", s, d)
s, h, d = hub.request("POST", O, A, b'{"objects":[\n' + raw + b',\n{"type": nope}]}')
ok(s == 400 and "objects[1]" in json.dumps(d) and "byte" in json.dumps(d), "bad JSON is told with its place", d)
for ct, expect in [("application/taxii+json;version=2.1", 202), ("application/taxii+json", 202), ("Application/TAXII+json; Version=2.1", 202), ("application/json", 415),
                   ("application/stix+json;version=2.1", 415), ("application/taxii+json;version=2.0", 415), (None, 415)]:
    s, h, d = hub.request("POST", O, A, json.dumps({"objects": [one]}).encode(), {"Content-Type": ct})
    ok(s == 202 if expect == 202 else is_error(s, h, d, 415), f"Content-Type: {ct} is {expect}", s, d)
hub.config("body.bytes", 2000)
time.sleep(1.5)
ok(is_error(*hub.request("POST", O, A, {"objects": [malware("x" * 3000)]}), 413), "a body over max_content_length is 413")
ok(get(ROOT)[2]["max_content_length"] == 2000, "and the API root told so")
hub.config("body.bytes", 67108864)
time.sleep(1.5)

# ---- filters ----

dup = {"type": "malware", "spec_version": "2.1", "id": new_id("malware"), "created": "2026-01-01T00:00:00.123Z", "name": "versions", "is_family": False, "object_marking_refs": [GREEN]}
v1, v2, v3 = (version(dup, f"2026-01-0{i}T00:00:00.123Z") for i in (1, 2, 3))
for v in (v2, v1, v3):
    hub.share(A, v)
only = lambda path: [o["modified"] for o in objects(path) if o["id"] == dup["id"]]
ok(only(O + m(id=dup["id"])) == [v3["modified"]], "without match[version] the last version comes", only(O + m(id=dup["id"])))
ok(sorted(only(O + m(id=dup["id"], version="all"))) == [v1["modified"], v2["modified"], v3["modified"]], "match[version]=all")
ok(only(O + m(id=dup["id"], version="first")) == [v1["modified"]], "match[version]=first")
ok(sorted(only(O + m(id=dup["id"], version="first,last"))) == [v1["modified"], v3["modified"]], "first and last together")
ok(only(O + m(id=dup["id"], version=v2["modified"])) == [v2["modified"]], "an exact version")
ok(only(O + m(id=dup["id"], version="2026-01-02T00:00:00.123000000Z")) == [v2["modified"]], "versions are compared as instants")
ok(get(O + dup["id"] + "/versions/")[2]["versions"].count(v2["modified"]) == 1 and set(get(O + dup["id"] + "/versions/")[2]["versions"]) == {v1["modified"], v2["modified"], v3["modified"]}, "versions are listed to the letter")
ok([o["modified"] for o in objects(O + dup["id"] + "/")] == [v3["modified"]], "one object by id: its last version", objects(O + dup["id"] + "/"))
ok(len(objects(O + dup["id"] + "/" + m(version="all"))) == 3, "one object, all versions")
other = malware("other")
hub.share(A, other)
ok({o["id"] for o in objects(O + m(id=f"{other['id']},{one['id']}"))} == {other["id"], one["id"]}, "match[id] takes a list")
ok(objects(O + m(type="indicator")) == [] and objects(O + m(type="malware,indicator")), "match[type] takes a list")
sco = {"type": "ipv4-addr", "spec_version": "2.1", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3", "object_marking_refs": [GREEN]}
hub.share(A, sco)
s, h, d = get(O + sco["id"] + "/versions/")
ok(s == 200 and len(d["versions"]) == 1, "an observable has one constant version", d)
ok(objects(O + sco["id"] + "/" + m(version=d["versions"][0])) == [sco], "and match[version] of that value finds it", d)
old = {"type": "identity", "id": new_id("identity"), "created": "2016-01-01T00:00:00.000Z", "modified": "2016-01-01T00:00:00.000Z", "name": "a 2.0 object", "identity_class": "organization",
       "object_marking_refs": [GREEN]}
st = hub.share(A, old)
ok(st["success_count"] == 1 and objects(O + m(spec_version="2.0")) == [old] and old not in objects(O + m(spec_version="2.1")), "STIX 2.0 objects are taken and found by match[spec_version]", st)
ok(old in objects(O), "and come without it, as the highest there is")
man = get(C + "manifest/")[2]["objects"]
ok({x["media_type"] for x in man} >= {"application/stix+json;version=2.0", "application/stix+json;version=2.1"} and all(x["date_added"] and x["version"] for x in man), "the manifest has dates, versions and media types")
ok([x["date_added"] for x in man] == sorted(x["date_added"] for x in man) and len({x["date_added"] for x in man}) == len(man), "in the order of their dates, which are all different")
stamps = [x["date_added"] for x in man]
ok([o["id"] for o in objects(O + q(added_after=stamps[2]))] == [x["id"] for x in man[3:]], "added_after leaves out its own moment and gives all that follow")
ok(get(O + q(added_after=stamps[-1]))[2] == {}, "after the last there is nothing")
ok(len(objects(O + q(added_after=stamps[2][:-4] + "Z"))) >= len(man) - 3, "added_after with fewer digits is accepted")
for bad in ("added_after=yesterday", "added_after=2026-02-30T00:00:00Z", "added_after=2026-01-01", "added_after=2026-01-01T00:00:00%2B09:00", "added_after=", "limit=0", "limit=-1", "limit=x", "limit=",
            "limit=5&limit=6", "added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z", "match[id]=a&match[id]=b", "match[type]=", "match[version]=newest", "match[id]=nonsense",
            "match[spec_version]=3", "next=a&next=a", "limit=%zz", "match[version]=2026-13-01T00:00:00Z"):
    r = get(O + "?" + bad)
    ok(is_error(*r, 400), f"?{bad} is 400", r)
s, h, d = get(O + "?match[colour]=red&flavour=sweet")
ok(s == 200 and "match[colour]" in h.get("warning", "") and d["objects"], "unknown match fields are ignored with a warning", s, h)
custom = {"type": "x-acme-thing", "spec_version": "2.1", "id": new_id("x-acme-thing"), "created": stamp(-1), "modified": stamp(-1), "x_anything": {"deep": [1, 2.5, None, "三"]}, "version": 7,
          "object_marking_refs": [GREEN]}
st = hub.share(A, custom)
ok(st["success_count"] == 1 and custom in objects(O), "custom types, and objects with a `version` property, are read back", st)

# ---- not found ----

gone = new_id("malware")
for path in (O + gone + "/", O + gone + "/versions/", O + "nonsense/", O + dup["id"] + "/" + m(version="2020-01-01T00:00:00Z"), ROOT + "status/nonsense/"):
    ok(is_error(*get(path), 404), f"{path.replace(ROOT, '')[:60]} is 404")
ok(get(O + dup["id"] + "/" + q(added_after="2099-01-01T00:00:00Z"))[:1] == (200,), "an object that is there but not newer is 200 and empty")

# ---- paging ----

many = [malware(f"m{i}") for i in range(57)]
hub.share(A, *many)
whole = objects(O)
for limit in (1, 7, 50, 1000):
    for what in (O, C + "manifest/"):
        got, next, pages = [], None, 0
        while True:
            s, h, d = get(what + q(limit=limit, **({"next": next} if next else {})))
            got += d.get("objects", [])
            pages += 1
            next = d.get("next")
            if not d.get("more"):
                break
        ok([o["id"] for o in got] == [o["id"] for o in whole] and pages == -(-len(whole) // limit) and not next, f"{what.replace(ROOT, '')} in pages of {limit} is complete, in order, without repeats", len(got), pages)
next = get(O + q(limit=10))[2]["next"]
ok([o["id"] for o in objects(O + q(next=next))] == [o["id"] for o in whole[10:]], "next without limit works")
cut = get(O + q(limit=5) + "&match[type]=malware")[2]["next"]
for path, why in ((O + q(next=cut), "a changed filter"), (O + q(next=cut[:-2] + ("AA" if cut[-2:] != "AA" else "BB")) + "&match[type]=malware", "a changed byte"), (O + q(next="A" * 80), "an invented one"),
                  (C + "manifest/" + q(next=cut) + "&match[type]=malware", "another resource"), (ROOT + "collections/open/objects/" + q(next=cut) + "&match[type]=malware", "another collection")):
    ok(is_error(*get(path), 400), f"next with {why} is a clear error")
ok(is_error(*get(O + q(next=cut) + "&match[type]=malware", B), 400), "next of another reader is a clear error")
lengths = {len(get(O + q(limit=n))[2]["next"]) for n in (1, 5, 20)}
ok(len(lengths) == 1, "all positions are of one length", lengths)
hub.config("page.objects", 20)
time.sleep(1.5)
s, h, d = get(O)
ok(len(d["objects"]) == 20 and d["more"] and d["next"], "the page cap applies without a client limit, with more and next")
ok(len(get(O + q(limit=100000))[2]["objects"]) == 20, "and to a larger limit")
hub.config("page.objects", 5000)
versions = [version(dup, f"2026-02-{i:02d}T00:00:00.000Z") for i in range(1, 13)]
hub.share(A, *versions)
d = get(O + dup["id"] + "/versions/" + q(limit=4))[2]
got = d["versions"]
while d.get("next"):
    d = get(O + dup["id"] + "/versions/" + q(limit=4, next=d["next"]))[2]
    got += d["versions"]
ok(len(got) == len(set(got)) == 15, "versions has next, and pages to the end", got)
hub.stop()
hub.start()
time.sleep(1.5)
ok([o["id"] for o in objects(O + q(next=next))][:1] == [whole[10]["id"]], "next survives a restart")

# ---- polling while others write ----

stop, posted = threading.Event(), []


def write():
    while not stop.is_set():
        o = malware("race")
        hub.share(A, o)
        posted.append(o["id"])


writers = [threading.Thread(target=write) for _ in range(4)]
last = get(O)[1]["x-taxii-date-added-last"]
for w in writers:
    w.start()
seen, end = [], time.time() + 3
while time.time() < end or stop.is_set() is False:
    if time.time() >= end:
        stop.set()
        for w in writers:
            w.join()
    s, h, d = get(O + q(added_after=last), B)
    seen += [o["id"] for o in d.get("objects", [])]
    last = h["x-taxii-date-added-last"]
ok(len(seen) == len(set(seen)) and set(posted) == set(seen), "a client that polls with the last date it saw misses nothing while others write", len(posted), len(seen))

# ---- waiting ----

last = get(O)[1]["x-taxii-date-added-last"]
begin = time.time()
s, h, d = get(O + q(added_after=last), headers={"Prefer": "wait=1"})
ok(s == 200 and d == {} and 0.9 < time.time() - begin < 2.5 and h["preference-applied"] == "wait=1", "Prefer: wait waits and then answers empty", time.time() - begin, h)
news = malware("news")
threading.Timer(0.5, lambda: hub.share(A, news)).start()
begin = time.time()
s, h, d = get(O + q(added_after=last), B, headers={"Prefer": "wait=20"})
ok(d.get("objects") == [news] and time.time() - begin < 1.5, "and ends as soon as something is there", time.time() - begin)
begin = time.time()
get(O, headers={"Prefer": "wait=20"})
ok(time.time() - begin < 1, "who is behind does not wait")

# ---- deleting ----

mine = [malware("to go", modified=None)]
x = malware("to go")
v = [version(x, f"2026-03-0{i}T00:00:00.000Z", created="2026-03-01T00:00:00.000Z") for i in (1, 2, 3)]
hub.share(A, *v)
ok(is_error(*hub.request("DELETE", O + x["id"] + "/", B), 403), "another's object cannot be deleted")
s, h, d = hub.request("DELETE", O + x["id"] + "/" + m(version=v[2]["modified"]), A)
ok(s == 200 and objects(O + x["id"] + "/") == [v[1]], "one version is deleted, the others live", s, d)
ok(is_error(*get(O + x["id"] + "/" + m(version=v[2]["modified"])), 404), "a deleted version is 404 while others live")
s, h, d = hub.request("DELETE", O + x["id"] + "/", A)
ok(s == 200 and is_error(*get(O + x["id"] + "/"), 404) and x["id"] not in {o["id"] for o in objects(O)}, "without match[version] all versions go", s, d)
ok(is_error(*hub.request("DELETE", O + x["id"] + "/", A), 404), "what is gone is 404")
ok(is_error(*hub.request("DELETE", ROOT + f"collections/library/objects/{x['id']}/", A), 403), "a read-only collection deletes nothing")

# ---- what one may not have ----

secret = malware("secret", [RED])
hub.share(A, secret)
none = new_id("malware")
for tail in ("", "versions/"):
    r, n = get(O + secret["id"] + "/" + tail, B), get(O + none + "/" + tail, B)
    ok(r[0] == n[0] == 404 and r[2] == n[2], f"an object withheld is as one that is not there ({tail or 'object'})", r, n)
ok(hub.request("DELETE", O + secret["id"] + "/", B)[2] == hub.request("DELETE", O + none + "/", B)[2], "also to DELETE")
ok(secret["id"] not in json.dumps(get(O, B)[2]) and secret["id"] not in json.dumps(get(C + "manifest/", B)[2]), "it is in no page and no manifest")

# ---- anonymous ----

hub.config("anonymous", "true")
time.sleep(1.5)
public = malware("public", [CLEAR])
hub.share(A, public)
ok([o["id"] for o in objects(O, None)] == [public["id"]], "where it is allowed, anonymous readers have what is TLP:CLEAR and nothing else")
s, h, d = get(ROOT + "collections/", None)
ok({c["alias"] for c in d["collections"]} == {"shared", "library", "open"} and not any(c["can_write"] for c in d["collections"]), "and know of no collection that they cannot read", d)
ok(is_error(*hub.request("POST", O, None, {"objects": [malware()]}), 401), "but submit nothing")
hub.config("anonymous", "false")

# ---- no input whatever gives a 5xx ----

rnd = random.Random(int(os.environ.get("MUSUBI_SEED", "1")))
pieces = ["match[", "]", "=", "&", "%", "id", "version", "type", "spec_version", "next", "limit", "added_after", "2026-01-01T00:00:00Z", "all", ",", "..", "/", "%00", "%ff", "😀", "-1", "9" * 30, "?", ";", "a" * 300]
worst, what = 0, None
for i in range(600):
    tail = "".join(rnd.choice(pieces) for _ in range(rnd.randrange(1, 9)))
    path = rnd.choice([O, C + "manifest/", ROOT + "collections/", O + dup["id"] + "/", O + dup["id"] + "/versions/", "/taxii2/", "/api/v1/search"]) + rnd.choice(["?", "", "?"]) + tail
    s = get(urllib.parse.quote(path, safe="/?&=[],%;.-_:"))[0]
    if s > worst:
        worst, what = s, path
ok(worst < 500, "600 random queries: none is a 5xx", worst, what)
base = json.dumps({"objects": [one, sco, dup | {"modified": v1["modified"]}]}).encode()
worst, what = 0, None
for i in range(600):
    body = bytearray(base)
    for _ in range(rnd.randrange(1, 6)):
        at = rnd.randrange(len(body))
        kind = rnd.randrange(4)
        if kind == 0:
            body[at] = rnd.randrange(256)
        elif kind == 1:
            del body[at:at + rnd.randrange(1, 30)]
        elif kind == 2:
            body[at:at] = rnd.choice([b"{", b"[", b'"', b"\\u0000", b"null", b"1e400", b",", b"\xff", b"\\ud800"])
        else:
            body[at:at] = body[rnd.randrange(len(body)):][:40]
    s = hub.request("POST", O, A, bytes(body))[0]
    if s > worst:
        worst, what = s, bytes(body)
ok(worst < 500, "600 damaged envelopes: none is a 5xx", worst, what)
ok(hub.stop() == 0, "the hub ends cleanly")
done()

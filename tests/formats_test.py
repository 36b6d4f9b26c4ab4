#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""musubi new, format, id, diff, import and export in other tools' words, as people run them."""
import json, os, re, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import Hub, ask, done, indicator, malware, note, ok, run, stamp  # noqa: E402

DIR = tempfile.mkdtemp(prefix="musubi-formats-")


def write(name, text):
    path = os.path.join(DIR, name)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


def valid(text):
    r = run("validate", "-", input=text if isinstance(text, bytes) else text.encode(), status=None)
    return r.returncode == 0


# ---- new ----

one = ask("new", "indicator", "--value", "evil[.]example", "--tlp", "amber", "--kind", "malicious-activity")
ok(one["pattern"] == "[domain-name:value = 'evil.example']" and one["object_marking_refs"] == ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],
   "new indicator makes a pattern of a defanged value and marks it", one)
made = run("new", "indicator", "--value", "198.51.100.7", "--tlp", "green", "--bundle")
ok(valid(made) and len(json.loads(made)["objects"]) == 2, "new --bundle has the marking along and is valid")
r = run("new", "malware", "--name", "x", "--count", "3", status=None)
ok(r.returncode == 65 and b"no such property" in r.stderr and not r.stdout, "a property that a type does not have is refused, and nothing is printed", r.stderr)
r = run("new", "indicater", status=None)
ok(r.returncode == 64, "a type that is none is a wrong call", r.stderr)
rel = ask("new", "relationship", "--source", one["id"], "--relation", "indicates", "--target", ask("new", "malware", "--name", "x")["id"])
ok(rel["relationship_type"] == "indicates" and valid(json.dumps(rel)), "new relationship joins two objects")
ok(ask("new", "campaign", "--name", "Blue rain", "--set", 'aliases=["BR"]')["aliases"] == ["BR"], "--set sets any property")

TEXT = "通信先は hxxp://evil[.]example/a と 1.2.3[.]4、10.0.0.1。CVE-2021-44228 を悪用。参考: https://www.jpcert.or.jp/x\nuser[at]evil.example run.sh\n"
text = write("advisory.txt", TEXT)
found = {x["value"]: x for x in ask("new", "report", "--from-text", text)["found"]}
ok(set(found) == {"http://evil.example/a", "1.2.3.4", "10.0.0.1", "CVE-2021-44228", "https://www.jpcert.or.jp/x", "user@evil.example", "run.sh"}, "--from-text finds values in prose", found)
ok(found["1.2.3.4"]["column"] == 32 and found["user@evil.example"]["line"] == 2 and found["10.0.0.1"]["left_out"] and found["run.sh"]["left_out"], "and says where, and what it doubts", found)
report = run("new", "report", "--from-text", text, "--tlp", "green", "--name", "Case 7", "--yes")
objects = json.loads(report)["objects"]
ok(valid(report) and [o["type"] for o in objects].count("indicator") == 3 and objects[-1]["name"] == "Case 7", "--yes makes a valid bundle of it", report)
r = subprocess.run([os.environ.get("MUSUBI", "build/musubi"), "new", "report", "--from-text", text], capture_output=True, stdin=subprocess.DEVNULL, start_new_session=True)
ok(r.returncode == 64 and not r.stdout and b"--yes" in r.stderr, "without a terminal and without --yes nothing is made", r.stderr)
r = run("new", "report", "--from-text", write("nothing.txt", "nothing here"), "--yes", status=None)
ok(r.returncode == 65 and b"nothing" in r.stderr, "a text without values makes no report", r.stderr)

# ---- format ----

loose = write("loose.json", '{ "b":1.50, "a":[ 1,2 ],"c":"\\u00e9" }')
ok(run("format", loose) == '{\n  "b": 1.5,\n  "a": [\n    1,\n    2\n  ],\n  "c": "é"\n}\n', "format indents and keeps the order", run("format", loose))
ok(run("format", "--canonical", loose) == '{"a":[1,2],"b":1.5,"c":"é"}', "format --canonical is RFC 8785")
ok(run("format", "--canonical", input=b'{"b":1}\n{"a":2}\n') == '{"b":1}\n{"a":2}\n', "lines stay lines")
r = run("format", "--check", loose, status=None)
ok(r.returncode == 1 and loose.encode() in r.stdout, "--check tells what would change")
os.chmod(loose, 0o640)
run("format", "--write", loose)
ok(run("format", "--check", loose) == "" and os.stat(loose).st_mode & 0o777 == 0o640, "--write puts it in place, with the same rights")
r = run("format", "--canonical", input=b'{"a":12345678901234567890}', status=None)
ok(r.returncode == 65 and not r.stdout, "a number that JCS cannot hold is refused", r.stderr)
r = run("format", input=b'{"a":1,"a":2}', status=None)
ok(r.returncode == 65 and b"twice" in r.stderr, "a key that stands twice is refused", r.stderr)

# ---- id ----

ADDRESS = '{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}'
r = run("id", "--json", input=ADDRESS.encode())
ok(json.loads(r)[0]["verdict"] == "ok", "id finds a deterministic id right", r)
r = run("id", "--json", input=ADDRESS.replace("100.3", "100.4").encode(), status=1)
ok(json.loads(r)[0]["verdict"] == "different", "and another value's id wrong, with status 1", r)
bundle = json.dumps({"type": "bundle", "id": "bundle--1f8c3f3e-5f0b-4c5e-8f5e-000000000001", "objects": [
    {"type": "directory", "spec_version": "2.1", "id": "directory--00000000-0000-4000-8000-000000000001", "path": "C:\\x"},
    {"type": "file", "spec_version": "2.1", "id": "file--00000000-0000-4000-8000-000000000002", "name": "a", "parent_directory_ref": "directory--00000000-0000-4000-8000-000000000001"},
    {"type": "note", "spec_version": "2.1", "id": "note--00000000-0000-4000-8000-000000000003", "created": stamp(), "modified": stamp(), "content": "x",
     "object_refs": ["file--00000000-0000-4000-8000-000000000002"]},
    {"type": "url", "value": "http://evil.example/"}]}).encode()
out = run("id", "--make", input=bundle)
made = [json.loads(x) for x in out.splitlines()]
ok(made[1]["parent_directory_ref"] == made[0]["id"] and made[2]["object_refs"] == [made[1]["id"]] and made[3]["id"].startswith("url--"), "--make changes ids and references to them", out)
ok(run("id", "--json", input=out.encode()) and all(x["verdict"] == "ok" for x in ask("id", input=out.encode())), "what it made is right")

# ---- diff ----

m = malware("one", labels=["x", "y"])
n = dict(m, labels=["y", "z"], description="new", modified=stamp(5))
a, b = write("a.json", json.dumps(m)), write("b.json", json.dumps(n))
r = run("diff", a, b, "--json", status=1)
d = {p["path"] + p["change"]: p for p in json.loads(r)["objects"][0]["properties"]}
ok(set(d) == {"labels[]removed", "labels[]added", "descriptionadded", "modifiedchanged"} and d["labels[]added"]["to"] == "z", "diff tells properties of two versions", r)
text = run("diff", a, b, status=1)
ok('  + description: "new"' in text and "~ modified: " in text, "and as text", text)
ok(run("diff", a, a) == "" and ask("diff", a, a)["objects"] == [], "the same is 0 and nothing")
reordered = write("c.json", json.dumps(dict(reversed(list(m.items()))), indent=3))
ok(run("diff", a, reordered) == "", "the way of writing does not count")
extra = malware("two")
old = write("old.ndjson", "\n".join(json.dumps(o) for o in (m, extra)))
new = write("new.json", json.dumps({"type": "bundle", "id": "bundle--1f8c3f3e-5f0b-4c5e-8f5e-000000000001", "objects": [m, n, one]}))
r = json.loads(run("diff", old, new, "--json", status=1))
ok((r["added"], r["removed"], r["changed"]) == (1, 1, 1), "lines against a bundle, by id, newest version of each", r)
r = run("diff", a, os.path.join(DIR, "none"), status=None)
ok(r.returncode == 2, "trouble is 2", r.stderr)

done()

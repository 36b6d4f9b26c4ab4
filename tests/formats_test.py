#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""musubi new, format, id, diff, import and export in other tools' words, as people run them."""
import csv, io, json, os, re, shutil, subprocess, sys, tempfile

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

# ---- export for other tools ----


def tool(name, *arguments, title, text, good=0):
    """Asks the tool itself, where it is installed."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        note(f"{name} is not installed: {title} is not asked")
        return
    r = subprocess.run([path, *arguments], capture_output=True, timeout=60)
    ok(r.returncode == good, title, r.stdout.decode(errors="replace") + r.stderr.decode(errors="replace"), text)


SET = [indicator("[domain-name:value = 'evil.example'] OR [domain-name:value = 'a.evil.example']", name="Evil \"; drop", confidence=80),
       indicator("[domain-name:value = 'under_score.xn--bcher-kva.example']"),
       indicator("[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value ISSUBSET '198.51.100.0/24' OR ipv4-addr:value ISSUBSET '203.0.113.9/25']"),
       indicator("[ipv6-addr:value IN ('2001:db8::1', '2001:db8:0:0:1:0:0:1', '2001:db8:5::/48', '2001:db8::5/127')]"),
       indicator("[url:value = 'http://evil.example:8080/a;b?c=\"d|e']", name="=cmd()"),
       indicator("[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']", confidence=10),
       indicator("[domain-name:value = 'old.example']", valid_until="2020-01-01T00:00:00Z", valid_from="2019-01-01T00:00:00Z"),
       indicator("[domain-name:value = 'revoked.example']", revoked=True),
       indicator("[domain-name:value = 'co.jp']"), indicator("[ipv4-addr:value = '192.168.1.1']"),
       indicator("[domain-name:value = 'x.example' AND domain-name:resolves_to_refs[*].value = '1.2.3.4']")]
bundle = write("set.json", json.dumps({"type": "bundle", "id": "bundle--1f8c3f3e-5f0b-4c5e-8f5e-000000000001", "objects": SET}))
r = run("export", bundle, "--as", "text", status=None)
lines = r.stdout.decode().split()
ok(lines[:3] == ["198.51.100.0/24", "198.51.100.7", "203.0.113.0/25"] and "evil.example" in lines, "export --as text reads a file of STIX", r.stdout)
ok(not {"old.example", "revoked.example", "co.jp", "192.168.1.1", "x.example"} & set(lines), "only what may be acted upon is written", lines)
for why in (b"no longer valid", b"revoked", b"public suffix", b"private", b"more than a list of values"):
    ok(why in r.stderr, f"what was left out is told: {why.decode()}", r.stderr)
ok("d41d8cd98f00b204e9800998ecf8427e" not in run("export", bundle, "--as", "text", "--min-confidence", "30"), "--min-confidence leaves out what is less sure")
ok(set(run("export", bundle, "--as", "text", "--kind", "ipv6").split()) == {"2001:db8::1", "2001:db8::1:0:0:1", "2001:db8:5::/48", "2001:db8::4/127"}, "--kind chooses", run("export", bundle, "--as", "text", "--kind", "ipv6"))
values = [json.loads(x) for x in run("export", bundle, "--as", "json").splitlines()]
ok({v["value"]: v for v in values}["evil.example"]["confidence"] == 80, "--as json tells what is said of each value", values)
rows = list(csv.reader(io.StringIO(run("export", bundle, "--as", "csv"))))
ok(all(len(x) == 12 for x in rows) and not any(c[:1] in "=+@-" and c for x in rows[1:] for c in x), "--as csv has twelve columns and no formulas", rows)
zone = run("export", bundle, "--as", "rpz")
tool("named-checkzone", "-q", "rpz.example", write("rpz.zone", zone), title="named-checkzone takes the policy zone", text=zone)
text = run("export", bundle, "--as", "unbound")
tool("unbound-checkconf", write("unbound.conf", text), title="unbound-checkconf takes the local zones", text=text)
text = run("export", bundle, "--as", "dnsmasq")
tool("dnsmasq", "--test", "-C", write("dnsmasq.conf", text), title="dnsmasq --test takes the addresses", text=text)
text = run("export", bundle, "--as", "nftables")
if os.geteuid() == 0 and shutil.which("nft") and subprocess.run(["nft", "-c", "add table inet musubi_test"], capture_output=True).returncode == 0:
    tool("nft", "-c", "-f", write("musubi.nft", text), title="nft -c takes the sets", text=text)
else:
    note("nft cannot be asked here")
squid = ["acl musubi dstdomain " + json.dumps(write("squid.txt", run("export", bundle, "--as", "squid"))), "acl musubi_ip dst " + json.dumps(write("squid-ip.txt", run("export", bundle, "--as", "squid-ip"))),
         "acl musubi_url url_regex " + json.dumps(write("squid-url.txt", run("export", bundle, "--as", "squid-url"))), "http_access deny musubi musubi_ip musubi_url", "http_port 3128", ""]
tool("squid", "-k", "parse", "-f", write("squid.conf", "\n".join(squid)), title="squid takes the three lists", text="\n".join(squid))
text = run("export", bundle, "--as", "suricata")
tool("suricata", "-T", "-S", write("musubi.rules", text), "-l", DIR, title="suricata -T takes the rules", text=text)
for line in text.splitlines():
    if "dotprefix" in line and not re.search(r'content:"\.[a-z0-9._-]+";( nocase;)? endswith;', line):
        ok(False, "every rule for a domain is anchored", line)
sids = re.findall(r"sid:(\d+);", text)
ok(len(sids) == len(set(sids)) > 5, "rule numbers are unique", sids)
warnings = write("warnings.json", json.dumps({"name": "top sites", "type": "hostname", "list": ["evil.example"]}))
r = run("export", bundle, "--as", "hosts", "--warninglist", warnings, status=None)
ok(b"evil.example" not in r.stdout and b"2 left out: on a warning list" in r.stderr, "what is on a warning list is left out", r.stdout + r.stderr)
values = [json.loads(x) for x in run("export", bundle, "--as", "json", "--warninglist", warnings, "--warn", "mark").splitlines()]
ok({v["value"]: v["warning"] for v in values}["a.evil.example"] == "top sites", "or marked", values)
text = run("export", bundle, "--as", "zeek")
ok(all(len(x.split("\t")) == 4 for x in text.splitlines() if not x.startswith("#")) and "evil.example\tIntel::DOMAIN" in text, "--as zeek has its columns", text)
r = run("export", bundle, "--as", "floppy", status=None)
ok(r.returncode == 64 and b"nftables" in r.stderr, "a format that is none is told with those that are", r.stderr)
r = run("export", bundle, status=None)
ok(r.returncode == 64, "a file without --as is a wrong call", r.stderr)

hub = Hub("formats")
member = hub.member("ACME")
run("import", hub.dir, bundle, "--member", member, status=None)
ok("evil.example" in run("export", hub.dir, "--member", member, "--as", "hosts"), "a hub's own directory is exported the same way")
hub.start()
token = hub.token(member)["token"]
ok("0.0.0.0 evil.example" in run("export", hub.url, "--collection", "shared", "--token", token, "--as", "hosts"), "and a hub over TAXII")
hub.stop()

# ---- import of other tools' lists ----

blocklist = write("list.csv", "ioc,comment,first_seen\nevil2[.]example,Emotet,2026-01-02\n203.0.113.66,,2026-01-02\nco.jp,,\nnothing,,\n")
r = ask("import", hub.dir, blocklist, "--format", "csv", "--tlp", "green", "--member", member)
ok((r["accepted"], r["refused"]) == (2, 0), "import --format csv makes indicators of rows", r)
r = ask("import", hub.dir, blocklist, "--format", "guess", "--tlp", "green", "--member", member)
ok((r["accepted"], r["unchanged"]) == (0, 2), "again it brings nothing new", r)
feed = os.path.join(DIR, "feed")
os.mkdir(feed)
U = "5f9a4a6e-0000-4000-8000-000000000001"
write("feed/manifest.json", json.dumps({U: {"info": "Case 7"}}))
write(f"feed/{U}.json", json.dumps({"Event": {"info": "Case 7", "Tag": [{"name": "tlp:amber"}], "Attribute": [
    {"type": "domain|ip", "value": "misp.example|203.0.113.67", "to_ids": True, "uuid": U}, {"type": "comment", "value": "x", "to_ids": False}]}}))
r = ask("import", hub.dir, feed, "--format", "misp", "--tlp", "green", "--member", member)
ok(r["accepted"] == 2, "a MISP feed's directory is read", r)
out = [json.loads(x) for x in run("export", hub.dir, "--member", member, "--type", "indicator", "--ndjson").splitlines()]
by = {o["pattern"]: o for o in out}
ok(by["[domain-name:value = 'evil2.example']"]["name"] == "evil2.example" and by["[domain-name:value = 'evil2.example']"]["description"] == "Emotet"
   and by["[domain-name:value = 'evil2.example']"]["valid_from"].startswith("2026-01-02") and by["[domain-name:value = 'evil2.example']"]["created_by_ref"] == member,
   "with what the row said, created by the member", by)
ok("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421" in by["[domain-name:value = 'misp.example']"]["object_marking_refs"], "a stricter TLP of the event stays", by)
r = run("import", hub.dir, blocklist, "--format", "floppy", "--member", member, status=None)
ok(r.returncode == 64, "a format that is none is a wrong call", r.stderr)

done()

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

done()

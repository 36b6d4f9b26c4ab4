#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The transparency log from outside: receipts, offline proofs checked by a second program, an auditor, witnesses, and a hub that shows two histories."""
import base64, hashlib, importlib.machinery, importlib.util, shutil, sqlite3, sys, os
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *

LATE = 60
work = tempfile.mkdtemp(prefix="musubi-log-")
tool = os.path.join(os.environ.get("MUSUBI_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")), "tools", "verify-proof")
loader = importlib.machinery.SourceFileLoader("verify_proof", tool)
sys.dont_write_bytecode = True
second = importlib.util.module_from_spec(importlib.util.spec_from_loader("verify_proof", loader))
loader.exec_module(second)


def path(name, text=None):
    p = os.path.join(work, name)
    if text is not None:
        with open(p, "w", newline="") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
    return p


def until(what, seconds=LATE):
    end = time.time() + seconds
    while time.time() < end:
        got = what()
        if got:
            return got
        time.sleep(.5)
    return what()


def give(hub, token, obj):
    status, _, body = hub.request("POST", "/taxii2/hub/collections/shared/objects/", token, {"objects": [obj]})
    assert status in (200, 202), body
    return until(lambda: hub.request("GET", f"/taxii2/hub/status/{body['id']}/", token)[2].get("success_count") == 1)


def invite(at, who):
    made = ask("peer", "invite", at.dir, "--name", "peer", "--country", "JP")
    run("peer", "add", who.dir, "--url", at.url, "--token", made["token"])


# ---- receipts and proofs ----
tokyo = Hub("Tokyo").start()
a, b, c = (tokyo.member(n) for n in "abc")
ta, tb, tc = (tokyo.token(m)["token"] for m in (a, b, c))
obj = indicator("[ipv4-addr:value = '198.51.100.7']", markings=(GREEN,))
give(tokyo, ta, obj)
raw = tokyo.request("GET", "/taxii2/hub/collections/shared/objects/", tb, raw=True)[2]
ok(obj["id"].encode() in raw, "b reads the object")


def receipts(token):
    return json.loads(run("receipts", obj["id"], "--hub", tokyo.url, "--token", token, "--json"))["receipts"]


mine = receipts(ta)
ok([r["kind"] for r in mine] == ["submit", "release"] and f"\nto {b}\n" in mine[1]["act"], "the submitter sees who was given it", mine)
theirs = receipts(tb)
ok(len(theirs) == 1 and theirs[0]["index"] == mine[1]["index"], "the recipient sees what it was given itself", theirs)
ok(receipts(tc) == [], "somebody else sees nothing")
ok(tokyo.request("GET", "/api/v1/receipts?object=" + obj["id"])[0] == 401, "who did not log in is not answered")
key = ask("log", "checkpoint", tokyo.dir)["key"]
proof = path("a.tlog-proof", run("log", "prove", tokyo.dir, mine[1]["index"]))
bytes_ = path("object.json", json.dumps(obj, indent=3))
said = run("log", "verify", proof, "--key", key)
ok(said.startswith("holds: entry") and f"to {b}" in said, "the proof holds, and opens", said)
mate = subprocess.run([tool, proof, "--key", key], capture_output=True)
ok(mate.returncode == 0 and mate.stdout.decode() == said, "a second program in another language says the same", mate.stdout, mate.stderr)
sha = json.loads(base64.b64decode(open(proof).read().split("\n")[1][6:]))["object_sha256"]
exact = next((o for o in (raw[i:j] for i in [raw.index(b'{"type":"indicator"') if b'{"type":"indicator"' in raw else raw.index(b'{', 12)] for j in range(len(raw), i, -1) if raw[j - 1:j] == b"}") if hashlib.sha256(o).hexdigest() == sha), None)
ok(exact is not None, "the proof is about the very bytes that were given")
open(path("exact"), "wb").write(exact or b"")
ok(run("log", "verify", proof, "--key", key, "--object", path("exact"), status=None).returncode == 0 and
   subprocess.run([tool, proof, "--key", key, "--object", path("exact")], capture_output=True).returncode == 0, "… which both programs check")
ok(run("log", "verify", proof, "--key", key, "--object", bytes_, status=None).returncode == 77, "other bytes are refused")
text, passed = open(proof, newline="").read(), []
for i in range(0, len(text), 11):
    bad = text[:i] + chr(ord(text[i]) ^ 1) + text[i + 1:]
    try:
        second.check(bad, key)
        passed.append(i)
    except (second.Wrong, ValueError, KeyError, UnicodeError):
        pass
ok(not passed, "a proof with another letter anywhere does not hold", passed)
tried = [i for i in range(0, len(text), 97) if run("log", "verify", path("bad", text[:i] + chr(ord(text[i]) ^ 1) + text[i + 1:]), "--key", key, status=None).returncode == 0]
ok(not tried, "… for the first program neither", tried)

# ---- following it from outside ----
ok(tokyo.request("GET", "/log/checkpoint")[0] == 401, "the log is for those who log in")
audit = json.loads(run("log", "audit", tokyo.url, "--token", tc, "--key", key, "--state", path("state"), "--json"))
ok(audit["holds"] and audit["size"] >= 3, "an auditor makes the root anew")
give(tokyo, ta, indicator("[ipv4-addr:value = '198.51.100.8']", markings=(GREEN,)))
later = json.loads(run("log", "audit", tokyo.url, "--token", tc, "--key", key, "--state", path("state"), "--json"))
ok(later["size"] > audit["size"], "… and again, continuing what it had seen")
run("config", tokyo.dir, "log.public", "true")
ok(until(lambda: tokyo.request("GET", "/log/checkpoint")[0] == 200), "the operator may open it to all")
status, headers, note = tokyo.request("GET", "/log/checkpoint", raw=True)
name, body = second.note(note.decode(), key)
size = int(body.split("\n")[1])
status, _, tile = tokyo.request("GET", f"/log/tile/0/000.p/{size}", raw=True)
status2, _, bundle = tokyo.request("GET", f"/log/tile/entries/000.p/{size}", raw=True)
leaves, at = [], 0
while at < len(bundle):
    n = int.from_bytes(bundle[at:at + 2], "big")
    leaves.append(hashlib.sha256(b"\0" + bundle[at + 2:at + 2 + n]).digest())
    at += 2 + n
ok(status == status2 == 200 and b"".join(leaves) == tile and len(leaves) == size, "tiles and entry bundles are those of C2SP's tlog-tiles")
ok([tokyo.request("GET", "/log/tile/" + p)[0] for p in ("0/000.p/256", "0/001", "9/000", "0/x000/000.p/x", "entries/abc", f"0/000.p/{size + 1}")] == [404] * 6, "a tile that is not there is not found")

# ---- every byte of a stored hub ----
tokyo.stop()
ok(run("check", tokyo.dir, status=None).returncode == 0 and "holds" in run("log", "verify", tokyo.dir, "--json"), "check and log verify find nothing wrong")
copy = path("copy")
for sql in ("UPDATE st_release SET at = at + 1", "UPDATE st_leaf SET hashes = zeroblob(length(hashes)) WHERE first = 1", "UPDATE accord_checkpoint SET note = replace(note, 'A', 'B')",
            "DELETE FROM st_release", "DELETE FROM st_leaf WHERE first = (SELECT max(first) FROM st_leaf)"):
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tokyo.dir, copy)
    db = sqlite3.connect(os.path.join(copy, "musubi.db"))
    db.execute(sql)
    db.commit()
    db.close()
    ok(run("check", copy, status=None).returncode == 1, "check finds: " + sql)

# ---- witnesses ----
tokyo.start()
bangkok = Hub("Bangkok", "TH").start()
invite(tokyo, bangkok)
invite(bangkok, tokyo)
ok(until(lambda: tokyo.request("GET", "/log/checkpoint", raw=True)[2].decode().count("\u2014 ") == 2), "a peer cosigns the checkpoint", tokyo.request("GET", "/log/checkpoint", raw=True)[2].decode())

# ---- two histories: one hub, copied, shows each peer another log; they find it by telling each other ----
jakarta = Hub("Jakarta", "ID")
m = jakarta.member("m", "ID")
tm = jakarta.token(m)["token"]
invites = [ask("peer", "invite", jakarta.dir, "--name", n, "--country", "JP")["token"] for n in ("one", "two")]
twin = Hub.__new__(Hub)
twin.dir, twin.id, twin.process, twin.port, twin.url = path("twin"), jakarta.id, None, 0, None
shutil.copytree(jakarta.dir, twin.dir)
jakarta.start()
twin.start()
give(jakarta, tm, indicator("[ipv4-addr:value = '198.51.100.1']", markings=(GREEN,)))
for i in range(2):
    give(twin, tm, indicator(f"[ipv4-addr:value = '198.51.100.{i + 2}']", markings=(GREEN,)))
run("peer", "add", tokyo.dir, "--url", jakarta.url, "--token", invites[0])
run("peer", "add", bangkok.dir, "--url", twin.url, "--token", invites[1])
began = time.time()
found = until(lambda: [f for h in (tokyo, bangkok) for f in ask("log", "forks", h.dir)], 90)
ok(found and found[0]["hub"] == jakarta.id and time.time() - began < 60, "the fork is found within a minute, with both notes as evidence", found, time.time() - began)
done()

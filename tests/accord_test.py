#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# The accord by its commands: keys, agreements that their parties sign on their own machines, the log, the declaration and commitments.
import stat, sys, os
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *


# ---- keys ----
key = json.loads(run("key", "new", path("a.key"), "--json"))
ok(key["id"].startswith("did:key:z6Mk") and key["verification_method"] == key["id"] + "#" + key["public_key"], "a new key is told as did:key")
ok(stat.S_IMODE(os.stat(path("a.key")).st_mode) == 0o600, "its file has mode 0600")
ok(run("key", "show", path("a.key")).strip() == key["id"], "key show prints the public key")
refused("a key is never overwritten", 65, "key", "new", path("a.key"), words=["never overwritten"])
locked = run("key", "new", path("locked.key"), "--passphrase-stdin", input="結び a tie\n".encode()).strip()
ok("z3u2" not in open(path("locked.key")).read(), "a locked key file holds no readable key")
ok(run("key", "show", path("locked.key"), "--passphrase-stdin", input="結び a tie\n".encode()).strip() == locked, "a locked key opens with its passphrase")
refused("… and not with another", 77, "key", "show", path("locked.key"), "--passphrase-stdin", input="no\n".encode(), words=["passphrase"])
refused("… and not without one", 77, "key", "show", path("locked.key"), words=["--passphrase-stdin"])

# ---- agreements that sign themselves into force ----
hub = Hub("Tokyo")
orgs = {n: hub.member(n, country) for n, country in (("Aoba", "JP"), ("Bunga", "ID"), ("Chao", "TH"))}
keys = {}
for n, org in orgs.items():
    keys[n] = path(n + ".key")
    did = run("key", "new", keys[n]).strip()
    run("member", "key", hub.dir, "--member", org, "--key", did)
draft = path("draft.json")
run("agreement", "draft", "--title", "Tie <1>", "--party", orgs["Aoba"] + ":JP", "--party", orgs["Bunga"] + ":ASEAN", "--entry", "2", "--per-side", "1", "--notice-days", "10", "--out", draft)
text = json.load(open(draft))
text["clauses"][0]["text"]["ja"] = "加盟者は脅威情報を交換する。"
text["title"]["ja"] = "結び"
path("draft.json", text)
run("agreement", "sign", draft, "--key", keys["Aoba"], "--org", orgs["Aoba"], "--name", "青葉 太郎", "--title", "会長", "--out", path("one.json"))
run("agreement", "sign", path("one.json"), "--key", keys["Bunga"], "--org", orgs["Bunga"], "--out", path("two.json"))
refused("a party signs once", 65, "agreement", "sign", path("two.json"), "--key", keys["Aoba"], "--org", orgs["Aoba"], words=["signs once"])
v = ask("agreement", "verify", path("two.json"))
ok([s["organisation"] for s in v["signatures"]] == [orgs["Aoba"], orgs["Bunga"]], "both signatures verify without a hub", v)
added = ask("agreement", "add", hub.dir, path("one.json"))
ok(added["signed"] == 1 and added["digest"] == v["digest"] and not ask("agreement", "show", hub.dir, added["id"])["in_force"], "one of two has signed: not in force", added)
ok(ask("agreement", "add", hub.dir, path("two.json"))["signed"] == 1 and ask("agreement", "show", hub.dir, added["id"])["in_force"], "the second signature brings it into force")
refused("the hub's word alone does not sign this text", 77, "agreement", "sign", hub.dir, added["id"], "--member", orgs["Chao"], words=["own signature"])
run("agreement", "accede", draft, "--key", keys["Chao"], "--org", orgs["Chao"], "--out", path("accede.json"))
ok(ask("agreement", "add", hub.dir, path("accede.json"))["act"] == "accede", "an accession is a small signed file")
ok({p["org"] for p in ask("agreement", "show", hub.dir, added["id"])["parties"]} == set(orgs.values()), "all three are parties")
ok(all(s["holds"] for s in ask("agreement", "verify", hub.dir, added["id"])) and len(ask("agreement", "verify", hub.dir, added["id"])) == 3, "the hub verifies all three again")
run("agreement", "withdraw", draft, "--key", keys["Chao"], "--org", orgs["Chao"], "--out", path("withdraw.json"))
run("agreement", "add", hub.dir, path("withdraw.json"))
gone = [p["withdrawn"] for p in ask("agreement", "show", hub.dir, added["id"])["parties"] if p["org"] == orgs["Chao"]][0]
ok(gone and gone > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 9 * 86400)), "a withdrawal takes effect after its notice", gone)
page = run("agreement", "show", hub.dir, added["id"], "--html")
ok("Tie &lt;1&gt;" in page and "結び" in page and "青葉 太郎" in page and 'lang="ja"' in page and "@media print" in page and "<script" not in page, "the page shows both languages and who signed, and can be printed")
iep = json.loads(run("agreement", "show", hub.dir, added["id"], "--iep"))["policy"]
ok(iep["tlp"] == "amber" and iep["iep_version"] == 2.0 and iep["permitted_actions"] == "externally-visible-direct-actions" and iep["attribution"] == "may", "the policy in IEP 2.0 words", iep)
path("iep.json", {"policy": dict(iep, attribution="must-not", tlp="green")})
again = json.loads(run("agreement", "draft", "--iep", path("iep.json")))
ok(again["policy"]["attribution"] == "must-not" and again["policy"]["ceiling"] == "green", "IEP 2.0 is read")
mark = json.loads(run("agreement", "show", hub.dir, added["id"], "--iep-marking"))
ok(mark["type"] == "marking-definition" and list(mark["extensions"].values())[0]["provider_attribution"] == "may", "… and written as a STIX marking")
ok(run("validate", path("mark.json", mark), status=None).returncode == 0, "which is valid STIX")
nxt = json.loads(run("agreement", "supersede", draft, "--overlap-days", "5"))
ok(nxt["version"] == 2 and nxt["supersedes"] == {"id": added["id"], "digest": added["digest"], "overlap_days": 5} and nxt["id"] != added["id"], "the next version pins the old text")
bad = json.load(open(path("two.json")))
bad["title"]["en"] = "Another"
refused("a changed text is refused", 77, "agreement", "add", hub.dir, path("bad.json", bad), words=["does not fit"])
ok("does not fit" in run("agreement", "list", hub.dir, "--refused"), "… and the refusal is kept")
done()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# The command line: each command's help, manual page and completion; how calls that are put wrongly are told; a hub run by its commands from init to restore.
import pty, re, subprocess, sys, os
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import *


# ---- the table ----
table = json.loads(run("help", "--json"))
names = [c["name"] for c in table]
ok(len(names) >= 40 and len(set(names)) == len(names), "the table of commands is printed as JSON")
overview = run("help")
ok(all(re.search(rf"^  {re.escape(n)}\b", overview, re.M) for n in names), "the overview lists every command")
ok(said("--help")[:2] == (0, overview), "--help alone is the overview")
status, out, err = said()
ok(status == 64 and not out and err.startswith("Usage: musubi"), "no command at all: the overview on standard error, status 64")

helped, paged = [], []
for c in table:
    words = c["name"].split()
    text = run(*words, "--help")
    page = run("man", *words)
    options = [o["name"] for o in c["options"]] + ["--json", "--help"]
    if not (text.startswith(f"Usage: musubi {c['name']}") and all(o in text for o in options) and "Exit status" in text and run("help", *words) == text):
        helped.append(c["name"])
    if not (".SH SYNOPSIS" in page and ".SH EXIT STATUS" in page and all(o.replace("-", "\\-") in page for o in options)):
        paged.append(c["name"])
ok(not helped, "each command's --help shows its usage, options and exit statuses, and `help` says the same", helped)
ok(not paged, "each command has a manual page with synopsis, options and exit statuses", paged)
run("man", "--all", path("man1"))
ok(sorted(os.listdir(path("man1"))) == sorted(["musubi.1"] + ["musubi-" + n.replace(" ", "-") + ".1" for n in names]), "man --all writes one page a command")
if subprocess.run(["sh", "-c", "command -v man groff"], capture_output=True).returncode == 0:
    r = subprocess.run(["sh", "-c", f"cd {path('man1')} && for f in *; do man -l --warnings=w $f >/dev/null; done"], capture_output=True, env={**os.environ, "MANPAGER": "cat", "LC_ALL": "C.UTF-8"})
    ok(not r.stderr, "the manual pages have no fault that man finds", r.stderr.decode())

# ---- completion ----
bash = run("completion", "bash")


def complete(*words):
    script = bash + f"\nCOMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; _musubi; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    r = subprocess.run(["bash", "-c", script], capture_output=True)
    return r.stdout.decode().split(), r.stderr.decode()


got, err = complete("musubi", "")
ok(not err and all(n.split()[0] in got for n in names), "bash completes every command", got, err)
ok(set(complete("musubi", "member", "")[0]) == {n.split()[1] for n in names if n.startswith("member ")} | {"--help"}, "bash completes the second word")
ok(complete("musubi", "mark", "x.json", "--tlp", "am")[0] == ["amber", "amber+strict"], "bash completes words of an option's value")
missing = [(c["name"], o["name"]) for c in table for o in c["options"] if o["name"] not in complete("musubi", *c["name"].split(), "DIR", "--")[0]]
ok(not missing, "bash completes every option of every command", missing)
zsh = run("completion", "zsh")
ok(zsh.startswith("#compdef musubi\n") and all(f"'{n}') _arguments" in zsh for n in names), "the zsh script knows every command")
refused("another shell is refused with those there are", 64, "completion", "fish", words=["bash or zsh"])

# ---- calls put wrongly ----
refused("an unknown command suggests the nearest", 64, "improt", "x", words=['"import"'])
refused("an unknown second word suggests the nearest", 64, "member", "ad", "x", words=['"member add"'])
refused("an unknown option suggests the nearest", 64, "member", "add", "x", "--nmae", "y", words=["--nmae", "--name"])
refused("a missing option is named", 64, "member", "add", "x", "--name", "y", "--kind", "company", words=["--country"])
refused("a missing argument is named", 64, "agreement", "show", "x", words=["AGREEMENT"])
refused("one argument too many is named", 64, "check", "x", "surplus", words=['"surplus"'])
refused("an option without its value is told", 64, "init", "x", "--name", "--country", "JP", words=["--name needs a value"])
refused("a flag with a value is told", 64, "export", "x", "--ndjson=yes", words=["--ndjson"])
refused("an option given twice is told", 64, "init", "x", "--name", "a", "--name", "b", "--country", "JP", words=["twice"])
refused("a directory that is not there says how to make one", 66, "check", path("nowhere"), words=["musubi init"])
refused("a directory without a hub says how to make one", 66, "check", work, words=["musubi init"])
status, out, err = said("member")
ok(status == 64 and "member add" in err, "a noun alone lists its commands")
ok(said("member", "--help")[0] == 0, "a noun's --help lists its commands")

# ---- a hub from init on ----
hub = path("hub")
made = ask("init", hub, "--name", "Tsunagi Mihon", "--country", "JP")
ok(set(made) == {"hub_id", "admin_token", "dir"} and made["hub_id"].startswith("identity--"), "init prints hub_id, admin_token and dir", made)
ok(os.stat(hub).st_mode & 0o777 == 0o700 and os.stat(hub + "/hub.key").st_mode & 0o777 == 0o600, "directory and key are for their owner alone")
refused("init does not touch a hub that is there", 65, "init", hub, "--name", "x", "--country", "JP")
refused("init refuses what is no country", 65, "init", path("other"), "--name", "x", "--country", "Japan")

# options before, after and between arguments; --opt=value; --
a = json.loads(run("member", "add", "--json", "--name=Ginko Mihon", hub, "--country", "JP", "--kind=company", "--sector", "financial-services", "--sector", "energy"))
ok(set(a) == {"id"} and a["id"].startswith("identity--"), "member add prints the id", a)
a = a["id"]
b = json.loads(run("member", "add", "--name", "-- Tuayang", "--country", "TH", "--kind", "csirt", "--client-of", a, "--json", "--", hub, status=None).stdout or "{}")
ok(b == {}, "-- as a value must be given with =")
b = json.loads(run("member", "add", "--name=-- Tuayang", "--country", "TH", "--kind", "csirt", "--client-of", a, "--json", "--", hub))["id"]
members = ask("member", "list", hub)
mine = {m["id"]: m for m in members}
ok(mine[a]["sectors"] == ["financial-services", "energy"] and mine[b]["clients_of"] == [a] and mine[b]["kind"] == "csirt" and mine[a]["status"] == "active", "member list tells all of it", members)
lines = run("member", "list", hub).splitlines()
ok(len(lines) == len(members) and all(len(l.split("\t")) == 6 for l in lines), "without a terminal a table is tab separated lines", lines)
refused("an unknown kind names those there are", 64, "member", "add", hub, "--name", "x", "--country", "JP", "--kind", "compny", words=["company", "academic"])
refused("an unknown member suggests the nearest name", 66, "token", "new", hub, "--member", "Ginko Mihno", words=["Ginko Mihon"])
run("member", "suspend", hub, a)
ok({m["id"]: m["status"] for m in ask("member", "list", hub)}[a] == "suspended", "member suspend")
run("member", "activate", hub, "Ginko Mihon")
ok({m["id"]: m["status"] for m in ask("member", "list", hub)}[a] == "active", "member activate, by name")
ok(ask("member", "delegate", hub, "--from", a, "--to", b) == {"from": a, "to": b, "delegated": True}, "member delegate")

t = ask("token", "new", hub, "--member", a, "--person", "Ms Mihon")
ok(set(t) == {"token", "person", "id"} and t["person"].startswith("identity--"), "token new prints token, person and id", t)
again = ask("token", "new", hub, "--member", a, "--person", "Ms Mihon")
ok(again["person"] == t["person"] and again["token"] != t["token"], "the same name is the same person")
tokens = ask("token", "list", hub)
ok(t["token"] not in json.dumps(tokens) and t["id"] in [x["id"] for x in tokens], "token list shows ids and no secrets")
ok(t["token"].encode() not in b"".join(open(os.path.join(hub, f), "rb").read() for f in os.listdir(hub)), "the token is nowhere in the data directory")
run("token", "revoke", hub, again["id"])
ok(again["id"] not in [x["id"] for x in ask("token", "list", hub)], "token revoke")
run("user", "add", hub, "--member", a, "--name", "feed", "--password-stdin", input=b"correct horse battery\n")
refused("without a terminal a password must come by standard input", 64, "user", "add", hub, "--member", a, "--name", "feed2", words=["--password-stdin"], input=b"")

c = ask("collection", "add", hub, "--alias", "open", "--title", "Open", "--default-tlp", "clear")
ok(set(c) == {"id"} and c["id"] in [x["id"] for x in ask("collection", "list", hub)], "collection add prints the id, list shows it")
refused("an alias stands once", 65, "collection", "add", hub, "--alias", "open", "--title", "Again")
refused("an alias must fit into an address", 64, "collection", "add", hub, "--alias", "a/b", "--title", "x")
refused("a TLP level is one of five", 64, "collection", "add", hub, "--alias", "x", "--title", "x", "--default-tlp", "purple", words=["amber+strict"])

settings = ask("config", hub)
ok(settings and all(s["value"] is not None and s["doc"] for s in settings) and [s for s in settings if s["key"] == "page.objects" and s["default"]], "config lists every setting")
run("config", hub, "page.objects", "77")
ok(run("config", hub, "page.objects").strip() == "77" and ask("config", hub, "page.objects")["default"] is False, "config sets and shows one")
refused("a setting keeps its range", 64, "config", hub, "page.objects", "0")
refused("an unknown setting suggests the nearest", 66, "config", hub, "page.object", words=["page.objects"])

# ---- agreements ----
text = json.loads(run("agreement", "template"))
text["expires"] = "2099-01-01T00:00:00Z"
g = ask("agreement", "add", hub, path("agreement.json", text))
ok(set(g) == {"id", "marking", "digest"} and g["marking"].startswith("marking-definition--") and re.fullmatch("[0-9a-f]{64}", g["digest"]), "the template can be added as it is", g)
run("agreement", "sign", hub, g["id"], "--member", a, "--at", "2026-01-02T00:00:00Z")
run("agreement", "sign", hub, g["id"], "--member", b)
shown = ask("agreement", "show", hub, g["marking"])
ok([p["org"] for p in shown["parties"]] and {p["org"] for p in shown["parties"]} == {a, b} and shown["in_force"] and shown["document"]["policy"] == text["policy"], "agreement show, by its marking too", shown)
run("agreement", "suspend", hub, g["id"], "--member", b, "--until", "2099-01-01")
ok([p["suspended"] for p in ask("agreement", "show", hub, g["id"])["parties"] if p["org"] == b] != [[]], "agreement suspend")
run("agreement", "sign", hub, g["id"], "--member", b)
ok(len(ask("agreement", "list", hub)) == 1, "agreement list")
refused("a time that is none is told", 64, "agreement", "sign", hub, g["id"], "--member", b, "--at", "tomorrow", words=["2026-01-31"])
refused("an agreement that is not there is told", 66, "agreement", "show", hub, "agreement--00000000-0000-4000-8000-000000000000", words=["agreement list"])

# ---- mark, audience, import, export, why ----
one = indicator("[domain-name:value = 'mihon.example']", markings=())
del one["object_marking_refs"]
two = malware("two", markings=(CLEAR,))
bundle = path("bundle.json", {"type": "bundle", "id": new_id("bundle"), "objects": [one, two]})
marked = json.loads(run("mark", bundle, "--tlp", "amber", "--agreement", g["id"], "--countries", "JP,TH", "--personal-data", "removed"))
o = {x["id"]: x for x in marked["objects"]}
scope = [x for x in marked["objects"] if x["type"] == "marking-definition" and x["id"] != AMBER]
ok(len(scope) == 1 and scope[0]["object_marking_refs"] == [AMBER] and o[one["id"]]["object_marking_refs"] == [AMBER, scope[0]["id"]] == o[two["id"]]["object_marking_refs"],
   "mark adds TLP and scope, takes an older TLP away, and brings the definitions along", marked)
ok({k: v for k, v in o[two["id"]].items() if k != "object_marking_refs"} == {k: v for k, v in two.items() if k != "object_marking_refs"}, "mark changes nothing else")
ok(AMBER in o, "the TLP definition is along")
plain = json.loads(run("mark", "-", "--tlp", "green", "--agreement", g["marking"], input=open(bundle, "rb").read()))
ok([x["object_marking_refs"] for x in plain["objects"] if x["id"] == one["id"]] == [[GREEN, g["marking"]]], "an agreement's own marking is used as it is, from standard input too", plain)
refused("TLP:CLEAR goes with no list of countries", 64, "mark", bundle, "--tlp", "clear", "--countries", "JP")
marked_file = path("marked.json", marked)
rows = ask("audience", marked_file, "--hub", hub, "--member", a)["objects"]
row = {r["member"]: r for x in rows if x["id"] == one["id"] for r in x["recipients"]}
ok(row[b]["release"] and row[b]["reason"] == "party", "audience says who would have it", row)

got = ask("import", hub, marked_file, "--member", a, "--collection", "shared")
ok((got["accepted"], got["unchanged"], got["refused"]) == (4, 0, 0), "import takes all in", got)
got = ask("import", hub, marked_file, "--member", a)
ok((got["accepted"], got["unchanged"], got["refused"]) == (0, 4, 0), "a second import changes nothing", got)
bare = malware("bare")
del bare["object_marking_refs"]
bad = [bare, {"type": "malware", "id": "malware--1"}, malware("fine")]
status, out, err = said("import", hub, path("bad.ndjson", "\n".join(map(json.dumps, bad)) + "\n"), "--member", a, "--json")
got = json.loads(out)
ok(status == 1 and (got["accepted"], got["refused"]) == (1, 2) and "no-tlp" in got["reasons"] and len(got["examples"]) == 2, "import counts the refused by reason and ends with 1", status, out, err)
status, out, err = said("import", hub, path("cut.json", open(marked_file).read()[:-40]), "--member", a)
ok(status == 65 and "byte" in err, "a file that was cut off says where", status, out, err)

many = [malware(f"m{i}") for i in range(2500)]
big = path("many.ndjson", "".join(json.dumps(m) + "\n" for m in many))
cut = path("many-cut.ndjson", open(big).read())
p = subprocess.Popen([BIN, "import", hub, big, "--member", a, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
wait_for(lambda: p.poll() is not None or [f for f in os.listdir(hub) if f.startswith("import-")], 60, 0.002)
p.kill()
p.wait()
first = [f for f in os.listdir(hub) if f.startswith("import-")]
got = ask("import", hub, big, "--member", a, "--resume")
total = len([x for x in run("export", hub, "--member", a, "--type", "malware", "--ndjson").splitlines() if json.loads(x)["name"].startswith("m") and json.loads(x)["name"] != "m"])
ok(total == 2500 and got["accepted"] + got["unchanged"] >= 2500 and not [f for f in os.listdir(hub) if f.startswith("import-") and f.endswith(".state")],
   "an import that was killed goes on and loses nothing" + ("" if first else " (it had finished before)"), got, total)

statement = {"type": "marking-definition", "spec_version": "2.1", "id": new_id("marking-definition"), "created": stamp(-1), "definition_type": "statement",
             "definition": {"statement": "(c) Mihon"}}
last = [malware(f"s{i}", markings=(GREEN, statement["id"])) for i in range(1200)] + [statement]
got = ask("import", hub, path("last.ndjson", "".join(json.dumps(m) + "\n" for m in last)), "--member", a)
ok((got["accepted"], got["refused"]) == (1201, 0), "a definition at the end of a file counts for what stands before it", got)

raw = run("export", hub, "--member", b, "--collection", "shared", "--ndjson")
kept = {json.loads(l)["id"]: json.loads(l) for l in raw.splitlines()}
ok(kept[one["id"]] == o[one["id"]], "export gives a party what it may have")
public = json.loads(run("export", hub))
ok(one["id"] not in json.dumps(public) and public["type"] == "bundle", "export without a member is what is public")
ok(json.loads(run("export", hub, "--collection", "open")) .get("objects") is None, "an empty bundle has no objects member")
only = json.loads(run("export", hub, "--member", b, "--type", "indicator"))
ok({x["type"] for x in only["objects"]} == {"indicator"}, "export --type")
ok(json.loads(run("export", hub, "--member", b, "--since", stamp(3600))).get("objects") is None, "export --since")
why = ask("why", hub, one["id"], b)
ok(why["released"] is True and why["reason"] == "party" and why["line"] == 19 and why["versions"][0]["lines"][-1]["applies"], "why: a party, line by line", why)
other = ask("member", "add", hub, "--name", "Soto Mihon", "--country", "JP", "--kind", "company")["id"]
why = ask("why", hub, one["id"], other)
ok(why["released"] is False and why["reason"] == "not-a-party" and why["line"] == 21, "why: not a party", why)
ok("withheld" in run("why", hub, one["id"], other), "why for people")

# ---- validate ----
status, out, err = said("validate", marked_file)
ok(status == 0 and "0 invalid" in err, "validate: a valid bundle", out, err)
wrong = path("wrong.json", '{"type":"bundle","id":"' + new_id("bundle") + '","objects":[\n  {"type":"indicator","spec_version":"2.1","id":"' + new_id("indicator") + '",\n   "created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z",\n   "pattern":"[x","pattern_type":"stix","valid_from":"yesterday"}\n]}\n')
status, out, err = said("validate", wrong)
ok(status == 1 and re.search(r"wrong\.json:4:\d+: error: .*valid_from.*\[STIX 2\.1 §", out), "validate: file, line, column, path and rule", out, err)
found = json.loads(run("validate", wrong, "--json", status=1))
ok(found["valid"] is False and found["objects"] == 1 and found["invalid"] == 1 and all(f["line"] and f["rule"] for f in found["findings"]), "validate --json", found)
os.makedirs(path("set/deep"), exist_ok=True)
path("set/a.json", marked)
path("set/deep/b.jsonl", json.dumps(two) + "\n")
path("set/readme.txt", "not JSON")
ok(ask("validate", path("set"))["files"] == 2, "validate: the JSON files of a directory")
ok(said("validate", "-", input=json.dumps(two).encode())[0] == 0, "validate: standard input")
ok(said("validate", path("twice.json", '{"type":"malware","type":"tool","id":"malware--00000000-0000-4000-8000-000000000000"}'))[0] == 1, "validate: a key twice is an error")
refused("validate: a file that is not there", 66, "validate", path("nothing.json"))

# ---- policy decide, against an oracle in another language ----
import random
rnd = random.Random(20261122)
orgs, people, lands, levels = ["o1", "o2", "o3", "o4"], ["p1", "p2"], ["JP", "TH", "ID"], ["clear", "green", "amber", "amber+strict", "red", "unknown"]
T = lambda d: f"2026-06-{15 + d:02d}T00:00:00Z"


def maybe(of_ten, v):
    return v() if rnd.randrange(10) < of_ten else None


def some(v):
    return rnd.sample(v, rnd.randint(0, len(v)))


def case():
    e = maybe(3, lambda: rnd.choice(["e1", "e2"]))
    label = {"origin": rnd.choice(orgs), "tlp": rnd.choice(levels), "agreement": maybe(6, lambda: "a1"), "named": maybe(4, lambda: some(orgs + people)) or [],
             "countries": maybe(2, lambda: some(lands)) or [], "not_before": maybe(2, lambda: T(rnd.randint(-1, 1))), "personal": rnd.random() < .2, "exercise": e,
             "origin_country": rnd.choice(lands + [None]), "submitter": maybe(3, lambda: rnd.choice(people))}
    to = {"org": maybe(9, lambda: rnd.choice(orgs)), "person": maybe(5, lambda: rnd.choice(people)), "member": rnd.random() < .9, "country": rnd.choice(lands + [None]),
          "clients_of": maybe(4, lambda: some(orgs)) or [], "exercise": e if rnd.random() < .9 else maybe(5, lambda: "e1")}
    party = lambda o: {"org": o, "signed": T(rnd.randint(-3, 1)), "withdrawn": maybe(2, lambda: T(rnd.randint(-1, 1))),
                       "suspended": [[T(rnd.randint(-3, 0)), rnd.choice([None, T(0), T(1)])]] if rnd.random() < .2 else []}
    with_ = maybe(9, lambda: {"effective": T(rnd.choice([-5, -5, -5, 0, 1])), "expires": rnd.choice([None, None, T(5), T(0)]), "ceiling": rnd.choice(levels[:5]),
                              "clients": rnd.random() < .6, "personal_data": rnd.choice(["none", "domestic", "allowed"]), "parties": [party(o) for o in some(orgs)]})
    return {"label": label, "recipient": to, "agreement": with_, "at": T(0)}


def oracle(c):
    l, r, g, t = c["label"], c["recipient"], c["agreement"], c["at"]
    rank = {n: i for i, n in enumerate(levels)}
    tlp, named = rank[l["tlp"]], set(l["named"])
    ag = l["agreement"] is not None
    me = r["person"]

    def party(o):
        return any(p["org"] == o and p["signed"] <= t and not (p["withdrawn"] and p["withdrawn"] <= t) and
                   not any(a <= t and (b is None or t < b) for a, b in p["suspended"]) for p in g["parties"])
    rules = [
        (lambda: r["org"] == l["origin"] and (l["tlp"] != "red" or (me and (me in named or me == l["submitter"]))), "origin"),
        (lambda: l["tlp"] == "unknown", "unknown-marking"),
        (lambda: l["exercise"] != r["exercise"], "exercise"),
        (lambda: l["not_before"] and t < l["not_before"], "embargo"),
        (lambda: l["countries"] and not (r["org"] and r["country"] in l["countries"]), "country"),
        (lambda: ag and not (g and g["effective"] <= t and (g["expires"] is None or t < g["expires"])), "agreement-not-in-force"),
        (lambda: ag and tlp > rank[g["ceiling"]], "ceiling"),
        (lambda: l["personal"] and (not ag or g["personal_data"] == "none"), "personal-data"),
        (lambda: l["personal"] and g["personal_data"] == "domestic" and not (r["org"] and r["country"] and r["country"] == l["origin_country"]), "personal-data"),
        (lambda: l["tlp"] == "clear" and not named, "clear"),
        (lambda: not r["org"], "anonymous"),
        (lambda: not r["member"], "not-a-member"),
        (lambda: l["tlp"] == "red" and me in named and (not ag or party(r["org"])), "named"),
        (lambda: l["tlp"] == "red", "not-named"),
        (lambda: named and not ({r["org"], me} & named) and not (l["tlp"] == "amber" and ag and g["clients"] and named & set(r["clients_of"])), "not-named"),
        (lambda: not ag and tlp <= 1, "green"),
        (lambda: not ag and named, "named"),
        (lambda: not ag, "no-agreement"),
        (lambda: party(r["org"]), "party"),
        (lambda: l["tlp"] == "amber" and g["clients"] and any(party(x) and (not named or x in named) for x in r["clients_of"]), "client"),
        (lambda: True, "not-a-party"),
    ]
    return next(reason for applies, reason in rules if applies())


cases = [case() for _ in range(20000)]
answers = run("policy", "decide", input="".join(json.dumps(c) + "\n" for c in cases).encode()).splitlines()
released = {"origin", "clear", "named", "green", "party", "client"}
wrong = [(c, x, oracle(c)) for c, x in zip(cases, answers) if x != '{"decision":"%s","reason":"%s"}' % ("release" if oracle(c) in released else "withhold", oracle(c))]
ok(len(answers) == len(cases) and not wrong, "policy decide is the oracle's over 20000 random cases", wrong[:1])
p = subprocess.Popen([BIN, "policy", "decide"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
turns = []
for line in [json.dumps(cases[0]), "{", json.dumps(cases[1])]:
    p.stdin.write(line.encode() + b"\n")
    p.stdin.flush()
    turns.append(json.loads(p.stdout.readline()))
p.stdin.close()
ok(p.wait() == 1 and "error" in turns[1] and turns[2]["reason"] == oracle(cases[1]), "it answers each line before it waits for the next; a malformed one is told and the end is 1", turns)
p.stdout.close(), p.stderr.close()

# ---- serve, share over HTTP, backup while it runs, restore ----
h = Hub.__new__(Hub)
h.dir, h.process, h.port, h.url = hub, None, 0, None
h.start()
ok(h.request("GET", "/taxii2/hub/collections/", t["token"])[0] == 200, "serve answers")
ok(h.request("GET", "/taxii2/hub/collections/", ("feed", "correct horse battery"))[0] == 200, "the user logs in by HTTP Basic")
late = ask("collection", "add", hub, "--alias", "late", "--title", "Late")["id"]
ok(wait_for(lambda: h.request("GET", "/taxii2/hub/collections/late/", t["token"])[0] == 200), "a running hub sees what another command changed")
lines = run("export", h.url, "--collection", "shared", "--ndjson", "--token", t["token"]).splitlines()
ok(one["id"] in [json.loads(l)["id"] for l in lines] and len(lines) > 2500, "export from a URL, page by page", len(lines))
rows = ask("audience", marked_file, "--hub", h.url, "--token", t["token"])["objects"]
ok({r["member"] for x in rows if x["id"] == one["id"] for r in x["recipients"] if r["release"]} == {a, b}, "audience by the hub", rows)
refused("a hub that is there does not bind a foreign address without TLS", 64, "serve", hub, "--listen", "0.0.0.0:0")
backup = path("copy.musubi")
run("backup", hub, backup)
ok(os.stat(backup).st_mode & 0o777 == 0o600, "a backup is for its owner alone")
refused("a backup goes over no file that is there", 65, "backup", hub, backup)
ok(h.stop() == 0, "SIGTERM ends the hub cleanly")
again = ask("restore", backup, path("again"))
ok(again["hub_id"] == made["hub_id"] and again["epoch"], "restore gives the same hub a new epoch", again)
refused("restore goes over no hub that is there", 65, "restore", backup, path("again"))
ok(run("export", path("again"), "--member", b, "--collection", "shared", "--ndjson") == run("export", hub, "--member", b, "--collection", "shared", "--ndjson"), "the restored hub holds the same")
open(path("short.musubi"), "wb").write(open(backup, "rb").read()[:-1])
refused("a backup that was cut off is refused", 65, "restore", path("short.musubi"), path("never"))
for d in (hub, path("again")):
    checked = ask("check", d)
    ok(checked["errors"] == 0 and checked["objects"] > 2500, "check finds no error", checked)

# ---- output ----
r = subprocess.run(f"{BIN} export {hub} --member {a} --ndjson | head -1", shell=True, capture_output=True)
ok(r.stdout.count(b"\n") == 1 and not r.stderr, "a reader that has seen enough is no fault", r.stderr)
r = subprocess.run(f"{BIN} help >/dev/full", shell=True, capture_output=True)
ok(r.returncode == 74 and b"standard output" in r.stderr, "a full disk is told, with status 74", r.stderr)


def on_terminal(*args, **env):
    out = b""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm", **env})
        os.execv(BIN, [BIN, *args])
    try:
        while True:
            piece = os.read(fd, 4096)
            if not piece:
                break
            out += piece
    except OSError:
        pass
    os.waitpid(pid, 0)
    os.close(fd)
    return out.decode()


try:
    for fd in pty.openpty():
        os.close(fd)
except OSError:
    note("left out: what a terminal shows, because this system has no pseudo-terminals")
else:
    shown = on_terminal("member", "list", hub)
    ok("\033[1m" in shown and "NAME" in shown and "\t" not in shown, "on a terminal a table has headings and stands aligned", shown)
    ok("\033[" not in on_terminal("member", "list", hub, NO_COLOR="1"), "NO_COLOR is kept to")
done()

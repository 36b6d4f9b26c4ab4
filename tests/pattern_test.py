#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""musubi pattern: what people see, and cases in lines."""
import json, os, sys, tempfile
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musubi import SHARED, ask, done, note, ok, run

ALICE = "[person:name = 'alice']"


def observed(n, second, **sco):
    sco_id = f"person--00000000-0000-4000-8000-{n:012d}"
    return [{"type": "observed-data", "spec_version": "2.1", "id": f"observed-data--00000000-0000-4000-8000-{n:012d}", "first_observed": f"2026-01-01T00:00:{second:02d}Z",
             "last_observed": f"2026-01-01T00:00:{second:02d}Z", "number_observed": 1, "object_refs": [sco_id]},
            {"type": "person", "id": sco_id, **sco}]


def bundle(*parts):
    return {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": [o for p in parts for o in p]}


def lines(args, cases):
    out = run(*args, "--cases", "-", input="".join((c if isinstance(c, str) else json.dumps(c)) + "\n" for c in cases).encode()).splitlines()
    return [json.loads(x) for x in out]


def check():
    r = run("pattern", "check", "[file:size = 1]\n  AND [file:size 2]", status=None)
    said = r.stderr.decode().splitlines()
    ok(r.returncode == 1 and "line 2 column 18" in said[0] and said[1:] == ["      AND [file:size 2]", "    " + " " * 17 + "^"], "a mistake is shown with a caret under its place", r.stderr)
    r = run("pattern", "check", "-", input="[a:名 = 1]".encode(), status=None)
    ok(r.returncode == 1 and r.stderr.decode().splitlines()[2].index("^") == 4 + 3, "a caret counts characters, not bytes; the pattern may come from standard input", r.stderr.decode())
    r = run("pattern", "check", "[a:b = 1 AND c:d = 2]", status=None)
    ok(r.returncode == 0 and r.stdout == b"valid\n" and b"no object is both" in r.stderr, "what can never match is valid with a warning", r.stderr)
    r = run("pattern", "check", "[a:b MATCHES '(']", status=None)
    ok(r.returncode == 0 and b"missing closing parenthesis" in r.stderr, "a broken regular expression is a warning", r.stderr)
    ok(ask("pattern", "check", ALICE) == {"valid": True}, "JSON says that a pattern is valid")
    answers = lines(["pattern", "check"], [{"pattern": ALICE}, {"pattern": "[a:b = ]"}, "nonsense", {"x": 1}, ""])
    ok(answers[0] == {"valid": True} and answers[1]["error"]["column"] == 8 and all("error" in a and "valid" not in a for a in answers[2:]) and len(answers) == 5, "one line in is one line out", answers)
    for words in (["check"], ["check", ALICE, "--cases", "-"], ["match", ALICE]):
        ok(run("pattern", *words, status=None).returncode == 64, "a call without what it needs says how it goes: " + words[0])


def explain():
    text = "([file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4' AND NOT EXISTS file:name] FOLLOWEDBY [url:value LIKE '%/x' OR ipv4-addr:value ISSUBSET '10.0.0.0/8'] REPEATS 3 TIMES) WITHIN 300 SECONDS"
    said = run("pattern", "explain", text)
    ok("in this order, all within 5 minutes" in said and "a file whose MD5 hash is" in said and "that has no name" in said and "lies inside the range '10.0.0.0/8'" in said, "a pattern is read in plain words", said)
    ok("├─ observation\n│  └─ AND\n│     ├─ file:hashes.MD5" in said, "its tree stands below", said)
    tree = ask("pattern", "explain", text)["tree"]
    ok(tree["kind"] == "FOLLOWEDBY" and tree["within"] == 300 and tree["parts"][1]["repeats"] == 3 and tree["parts"][0]["parts"][0]["parts"][1] == {"kind": "comparison", "type": "file", "path": "name", "operator": "EXISTS", "negated": True, "values": []}, "and as JSON", tree)


def match():
    with tempfile.TemporaryDirectory() as d:
        one, many = os.path.join(d, "one.json"), os.path.join(d, "many.jsonl")
        data = [observed(1, 9, name="bob"), observed(2, 3, name="alice"), observed(3, 5, name="bob")]
        json.dump(bundle(*data), open(one, "w"), indent=1)
        open(many, "w").write("".join(json.dumps(bundle(x)) + "\n" for x in data))
        for path in (one, many):
            got = ask("pattern", "match", ALICE + " FOLLOWEDBY [person:name = 'bob']", path)
            bound = [[b["observed_data"][-1] for b in x] for x in got["bindings"]]
            ok(got["match"] and bound == [["2", "3"], ["2", "1"]] and not got["doubts"], "observations match in order of time, whatever their order in the file", got)
        said = run("pattern", "match", ALICE, one)
        ok("observed-data--00000000-0000-4000-8000-000000000002  [person:name = 'alice']" in said, "a binding is printed with the part that it stands for", said)
        ok(run("pattern", "match", "[person:name = 'zoe']", one, status=None).returncode == 1, "no match is exit status 1")
        ok(len(ask("pattern", "match", "[person:name LIKE '%']", one, "--first")["bindings"]) == 1, "--first stops at the first match")
        r = run("pattern", "match", "[person:name MATCHES '(a+)+$']", "-", input=json.dumps(bundle(observed(1, 1, name="a" * 60 + "b"))).encode(), status=None)
        ok(r.returncode == 1 and b"too many steps" in r.stderr, "a catastrophic regular expression ends, and is reported", r.stderr)
    old = {"type": "observed-data", "id": "observed-data--1", "first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-01T00:00:00Z", "number_observed": 2,
           "objects": {"0": {"type": "file", "parent_directory_ref": "1"}, "1": {"type": "directory", "path": "/tmp"}}}
    answers = lines(["pattern", "match"], [{"pattern": "[file:parent_directory_ref.path = '/tmp'] REPEATS 2 TIMES", "observations": [old]}, {"pattern": "[file:", "observations": []},
                                           {"pattern": ALICE, "observations": [{**old, "number_observed": 0}]}, {"pattern": ALICE, "observations": []}, {"pattern": ALICE}])
    ok([("error" in a, a.get("match")) for a in answers] == [(False, True), (True, None), (True, None), (False, False), (True, None)], "cases of STIX 2.0, mistakes in patterns and in observations", answers)


def recorded():
    """The verdicts of the reference matcher and validator; what is left out is in docs/design/patterns.md."""
    changed = "2000-01-01T00:00:04Z"
    for name, key, command in (("pattern_match.jsonl", "match", "match"), ("pattern_valid.jsonl", "valid", "check")):
        path = os.path.join(SHARED, "data", "conformance", name)
        if not os.path.exists(path):
            note("skipped: no " + path)
            continue
        want = [json.loads(x) for x in open(path)]
        got = [json.loads(x) for x in run("pattern", command, "--cases", path).splitlines()]
        wrong = [(w["pattern"], g) for w, g in zip(want, got) if w.get(key) != g.get(key) and changed not in json.dumps(w.get("observations", ""))]
        ok(len(want) == len(got) and not wrong, f"the reference's {len(want)} lines of {name} are agreed with", *wrong)


check()
explain()
match()
recorded()
done()
